"""The marketplace in five languages: complete catalogs, compiled as they are written, and the right one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation

from raseed_shops.marketplace import finish
from tests.shops.market import Market

SHOPS = Path(finish.__file__).parents[1]
LANGUAGES = ("es", "fil", "ar", "hi")
FORMS = [form for form in vars(finish).values() if isinstance(form, finish.Form)]
TRANSLATED = {"marketplace", "front", "templates"}
IN_TEMPLATES = re.compile(
    r"""\{% translate (["'])(.+?)\1 %\}|\{% blocktranslate[^%]*%\}(.+?)\{% endblocktranslate %\}"""
)
COMPILE = (
    "Run in examples/raseed_shops: django-admin makemessages -a --no-location, then compilemessages, with "
    "DJANGO_SETTINGS_MODULE=raseed_shops.settings"
)


def catalog(language: str) -> dict[str, str]:
    with (SHOPS / f"locale/{language}/LC_MESSAGES/django.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def said_in_sources() -> Iterator[str]:
    for path in SHOPS.rglob("*"):
        if path.suffix == ".html":
            for found in IN_TEMPLATES.finditer(path.read_text()):
                yield found[2] or re.sub(r"\{\{ (\w+) \}\}", r"%(\1)s", found[3])
        elif path.suffix == ".py" and "migrations" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id
                if called in {"_", "gettext", "gettext_noop"} and isinstance(node.args[0], ast.Constant):
                    yield str(node.args[0].value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_translated(language: str) -> None:
    wanted, have = set(said_in_sources()), catalog(language)
    assert len(wanted) > 80
    missing = sorted(text for text in wanted if not have.get(text))
    assert not missing, f"{language}: not translated: {missing}. {COMPILE}"
    assert not set(have) - wanted, f"{language}: no longer said: {sorted(set(have) - wanted)}. {COMPILE}"
    for text, said in have.items():
        assert set(re.findall(r"%\(\w+\)s", text)) == set(re.findall(r"%\(\w+\)s", said)), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    with (SHOPS / f"locale/{language}/LC_MESSAGES/django.mo").open("rb") as file:
        compiled = {str(message.id): str(message.string) for message in read_mo(file) if message.id}
    assert compiled == catalog(language), f"{language}: compile it again. {COMPILE}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_each_form_of_the_confirmation_page_is_complete(
    market: Market, form: finish.Form, language: str
) -> None:
    """Whatever is said on it in English is said in this language instead."""
    market.at_the_wallet()
    context = {
        "form": form,
        "job": market.job,
        "payment": market.payment,
        "transaction": "https://wallet.example/1",
        "on": "/",
    }
    request = RequestFactory().get("/payments/finish")
    with translation.override("en"):
        english = {str(text) for text in (form.title, form.text, form.action)}
    with translation.override(language):
        shown = render_to_string("marketplace/finish.html", context, request)
        for text in (form.title, form.text, form.action):
            assert str(text) not in english
            assert str(text) in shown
    said = set(catalog(language))
    assert not [text for text in said if len(text) > 12 and f">{text}<" in shown]


@pytest.mark.parametrize(
    ("browser", "language", "direction", "word"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "es", "ltr", "Trabajos"),
        ("fil-PH", "fil", "ltr", "Mga trabaho"),
        ("ar-EG", "ar", "rtl", "المهام"),
        ("hi-IN,hi;q=0.9", "hi", "ltr", "काम"),
        ("en-GB", "en", "ltr", "Jobs"),
        ("xx", "en", "ltr", "Jobs"),
    ],
)
def test_the_language_follows_the_browser(
    market: Market, browser: str, language: str, direction: str, word: str
) -> None:
    answer = Client().get("/marketplace/", headers={"Accept-Language": browser})
    page = answer.content.decode()
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert f"<h1>{word}</h1>" in page
    assert answer["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]


def test_the_other_shops_speak_english_whatever_the_browser_says(market: Market) -> None:
    arabic = {"Accept-Language": "ar"}
    assert '<html lang="ar"' in Client().get("/marketplace/", headers=arabic).content.decode()
    assert '<html lang="en" dir="ltr">' in Client().get("/clinic/", headers=arabic).content.decode()


def test_what_raseed_says_of_a_wallet_is_translated(market: Market) -> None:
    market.browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "es"
    answer = market.press_pay(market.sandbox.url("openpayments") + "/nobody")
    assert answer.status_code == 422
    assert "Ningún monedero responde en esta dirección." in answer.content.decode()
    answer = market.press_pay(market.offer.wallet)
    assert "Este es el monedero que va a cobrar." in answer.content.decode()


def test_a_refusal_is_translated(market: Market) -> None:
    market.pay()
    market.browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "hi"
    answer = market.press_pay()
    assert answer.status_code == 409
    assert "इसका भुगतान हो चुका है" in answer.content.decode()
