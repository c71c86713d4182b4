"""The older calls: auth token, order, payment key, iframe; and payments/pay."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.sandbox.bench import HOOK
from tests.sandbox.paymob.bench import (
    ADDRESS,
    AUTH,
    BACK,
    CARD,
    CASH,
    GOOD,
    KIOSK,
    MOTO,
    WALLET,
    PaymobBench,
)

PAY = "/paymob/api/acceptance/payments/pay"


def claims_of(token: str) -> dict[str, Any]:
    payload = base64.b64decode(token).decode().split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def paying(bench: PaymobBench, key: str, identifier: str, subtype: str, status: int = 200) -> dict[str, Any]:
    body = {"source": {"identifier": identifier, "subtype": subtype}, "payment_token": key}
    answer = bench.run(bench.client.post(PAY, json=body))
    assert answer.status_code == status, answer.text
    return dict(answer.json())


@pytest.fixture(autouse=True)
def hook(bench: PaymobBench) -> None:
    bench.control("POST", "paymob/webhooks", {"url": HOOK, "response_url": BACK})


def test_an_auth_token_is_good_for_an_hour(bench: PaymobBench) -> None:
    answer = bench.run(bench.client.post("/paymob/api/auth/tokens", json={"api_key": "any"}))
    assert answer.status_code == 201
    claims = claims_of(answer.json()["token"])
    assert (claims["class"], claims["exp"]) == ("Merchant", int(bench.sandbox.clock.now()) + 3600)
    assert claims["profile_pk"] == answer.json()["profile"]["id"] == 900_001
    ordered = {"auth_token": answer.json()["token"], "amount_cents": "100", "currency": "EGP"}
    assert bench.run(bench.client.post("/paymob/api/ecommerce/orders", json=ordered)).status_code == 201
    bench.advance(3600)
    late = bench.run(bench.client.post("/paymob/api/ecommerce/orders", json=ordered))
    assert (late.status_code, late.json()) == (401, {"detail": "incorrect credentials"})


def test_an_api_key_of_somebody_else(bench: PaymobBench) -> None:
    bench.settings(api_keys=["ours"])
    answer = bench.run(bench.client.post("/paymob/api/auth/tokens", json={"api_key": "theirs"}))
    assert (answer.status_code, answer.json()) == (403, {"detail": "incorrect credentials"})


@pytest.mark.parametrize("place", ["body", "query", "bearer", "bare"])
def test_the_four_places_of_an_auth_token(bench: PaymobBench, place: str) -> None:
    token = bench.run(bench.client.post("/paymob/api/auth/tokens", json={"api_key": "any"})).json()["token"]
    body = {"amount_cents": 100, "currency": "EGP"} | ({"auth_token": token} if place == "body" else {})
    query = {"token": token} if place == "query" else {}
    header = {"bearer": f"Bearer {token}", "bare": token}.get(place, "")
    headers = {"Authorization": header} if header else {}
    path = "/paymob/api/ecommerce/orders"
    assert bench.run(bench.client.post(path, json=body, params=query, headers=headers)).status_code == 201


def test_an_order_and_its_key_in_paymobs_shape(bench: PaymobBench) -> None:
    order = bench.ordered(amount_cents="10000", delivery_needed="false", merchant_order_id=2041)
    assert (order["amount_cents"], order["merchant_order_id"]) == (10_000, "2041")
    assert (order["payment_method"], order["order_url"]) == ("tbc", order["url"])
    assert bench.older("GET", f"/api/ecommerce/orders/{order['id']}").json()["id"] == order["id"]
    assert bench.older("GET", "/api/ecommerce/orders/330000000").status_code == 404
    claims = claims_of(bench.key(order, expiration=36_000))
    assert claims["exp"] == int(bench.sandbox.clock.now()) + 36_000
    assert (claims["order_id"], claims["integration_id"], claims["user_id"]) == (order["id"], CARD, 410_001)
    assert claims["billing_data"] == {**ADDRESS, "extra_description": "NA"}
    assert "EGP 100.00" in bench.page(order["url"]).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount_cents": None}, {"amount_cents": ["This field is required."]}),
        ({"amount_cents": "ten"}, {"amount_cents": ["A valid integer is required."]}),
        ({"currency": "XXX"}, {"currency": ['"XXX" is not a valid choice.']}),
    ],
)
def test_an_order_with_a_wrong_field(bench: PaymobBench, changes: dict[str, Any], said: Any) -> None:
    answer = bench.older("POST", "/api/ecommerce/orders", {"amount_cents": 1, "currency": "EGP"} | changes)
    assert (answer.status_code, answer.json()) == (400, said)


def test_a_payment_key_needs_the_whole_address(bench: PaymobBench) -> None:
    order = bench.ordered()
    body = {"amount_cents": 10_000, "currency": "EGP", "order_id": order["id"], "integration_id": CARD}
    answer = bench.older(
        "POST", "/api/acceptance/payment_keys", {**body, "billing_data": {**ADDRESS, "floor": ""}}
    )
    assert (answer.status_code, answer.json()) == (
        400,
        {"billing_data": {"floor": ["This field is required."]}},
    )
    old = {"card_integration_id": str(CARD), "integration_id": None, "billing_data": ADDRESS}
    assert bench.older("POST", "/api/acceptance/payment_keys", body | old).status_code == 201


def test_the_iframe_takes_a_card_and_goes_back_signed(bench: PaymobBench) -> None:
    key = bench.key(bench.ordered())
    page = bench.page(bench.iframe(key))
    assert "EGP 100.00" in page.text
    assert 'name="card_holdername"' in page.text
    query = bench.back(bench.submit(bench.iframe(key), **GOOD))
    assert (query["success"], query["merchant_order_id"]) == ("true", "inv-1")
    assert [obj["success"] for obj in bench.told_objs] == [True]
    assert "is made" in bench.page(bench.iframe(key)).text


def test_one_order_several_attempts(bench: PaymobBench) -> None:
    order = bench.ordered()
    first, second = bench.key(order), bench.key(order, expiration=7200)
    bench.submit(bench.iframe(first), **(GOOD | {"card_holdername": "Insufficient Funds"}))
    bench.submit(bench.iframe(second), **GOOD)
    declined, paid = bench.told_objs
    assert declined["id"] != paid["id"]
    assert declined["order"]["id"] == paid["order"]["id"] == order["id"]
    assert (declined["success"], declined["error_occured"]) == (False, False)
    assert declined["data"]["txn_response_code"] == "INSUFFICIENT_FUNDS"
    bench.back(bench.submit(bench.iframe(first), **GOOD))
    assert [obj["success"] for obj in bench.told_objs] == [False, True, True]


def test_an_order_that_locks_when_paid(bench: PaymobBench) -> None:
    order = bench.ordered()
    first = bench.key(order, lock_order_when_paid="true")
    second = bench.key(order, expiration=7200)
    bench.submit(bench.iframe(first), **GOOD)
    assert bench.older("GET", f"/api/ecommerce/orders/{order['id']}").json()["is_payment_locked"] is True
    assert "is made" in bench.submit(bench.iframe(second), **GOOD).text
    assert len(bench.told) == 1


def test_a_key_that_is_over(bench: PaymobBench) -> None:
    key = bench.key(bench.ordered(), expiration=60, integration_id=WALLET)
    bench.advance(60)
    assert "expired" in paying(bench, key, "01010101010", "WALLET", 400)["detail"]
    assert paying(bench, "nonsense", "01010101010", "WALLET", 404) == {"detail": "Not found."}


def test_a_wallet_is_sent_to_its_page(bench: PaymobBench) -> None:
    key = bench.key(bench.ordered(), integration_id=WALLET)
    made = paying(bench, key, "01010101010", "WALLET")
    assert (made["pending"], made["success"], made["source_data"]["type"]) == (True, False, "wallet")
    page = made["redirect_url"]
    assert "/api/acceptance/wallet_other_test/wallet_template?token=" in page
    assert page == made["iframe_redirection_url"]
    assert bench.told == []
    assert bench.submit(page, action="confirm", mpin="1", otp="123456").status_code == 400
    query = bench.back(bench.submit(page, action="confirm", mpin="123456", otp="123456"))
    assert (query["success"], query["id"]) == ("true", str(made["id"]))
    assert "acq_response_code" not in query
    assert query["source_data.pan"] == "01010101010"


def test_a_kiosk_is_paid_three_days_later(bench: PaymobBench) -> None:
    key = bench.key(bench.ordered(), integration_id=KIOSK)
    made = paying(bench, key, "AGGREGATOR", "AGGREGATOR")
    assert (made["pending"], type(made["data"]["bill_reference"])) == (True, int)
    bench.advance(3 * 86_400)
    bench.control("POST", f"paymob/transactions/{made['id']}/pay")
    told = bench.told_objs
    assert [(obj["id"], obj["pending"], obj["success"]) for obj in told] == [
        (made["id"], True, False),
        (made["id"], False, True),
    ]


def test_cash_is_answered_flat_and_collected_later(bench: PaymobBench) -> None:
    key = bench.key(bench.ordered(), integration_id=CASH)
    made = paying(bench, key, "cash", "CASH")
    assert (made["pending"], made["success"], made["source_data.type"]) == ("true", "false", "cash_present")
    assert made["use_redirection"] is False
    bench.act({"intention_order_id": made["order"]}, "pay")
    assert bench.newest()["success"] is True


def test_nobody_tries_again_where_the_merchant_made_the_attempt(bench: PaymobBench) -> None:
    """A refused bill is over, and its payer was never shown a page on which to try once more."""
    made = paying(bench, bench.key(bench.ordered(), integration_id=KIOSK), "AGGREGATOR", "AGGREGATOR")
    bench.control("POST", f"paymob/transactions/{made['id']}/decline")
    order = made["order"]["id"]
    assert bench.control("POST", f"paymob/orders/{order}/pay", status=409)["error"]
    assert len(bench.told_objs) == 2


@pytest.mark.parametrize(
    ("number", "subtype", "status"), [(CARD, "WALLET", 400), (77, "WALLET", 200), (CARD, "NONSENSE", 400)]
)
def test_a_way_that_does_not_fit_the_integration(
    bench: PaymobBench, number: int, subtype: str, status: int
) -> None:
    key = bench.key(bench.ordered(), integration_id=number)
    paying(bench, key, "01010101010", subtype, status)


def test_what_is_asked_about(bench: PaymobBench) -> None:
    order = bench.ordered()
    inquiry = "/api/ecommerce/orders/transaction_inquiry"
    for body, status in (({"order_id": order["id"]}, 404), ({"merchant_order_id": "nobody"}, 404), ({}, 400)):
        assert bench.older("POST", inquiry, body).status_code == status
    assert bench.older("GET", "/api/acceptance/transactions/310000000").json() == {"detail": "Not found."}
    bench.submit(bench.iframe(bench.key(order)), **GOOD)
    found = bench.older("POST", inquiry, {"order_id": str(order["id"])}).json()
    assert (found["success"], found["order"]["merchant_order_id"]) == (True, "inv-1")
    page = bench.older("GET", "/api/acceptance/transactions", params={"merchant_order_id": "inv-1"}).json()
    assert [row["id"] for row in page["results"]] == [found["id"]]
    empty = bench.older("GET", "/api/acceptance/transactions", params={"order_id": "1", "page": "0"}).json()
    assert empty["results"] == []


def test_what_a_merchant_can_read_of_itself(bench: PaymobBench) -> None:
    assert bench.older("GET", "/api/auth/hmac_secret/get_hmac").json() == {
        "hmac_secret": "sandbox-hmac-secret"
    }
    listed = bench.older("GET", "/api/ecommerce/integrations").json()["results"]
    assert {row["id"]: row["gateway_type"] for row in listed}[KIOSK] == "CAGG"
    assert [row["id"] for row in listed if row["is_auth"]] == [AUTH]
    assert MOTO in {row["id"] for row in listed}


def test_what_is_not_there(bench: PaymobBench) -> None:
    assert bench.older("GET", "/api/acceptance/nothing").status_code == 404
    assert bench.call("DELETE", "/v1/intention/").status_code == 404
    assert bench.page("/paymob/unifiedcheckout/?clientSecret=x").status_code == 404
    assert bench.run(bench.client.put(bench.iframe(bench.key(bench.ordered())))).status_code == 405
