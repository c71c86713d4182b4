"""An account's settings: mistakes show when it is made, and name the key."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from raseed.core.errors import ConfigurationError, GatewayRefused, Unsupported
from raseed.core.money import Money
from raseed.gateways.paymongo import refusals
from raseed.gateways.paymongo.gateway import PayMongo
from raseed.gateways.paymongo.methods import METHODS, UNCLOSABLE
from raseed.gateways.paymongo.vocabulary import EVENTS
from raseed.gateways.registry import load
from tests.gateways import paymongo_account as pm
from tests.gateways.memory import DictMemory
from tests.gateways.wire import Wire


@pytest.mark.parametrize(
    ("settings", "livemode"),
    [
        ({"secret_key": "sk_test_x"}, False),
        ({"secret_key": "sk_live_x"}, True),
        ({"public_key": "pk_live_x"}, True),
        ({"livemode": False, "webhook_secrets": "whsk_x"}, False),
        ({"livemode": True, "secret_key": "sk_live_x", "public_key": "pk_live_x"}, True),
        ({"livemode": False, "secret_key": "key without a prefix"}, False),
    ],
)
def test_the_mode_is_stated_or_read_from_the_keys(settings: dict[str, Any], livemode: bool) -> None:
    assert load("paymongo", **settings).livemode is livemode


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "SECRET_KEY"),
        ({"secret_key": "whatever"}, "LIVEMODE"),
        ({"secret_key": "sk_test_x", "livemode": True}, "LIVEMODE and SECRET_KEY"),
        ({"secret_key": "sk_test_x", "public_key": "pk_live_x"}, "SECRET_KEY and PUBLIC_KEY"),
        ({"secret_key": "pk_test_x"}, "SECRET_KEY"),
        ({"public_key": "sk_test_x"}, "PUBLIC_KEY"),
        ({"secret_key": "sk_test_x", "livemode": "false"}, "LIVEMODE"),
        ({"secret_key": "sk_test_x", "webhook_secrets": ["whsk_x", ""]}, "WEBHOOK_SECRETS"),
        ({"secret_key": "sk_test_x", "webhook_secrets": [None]}, "WEBHOOK_SECRETS"),
        ({"secret_key": None}, "SECRET_KEY"),
        ({"secret_key": "sk_test_x", "livemode": 0}, "LIVEMODE"),
        ({"secret_key": "sk_test_x", "webhook_secrets": None}, "WEBHOOK_SECRETS"),
        ({"secret_key": "sk_test_x", "base_url": None}, "BASE_URL"),
        ({"secret_key": "sk_test_x", "replay_window_seconds": 0}, "REPLAY_WINDOW_SECONDS"),
        ({"secret_key": "sk_test_x", "replay_window_seconds": "300"}, "REPLAY_WINDOW_SECONDS"),
        ({"secret_key": "sk_test_x", "replay_window_seconds": True}, "REPLAY_WINDOW_SECONDS"),
        ({"secret_key": "sk_test_x", "minimum": 0}, "MINIMUM"),
        ({"secret_key": "sk_test_x", "minimum": {"gcash": 2.5}}, "MINIMUM"),
        ({"secret_key": "sk_test_x", "minimum": {"gcahs": 200}}, "MINIMUM"),
        ({"secret_key": "sk_test_x", "checkout_methods": []}, "CHECKOUT_METHODS"),
        ({"secret_key": "sk_test_x", "checkout_methods": "gcash"}, "CHECKOUT_METHODS"),
        ({"secret_key": "sk_test_x", "timeout_seconds": 0}, "TIMEOUT_SECONDS"),
        ({"secret_key": "sk_test_x", "currencies": ["EUR"]}, "CURRENCIES"),
        ({"secret_key": "sk_test_x", "currencies": "PHP"}, "CURRENCIES"),
        ({"secret_key": "sk_test_x", "currencies": []}, "CURRENCIES"),
        ({"secret_key": "sk_test_x", "three_d_secure": "never"}, "THREE_D_SECURE"),
        ({"secret_key": "sk_test_x", "qr_seconds": 59}, "QR_SECONDS"),
        ({"secret_key": "sk_test_x", "qr_seconds": 9001}, "QR_SECONDS"),
        ({"secret_key": "sk_test_x", "qr_seconds": 90.5}, "QR_SECONDS"),
        ({"secret_key": "sk_test_x", "base_url": "api.paymongo.com"}, "BASE_URL"),
        ({"secret_key": "sk_test_x", "base_url": "https://user:pw@x.example"}, "BASE_URL"),
        ({"secret_key": "sk_test_x", "base_url": "http://[::1"}, "BASE_URL"),
        ({"secret_key": "sk_live_x", "base_url": "http://127.0.0.1:8900/paymongo"}, "BASE_URL"),
        ({"secret_key": "sk_test_x", "webhook_secret": "whsk_x"}, "WEBHOOK_SECRETS"),
    ],
)
def test_a_mistake_names_the_setting(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        load("paymongo", **settings)


def test_a_mistake_never_prints_the_key() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load("paymongo", secret_key="pk_test_planted")
    assert "planted" not in str(caught.value)


def test_the_base_url_may_have_a_path_and_a_slash() -> None:
    wire = Wire({"GET /paymongo/v1/checkout_sessions/" + pm.SESSION: pm.answer(pm.session())})
    gateway = pm.account(http=wire, base_url="http://127.0.0.1:8900/paymongo/")
    assert gateway.query(pm.SESSION_REF, DictMemory())


def test_calling_without_a_key_is_told() -> None:
    with pytest.raises(ConfigurationError, match="SECRET_KEY"):
        PayMongo(livemode=False).query(pm.SOURCE_REF, DictMemory())


def test_the_documented_minimums() -> None:
    capabilities = pm.account().capabilities
    assert capabilities.minimum_minor("gcash", "PHP") == 10_000
    assert capabilities.minimum_minor("grab_pay", "PHP") == 10_000
    assert capabilities.minimum_minor("checkout", "PHP") == 2_000


def test_minimums_can_be_replaced() -> None:
    lower = pm.account(minimum={"gcash": 100}).capabilities
    assert [lower.minimum_minor(m, "PHP") for m in ("gcash", "grab_pay", "checkout")] == [100, 10_000, 2_000]
    none = pm.account(minimum=1).capabilities
    assert [none.minimum_minor(m, "PHP") for m in ("gcash", "grab_pay", "checkout")] == [1, 1, 1]


def test_what_it_cannot_do_is_unsupported() -> None:
    gateway, memory = pm.account(http=Wire()), DictMemory()
    money = Money(100, "PHP")
    for ref in (pm.SOURCE_REF, pm.SESSION_REF):
        with pytest.raises(Unsupported):
            gateway.capture(ref, pm.PAYMENT, money, memory)
        with pytest.raises(Unsupported):
            gateway.void(ref, pm.PAYMENT, memory)
    with pytest.raises(Unsupported):
        gateway.close(pm.SOURCE_REF, memory)
    with pytest.raises(Unsupported):
        gateway.charge_saved("card", pm.order(), memory)


def test_what_it_can_do_depends_on_the_method() -> None:
    can = pm.account().capabilities
    assert can.methods == set(METHODS)
    assert {name for name in METHODS if not can.closes(name)} == {"gcash", "grab_pay"}
    assert {name for name in METHODS if can.holds(name)} == {"card_hold"}
    assert replace(can, can_close=False).closes("card") is False


def test_the_page_names_every_setting_and_event() -> None:
    page = (Path(__file__).parents[2] / "docs" / "gateways" / "paymongo.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE))
    assert rows == {name.upper() for name in inspect.signature(PayMongo).parameters} - {"HTTP"}
    assert [event for event in EVENTS if f"`{event}`" not in page] == []


def test_the_page_tells_every_method_and_what_it_can() -> None:
    folder = Path(__file__).parents[2] / "docs" / "gateways"
    page = (folder / "paymongo.md").read_text(encoding="utf-8")
    table = page.split("\n## Methods\n", 1)[1].split("\n### ", 1)[0]
    rows = dict(re.findall(r"^\| `([a-z0-9_]+)` \| .+ \| (\w+) \| .+ \|$", table, re.MULTILINE))
    assert set(rows) == set(METHODS)
    assert {name for name, closes in rows.items() if closes == "no"} == UNCLOSABLE
    for name, method in METHODS.items():
        assert method.refund_window in next(line for line in table.splitlines() if f"| `{name}` |" in line)
    overview = (folder / "index.md").read_text(encoding="utf-8")
    assert [name for name in METHODS if f"`{name}`" not in overview] == []


def test_the_page_names_every_member_of_client_and_every_family_of_errors() -> None:
    page = (Path(__file__).parents[2] / "docs" / "gateways" / "paymongo.md").read_text(encoding="utf-8")
    client = pm.account(http=Wire({"*": pm.answer(pm.intent())})).open(pm.order("card"), DictMemory()).client
    assert [member for member in client if f"| `{member}` |" not in page] == []
    families = page.split("\n## What PayMongo refuses", 1)[1].split("\n## ", 1)[0]
    named = set(re.findall(r"`([A-Za-z_]+)`", families))
    for table in (refusals.DECLINES, refusals.BLOCKED, refusals.TEMPORARY, refusals.REFUSALS):
        assert named & set(table)


def test_a_return_proves_nothing() -> None:
    assert pm.account().read_return(pm.signed(b"")) == []


# --- refusals in plain words --------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(pm.GOLDEN.glob("error-*.json")), ids=lambda path: path.stem)
def test_published_errors_become_plain_sentences(path: Any) -> None:
    document = pm.golden(path.stem)
    refused = refusals.refusal(400, document)
    assert refused.code == document["errors"][0]["code"]
    assert refused.detail == document["errors"][0]["detail"]
    assert str(refused).startswith(refusals.REFUSALS[refused.code])


def test_a_decline_is_told_but_fraud_is_not() -> None:
    def declined(sub_code: str) -> GatewayRefused:
        error = {"code": "resource_failed_state", "sub_code": sub_code, "detail": "x"}
        return refusals.refusal(400, {"errors": [error]})

    assert str(declined("insufficient_funds")) == "There is not enough money on the card or wallet."
    assert {str(declined(code)) for code in refusals.BLOCKED} == {"The payment was declined."}
    assert declined("lost_card").detail == "lost_card x"


@pytest.mark.parametrize("pointer", ["amount", "attributes.amount", "/amount", "/data/attributes/amount"])
def test_every_style_of_pointer_names_the_value(pointer: str) -> None:
    error = {"code": "parameter_below_minimum", "detail": "", "source": {"pointer": pointer}}
    assert "amount)" in str(refusals.refusal(400, {"errors": [error]}))


def test_every_sentence_is_one() -> None:
    for table in (refusals.REFUSALS, refusals.DECLINES, refusals.STATUSES):
        assert all(text.endswith(".") and text[0].isupper() for text in table.values())
