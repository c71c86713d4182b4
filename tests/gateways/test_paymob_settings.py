"""A Paymob account's settings: mistakes show when it is made, name the key, and show no secret."""

from __future__ import annotations

from typing import Any

import pytest

from raseed.core.errors import ConfigurationError, GatewayRefused, Unsupported
from raseed.gateways import registry
from tests.gateways import paymob_account as pm
from tests.gateways.contract import SECRET
from tests.gateways.wire import Wire


@pytest.mark.parametrize(
    ("settings", "host", "currency"),
    [
        ({}, "accept.paymob.com", "EGP"),
        ({"secret_key": "egy_sk_test_x"}, "accept.paymob.com", "EGP"),
        ({"secret_key": "sk_test_x"}, "accept.paymob.com", "EGP"),
        ({"secret_key": "sau_sk_test_x"}, "ksa.paymob.com", "SAR"),
        ({"secret_key": "ksa_sk_live_x"}, "ksa.paymob.com", "SAR"),
        ({"public_key": "are_pk_test_x"}, "uae.paymob.com", "AED"),
        ({"public_key": "uae_pk_test_x"}, "uae.paymob.com", "AED"),
        ({"secret_key": "omn_sk_test_x"}, "oman.paymob.com", "OMR"),
        ({"region": "pakistan"}, "pakistan.paymob.com", "PKR"),
        ({"base_url": "https://oman.paymob.com/"}, "oman.paymob.com", "OMR"),
        ({"base_url": "http://127.0.0.1:8900/paymob", "secret_key": "omn_sk_test_x"}, "127.0.0.1", "OMR"),
    ],
    ids=str,
)
def test_country_host_and_currency(settings: dict[str, Any], host: str, currency: str) -> None:
    gateway: Any = registry.load("paymob", **settings)
    assert f"//{host}" in repr(gateway)
    assert gateway.capabilities.currencies == {currency}


@pytest.mark.parametrize(
    ("settings", "livemode"),
    [
        ({}, None),
        ({"livemode": True}, True),
        ({"secret_key": "egy_sk_live_x", "public_key": "egy_pk_live_x"}, True),
        ({"secret_key": "sk_test_x"}, False),
        ({"api_key": "ZXlK", "hmac_secrets": "x"}, None),
    ],
    ids=str,
)
def test_the_mode_is_stated_or_read_from_the_keys(settings: dict[str, Any], livemode: bool | None) -> None:
    assert registry.load("paymob", **settings).livemode is livemode


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"secret_key": "egy_pk_test_x"}, "SECRET_KEY holds the other kind"),
        ({"secret_key": "egy_sk_test_x", "public_key": "egy_pk_live_x"}, "mix test and live"),
        ({"secret_key": "egy_sk_live_x", "livemode": False}, "mix test and live"),
        ({"livemode": "yes"}, "LIVEMODE"),
        ({"livemode": True, "base_url": "http://127.0.0.1:8900/paymob"}, "BASE_URL must be"),
        ({"livemode": True, "checkout_url": "http://eg.checkout.paymob.com"}, "CHECKOUT_URL"),
        ({"region": "mars"}, "REGION must be one of"),
        ({"integration_ids": {"card": "abc"}}, "INTEGRATION_IDS"),
        ({"integration_ids": [True]}, "INTEGRATION_IDS"),
        ({"hmac_secrets": [""]}, "HMAC_SECRETS"),
        ({"owner": "me"}, "OWNER"),
        ({"iframe_id": "7x"}, "IFRAME_ID"),
        ({"currencies": "EGP"}, "CURRENCIES"),
        ({"currencies": ["EGX"]}, "CURRENCIES"),
        ({"timeout_seconds": 0}, "TIMEOUT_SECONDS"),
        ({"replay_window_seconds": 300}, "REPLAY_WINDOW_SECONDS"),
        ({"api_key": 7}, "API_KEY"),
        ({"hmac_secret": "x"}, "Did you mean HMAC_SECRETS"),
    ],
    ids=str,
)
def test_a_mistake_names_its_setting(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        registry.load("paymob", **settings)


@pytest.mark.parametrize(
    ("ids", "methods"),
    [
        ([4000111, "4000112"], "checkout card iframe"),
        (4000111, "checkout card iframe"),
        ({"wallet": 1, "auth": 2, "moto": 3}, "checkout wallet card_hold"),
        ({"card": [1, 2], "valu": 3, "kiosk": None}, "checkout card iframe valu"),
    ],
    ids=str,
)
def test_methods_are_what_the_integrations_serve(ids: Any, methods: str) -> None:
    assert pm.account(integration_ids=ids).capabilities.methods == set(methods.split())


def test_an_account_from_before_the_intention_api_opens_the_iframe() -> None:
    assert pm.older().capabilities.methods == {"card", "iframe", "wallet", "kiosk", "cash"}


def test_what_cannot_be_opened_is_refused_before_a_call() -> None:
    gateway = pm.account(http=Wire())
    for order in (pm.order("barter"), pm.order("moto"), pm.order(money=pm.Money(100, "USD"))):
        with pytest.raises(Unsupported):
            gateway.open(order, pm.memory())
    with pytest.raises(GatewayRefused, match="PUBLIC_KEY"):
        pm.account(http=Wire(), public_key="").open(pm.order(), pm.memory())
    with pytest.raises(ConfigurationError, match="API_KEY"):
        pm.account(http=Wire(), api_key="").query(pm.REF, pm.DictMemory())


def test_the_checkup_names_what_is_missing() -> None:
    assert [found.id for found in pm.account(owner=pm.OWNER).checkup(ask=False)] == []
    bare: Any = registry.load("paymob", secret_key="sk_prefixless")
    found = {advice.id for advice in bare.checkup(ask=False)}
    assert found == {"raseed.W301", "raseed.E302", "raseed.E303", "raseed.E304", "raseed.W305", "raseed.I306"}
    assert bare.checkup(ask=True) == []


def test_a_refusal_keeps_paymobs_text_for_staff() -> None:
    wire = Wire({pm.INTENTIONS: (400, {"billing_data": {"phone_number": ["This field is required."]}})})
    with pytest.raises(GatewayRefused, match="phone number") as caught:
        pm.account(http=wire).open(pm.order(), pm.memory())
    assert caught.value.detail == "billing_data: phone_number: This field is required."
    assert SECRET not in caught.value.detail
