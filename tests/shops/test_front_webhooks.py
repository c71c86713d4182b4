"""One address for the webhooks of several gateways: Paymob's are known by `hmac`, or by their shape."""

from __future__ import annotations

import hmac
import json

import pytest
from django.test import Client

from raseed.payments.models import Delivery, RejectedDelivery
from tests.gateways import paymob_account as pm

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/api/payments/webhook/"
HMAC = "sandbox-hmac-secret"


def test_a_callback_of_paymobs_reaches_its_account() -> None:
    body = pm.callback(pm.told(integration_id=4_000_111))
    target = f"{ADDRESS}?hmac={pm.signature_of(body, HMAC)}"
    for _ in range(2):
        assert Client().post(target, json.dumps(body), "application/json").status_code == 200
    assert Delivery.objects.values_list("account", "copies").get() == ("paymob", 2)


def test_a_browser_that_brings_what_paymob_signed_for_nobody_here() -> None:
    query = pm.returned(pm.told(integration_id=4_000_111), secret=HMAC).query_string.decode()
    answer = Client().get(f"{ADDRESS}?{query}")
    assert (answer.status_code, answer["Cache-Control"].split(",")[0]) == (200, "max-age=0")
    assert "We are checking the payment" in answer.content.decode()
    assert Delivery.objects.get().method == "GET"


@pytest.mark.parametrize("query", ["hmac=0", "hmac=", "hmac=" + "0" * 128])
def test_what_only_looks_like_paymobs_is_refused(query: str) -> None:
    body = json.dumps(pm.callback(pm.told()))
    assert Client().post(f"{ADDRESS}?{query}", body, "application/json").status_code == 401
    assert Client().get(f"{ADDRESS}?{query}").status_code == 400
    assert not Delivery.objects.exists()
    assert set(RejectedDelivery.objects.values_list("account", flat=True)) == {"paymob"}


def signed_inside() -> dict[str, dict[str, object]]:
    """Bodies whose address carries no signature, as Paymob sends them."""
    subscription = {"subscription_data": {"id": 70_123}, "trigger_type": "suspended"}
    digest = hmac.new(HMAC.encode(), b"suspendedfor70123", "sha512").hexdigest()
    return {
        "split": pm.split(pm.told(integration_id=4_000_111), secret=HMAC),
        "subscription": {**subscription, "hmac": digest},
    }


@pytest.mark.parametrize("kind", ["split", "subscription"])
def test_what_is_signed_in_its_body_reaches_paymobs_account(kind: str) -> None:
    body = signed_inside()[kind]
    assert Client().post(ADDRESS, json.dumps(body), "application/json").status_code == 200
    assert Delivery.objects.get().account == "paymob"


def test_a_token_reaches_it_too_and_nobody_may_sign_it_in_the_body() -> None:
    body = pm.card_callback()
    answer = Client().post(ADDRESS, json.dumps(body), "application/json")
    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid HMAC Signature"})
    signature = pm.signature_of(body, HMAC)
    assert (
        Client().post(f"{ADDRESS}?hmac={signature}", json.dumps(body), "application/json").status_code == 200
    )
    assert Delivery.objects.get().account == "paymob"


def test_a_form_that_is_shaped_like_paymobs_return_is_refused_in_its_words() -> None:
    """Paymob sends none; a program in between that posts the return on must send the browser instead."""
    form = pm.returned(pm.told(integration_id=4_000_111), secret=HMAC).query_string.decode()
    answer = Client().post(ADDRESS, form, "application/x-www-form-urlencoded")
    assert (answer.status_code, set(answer.json())) == (415, {"detail"})
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("body", ["[]", "null", '{"type": ["TOKEN"]}', "{", "[" * 5000, '{"hmac": 1}'])
def test_odd_bodies_are_refused_without_a_crash(body: str) -> None:
    assert 400 <= Client().post(ADDRESS, body, "application/json").status_code < 500
    assert not Delivery.objects.exists()
