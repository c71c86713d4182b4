"""`manage.py raseed_webhooks`: one endpoint per site, registered once, its secret shown on request only."""

import io
import json

import httpx2
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

SECRET = "whsk_registeredSecret0001"
URL = "https://shop.example/hooks/paymongo/"


class Endpoints:
    """The four calls of the gateway's webhook family, over a dictionary."""

    def __init__(self):
        self.hooks = {}
        self.calls = []
        self.broken = None

    def __call__(self, request):
        self.calls.append(f"{request.method} {request.url.path}")
        if self.broken is not None:
            return self.broken
        _, _, _, hook, action, *_ = [*request.url.path.split("/"), "", ""]
        if request.method == "GET":
            return self.answer(list(self.hooks.values()))
        if not hook:
            hook = f"hook_{len(self.hooks) + 1}"
            state = {"status": "enabled", "secret_key": SECRET, "livemode": False}
            self.hooks[hook] = {"id": hook, "type": "webhook", "attributes": state}
        attributes = self.hooks[hook]["attributes"]
        if action:
            attributes["status"] = f"{action}d"
        else:
            attributes |= json.loads(request.content)["data"]["attributes"]
        return self.answer(self.hooks[hook])

    @staticmethod
    def answer(data):
        return httpx2.Response(200, json={"data": data})


@pytest.fixture
def gateway(settings):
    wire = Endpoints()
    accounts = {"paymongo": {"GATEWAY": "paymongo", "SECRET_KEY": "sk_test_x", "HTTP": wire}}
    settings.RASEED = {**settings.RASEED, "ACCOUNTS": {**settings.RASEED["ACCOUNTS"], **accounts}}
    return wire


def run(*words, **options):
    out = io.StringIO()
    call_command("raseed_webhooks", *words, stdout=out, skip_checks=True, **options)
    return out.getvalue()


def test_registering_a_path_of_the_site_says_where_the_secret_belongs(gateway):
    said = run("register", "/hooks/paymongo/")
    assert [hook["attributes"]["url"] for hook in gateway.hooks.values()] == [URL]
    assert "RASEED['ACCOUNTS']['paymongo']['WEBHOOK_SECRETS']" in said
    assert "--show-secret" in said
    assert SECRET not in said


def test_registering_twice_makes_one(gateway):
    run("register", "/hooks/paymongo/")
    run("register", URL)
    assert len(gateway.hooks) == 1
    assert gateway.calls.count("POST /v1/webhooks") == 1


@pytest.mark.parametrize("action", ["register", "secret"])
def test_the_secret_is_shown_on_request(gateway, action):
    run("register", URL)
    assert SECRET in run(action, URL, show_secret=True)
    assert SECRET not in run(action, URL)


def test_nothing_is_left_to_do_where_the_settings_hold_the_secret(gateway, settings):
    run("register", URL)
    account = {**settings.RASEED["ACCOUNTS"]["paymongo"], "WEBHOOK_SECRETS": [SECRET]}
    settings.RASEED = {**settings.RASEED, "ACCOUNTS": {"paymongo": account}}
    said = run("secret", URL)
    assert "secret in settings" in said
    assert "WEBHOOK_SECRETS" not in said


def test_listing_tells_what_is_on_and_what_it_is_told(gateway):
    assert "no webhook endpoint" in run("list")
    run("register", URL)
    said = run("list")
    assert "hook_1  on  secret NOT in settings" in said
    assert "checkout_session.payment.paid" in said
    assert SECRET not in said


def test_switching_off_and_on_by_address_path_or_id(gateway):
    run("register", URL)
    assert "enable hook_1" in run("disable", "/hooks/paymongo/")
    assert "  off  " in run("list")
    assert "  on  " in run("enable", "hook_1")
    assert gateway.hooks["hook_1"]["attributes"]["status"] == "enabled"


@pytest.mark.parametrize(
    ("words", "options", "why"),
    [
        (["register"], {}, "register what"),
        (["register", "shop.example"], {}, "no address"),
        (["enable", "hook_9"], {}, "no webhook endpoint hook_9"),
        (["list"], {"account": "fake"}, "dashboard"),
        (["list"], {"account": "nobody"}, "nobody"),
    ],
)
def test_what_cannot_be_done_is_said(gateway, words, options, why):
    with pytest.raises(CommandError, match=why):
        run(*words, **options)


def test_an_account_must_be_named_where_several_could_be_meant(gateway, settings):
    accounts = settings.RASEED["ACCOUNTS"]
    settings.RASEED = {**settings.RASEED, "ACCOUNTS": {"fake": accounts["fake"]}}
    with pytest.raises(CommandError, match="none of the accounts"):
        run("list")
    settings.RASEED = {**settings.RASEED, "ACCOUNTS": {**accounts, "second": accounts["paymongo"]}}
    with pytest.raises(CommandError, match="--account: paymongo, second"):
        run("list")


def test_a_gateway_that_is_away_or_refuses_is_told_in_words(gateway):
    gateway.broken = httpx2.Response(401, text="")
    with pytest.raises(CommandError, match="SECRET_KEY"):
        run("list")
    gateway.broken = httpx2.Response(500, text="")
    with pytest.raises(CommandError, match="500"):
        run("disable", "hook_1")
