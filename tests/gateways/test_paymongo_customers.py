"""Customers and the cards kept for them; webhook endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from raseed.core.errors import GatewayRefused
from raseed.gateways.base import HasWebhookEndpoints
from raseed.gateways.paymongo.customers import Customer, KeptCard
from tests.gateways import paymongo_account as pm
from tests.gateways.contract import SECRET
from tests.gateways.wire import Wire

NAMED = {"first_name": "Ana", "last_name": "Cruz", "email": "ana@example.com", "phone": "+639170000000"}
ANA = Customer(id=pm.CUSTOMER, default_device="phone", **NAMED)
RESOURCE = pm.resource(pm.CUSTOMER, "customer", default_device="phone", **NAMED)
ONE = f"/v1/customers/{pm.CUSTOMER}"
HOOK = "hook_ExampleAAAAAAAAAAAAAA1"
URL = "https://shop.example/hooks/paymongo/"
EVENTS = sorted(pm.account().webhooks.events)


def hook(**changes: Any) -> dict[str, Any]:
    attributes = {"url": URL, "events": EVENTS, "status": "enabled", "secret_key": SECRET, "livemode": False}
    return pm.resource(HOOK, "webhook", **{**attributes, **changes})


def test_a_customer_is_made_found_changed_and_removed() -> None:
    http = Wire(
        {
            "POST /v1/customers": pm.answer(RESOURCE),
            "GET /v1/customers": pm.listed(RESOURCE),
            f"GET {ONE}": pm.answer(RESOURCE),
            f"PATCH {ONE}": pm.answer(RESOURCE),
            f"DELETE {ONE}": pm.answer(pm.resource(pm.CUSTOMER, "customer", deleted=True)),
        }
    )
    customers = pm.account(http=http).customers
    assert customers.create(**NAMED) == ANA
    assert http.body() == {"data": {"attributes": {**NAMED, "default_device": "phone"}}}
    assert customers.retrieve(pm.CUSTOMER) == ANA
    assert customers.find(email="ana@example.com") == [ANA]
    assert http.sent[-1].url.params["email"] == "ana@example.com"
    assert customers.change(pm.CUSTOMER, phone="+639170000001") == ANA
    assert http.body() == {"data": {"attributes": {"phone": "+639170000001"}}}
    customers.delete(pm.CUSTOMER)
    assert http.calls[-1] == f"DELETE {ONE}"


def test_what_a_customer_does_not_have_is_refused_before_calling() -> None:
    customers = pm.account(http=Wire()).customers
    with pytest.raises(ValueError, match="nickname"):
        customers.change(pm.CUSTOMER, nickname="x")
    with pytest.raises(ValueError, match="email"):
        customers.find()
    with pytest.raises(GatewayRefused):
        customers.retrieve("../payments")


def test_kept_cards_are_listed_flat_or_wrapped_and_forgotten() -> None:
    flat = {"id": "cus_pm_1", "payment_method_id": pm.METHOD, "payment_method_type": "card"}
    wrapped = pm.golden("sdk-luigel3-customer_payment_method")["data"]
    cards = f"{ONE}/payment_methods"
    http = Wire({f"GET {cards}": pm.listed(flat, wrapped), f"DELETE {cards}/cus_pm_1": (200, {"data": {}})})
    customers = pm.account(http=http).customers
    first, second = customers.cards(pm.CUSTOMER)
    assert first == KeptCard("cus_pm_1", pm.METHOD, "card")
    assert (second.brand, second.last4, second.kind) == ("visa", "4345", "card")
    customers.forget_card(pm.CUSTOMER, "cus_pm_1")
    assert http.calls[-1] == f"DELETE {cards}/cus_pm_1"


# --- endpoints ----------------------------------------------------------------------------------------


def test_an_account_offers_its_endpoints() -> None:
    gateway = pm.account()
    assert isinstance(gateway, HasWebhookEndpoints)
    assert SECRET not in repr(gateway.webhooks)
    assert len(gateway.webhooks.events) == 8


def test_registering_makes_one_endpoint_for_every_event_that_is_read() -> None:
    http = Wire({"GET /v1/webhooks": pm.listed(), "POST /v1/webhooks": pm.answer(hook())})
    made = pm.account(http=http).webhooks.register(URL)
    assert http.body() == {"data": {"attributes": {"url": URL, "events": EVENTS}}}
    assert (made.id, made.url, made.is_enabled, made.is_configured) == (HOOK, URL, True, True)
    assert made.secret == SECRET
    assert SECRET not in repr(made)


def test_registering_again_changes_nothing() -> None:
    http = Wire({"GET /v1/webhooks": pm.listed(hook(url="https://other.example/"), hook())})
    assert pm.account(http=http).webhooks.register(URL).id == HOOK
    assert http.calls == ["GET /v1/webhooks"]


def test_registering_adds_the_events_that_are_missing_and_keeps_the_others() -> None:
    http = Wire(
        {
            "GET /v1/webhooks": pm.listed(hook(events=["payment.paid", "subscription.activated"])),
            f"PUT /v1/webhooks/{HOOK}": pm.answer(hook()),
        }
    )
    pm.account(http=http).webhooks.register(URL)
    assert http.body()["data"]["attributes"] == {"events": sorted([*EVENTS, "subscription.activated"])}


def test_a_secret_that_is_not_in_the_settings_is_noticed() -> None:
    http = Wire({"GET /v1/webhooks": pm.listed(hook(secret_key="whsk_other"), hook(secret_key=None))})
    assert [endpoint.is_configured for endpoint in pm.account(http=http).webhooks.all()] == [False, False]


def test_why_one_is_off_is_told() -> None:
    off = hook(status="disabled", disabled_reason="max_retries_exceeded")
    http = Wire(
        {
            "GET /v1/webhooks": pm.listed(off),
            f"POST /v1/webhooks/{HOOK}/enable": pm.answer(hook()),
            f"POST /v1/webhooks/{HOOK}/disable": pm.answer(off),
        }
    )
    webhooks = pm.account(http=http).webhooks
    (endpoint,) = webhooks.all()
    assert not endpoint.is_enabled
    assert "could not be delivered" in endpoint.note
    assert webhooks.enable(HOOK).is_enabled
    assert not webhooks.disable(HOOK).is_enabled
