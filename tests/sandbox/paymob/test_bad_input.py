"""Whatever is sent, the API answers in one of Paymob's shapes and never with a 500."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.paymob.bench import GOOD, PaymobBench

WITH_KEY = ("/v1/intention/", "/api/acceptance/void_refund/refund", "/api/acceptance/capture")
WITH_TOKEN = (
    "/api/ecommerce/orders",
    "/api/acceptance/payment_keys",
    "/api/ecommerce/orders/transaction_inquiry",
    "/api/acceptance/order_card_tokens",
    "/api/acceptance/void_refund/void",
)
OPEN = ("/api/auth/tokens", "/api/acceptance/payments/pay")
NAMES = (
    "amount", "amount_cents", "currency", "payment_methods", "billing_data", "items", "extras", "card_tokens",
    "special_reference", "notification_url", "expiration", "order_id", "merchant_order_id", "integration_id",
    "shipping_data", "transaction_id", "source", "payment_token", "delivery_needed", "token",
    "lock_order_when_paid",
)  # fmt: skip
JUNK = [True, -1, 1.5, "", "x", [], {}, [1], {"a": 1}, [[]], [{}], "\x00", 10**30, {"subtype": []}]
BODIES = [
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe",
    b'{"amount": NaN}',
    b'{"amount": 1e999}',
    b'{"special_reference": "\\ud800"}',
    b'{"amount": ' + b"9" * 5000 + b"}",
    b"[" * 100_000,
    b'{"extras": ' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}",
]


@pytest.mark.parametrize("path", [*WITH_KEY, *WITH_TOKEN, *OPEN])
@pytest.mark.parametrize("body", BODIES)
def test_bodies_that_are_no_request(bench: PaymobBench, path: str, body: bytes) -> None:
    answer = bench.call("POST", path, content=body)
    assert answer.status_code in (400, 401)
    assert isinstance(answer.json(), dict)


@pytest.mark.parametrize("junk", JUNK)
def test_every_field_may_be_anything(bench: PaymobBench, junk: Any) -> None:
    body = dict.fromkeys(NAMES, junk)
    good = {"amount": 100, "amount_cents": 100, "currency": "EGP", "payment_methods": ["card"]}
    for path in (*WITH_KEY, *OPEN):
        for stated in (body, body | good):
            answer = bench.call("POST", path, stated)
            assert answer.status_code in (400, 403, 404, 406), answer.text
    for path in WITH_TOKEN:
        for stated in (body, body | good):
            answer = bench.older("POST", path, stated)
            assert answer.status_code in (201, 400, 404), answer.text
            assert answer.status_code != 201 or path == "/api/ecommerce/orders"


@pytest.mark.parametrize(
    "name", ["method", "card_number", "card_cvn", "wallet", "action", "otp", "save_card"]
)
@pytest.mark.parametrize("value", ["", "x", "\x00", "9" * 5000, "card:", "<b>", "4000222", "é"])
def test_a_form_may_hold_anything(bench: PaymobBench, name: str, value: str) -> None:
    made = bench.intention(payment_methods=["card", "wallet", "kiosk"])
    answer = bench.submit(bench.checkout(made), **(GOOD | {name: value}))
    assert answer.status_code in (303, 400)
    assert "<b>" not in answer.text


def test_a_form_that_is_none(bench: PaymobBench) -> None:
    made = bench.intention()
    answer = bench.run(bench.client.post(bench.checkout(made), content=b"\xff" * 10))
    assert answer.status_code == 400


@pytest.mark.parametrize("key", ["x", "egy_sk_test_shop", "egy_pk_live_shop"])
def test_a_public_key_that_does_not_fit(bench: PaymobBench, key: str) -> None:
    made = bench.intention()
    page = f"/paymob/unifiedcheckout/?publicKey={key}&clientSecret={made['client_secret']}"
    assert bench.page(page).status_code == 404
    element = f"/paymob/v1/intention/element/{key}/{made['client_secret']}"
    assert bench.run(bench.client.get(element)).status_code == 404


@pytest.mark.parametrize("key", ["egy_sk_test_shop", "sk_test_shop", "uae_sk_live_1"])
def test_keys_of_the_right_shape(bench: PaymobBench, key: str) -> None:
    assert bench.intending(key=key).status_code == 201
    bench.settings(secret_keys=["egy_sk_test_ours"])
    assert bench.intending("inv-2", key=key).status_code == 401
    assert bench.intending("inv-2", key="egy_sk_test_ours").status_code == 201


def test_no_authorization_at_all(bench: PaymobBench) -> None:
    answer = bench.run(bench.client.post("/paymob/v1/intention/", json={}))
    assert (answer.status_code, answer.json()) == (
        401,
        {"detail": "Authentication credentials were not provided."},
    )
