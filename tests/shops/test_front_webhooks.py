"""One address for the webhooks of several gateways: Paymob's are known by `hmac` in their query."""

from __future__ import annotations

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
