"""Calls from a browser: which ones answer a page of another origin."""

from __future__ import annotations

import pytest

from tests.sandbox.bench import Bench

ORIGIN = {"Origin": "https://shop.test"}
PUBLIC = [
    ("POST", "/v1/payment_methods"),
    ("GET", "/v1/payment_methods/pm_x"),
    ("POST", "/v1/payment_intents/pi_x/attach"),
    ("GET", "/v1/payment_intents/pi_x"),
    ("POST", "/v1/sources"),
    ("GET", "/v1/sources/src_x"),
]
SECRET = [
    ("POST", "/v1/payment_intents"),
    ("POST", "/v1/payment_intents/pi_x/capture"),
    ("POST", "/v1/payments"),
    ("GET", "/v1/payments"),
    ("POST", "/v1/refunds"),
    ("POST", "/v1/checkout_sessions"),
    ("GET", "/v1/webhooks"),
    ("DELETE", "/v1/customers/cus_x"),
    ("POST", "/v1/nowhere"),
]


def preflight(bench: Bench, method: str, path: str, **headers: str):  # type: ignore[no-untyped-def]
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization"}
    return bench.run(bench.client.request("OPTIONS", f"/paymongo{path}", headers=ORIGIN | asked | headers))


@pytest.mark.parametrize(("method", "path"), PUBLIC)
def test_public_calls_may_be_made_from_anywhere(bench: Bench, method: str, path: str) -> None:
    allowed = preflight(bench, method, path)
    assert (allowed.status_code, allowed.content) == (204, b"")
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert method in allowed.headers["access-control-allow-methods"]
    assert "Authorization" in allowed.headers["access-control-allow-headers"]
    for key in ("pk_test_x", "nonsense"):  # a refusal must be legible too
        answer = bench.api(method, path, key=key, headers=ORIGIN)
        assert answer.status_code in (400, 401, 404)
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(("method", "path"), SECRET)
def test_secret_calls_may_not(bench: Bench, method: str, path: str) -> None:
    refused = preflight(bench, method, path)
    assert refused.status_code == 404
    assert "access-control-allow-origin" not in refused.headers
    answer = bench.api(method, path, headers=ORIGIN)
    assert "access-control-allow-origin" not in answer.headers


def test_without_an_origin_nothing_is_added(bench: Bench) -> None:
    answer = bench.api("GET", "/v1/sources/src_x")
    assert "access-control-allow-origin" not in answer.headers
    assert bench.run(bench.client.request("OPTIONS", "/paymongo/v1/sources")).status_code == 404


def test_a_payment_from_the_browser(bench: Bench) -> None:
    """The merchant's server makes the intent; everything else happens in the browser."""
    intent = bench.made(
        "/v1/payment_intents", {"amount": 10000, "currency": "PHP", "payment_method_allowed": ["card"]}
    )
    client_key = intent["attributes"]["client_key"]
    details = {"card_number": "4343434343434345", "exp_month": 12, "exp_year": 30, "cvc": "123"}
    public = {"key": "pk_test_x", "headers": ORIGIN}
    method = bench.made("/v1/payment_methods", {"type": "card", "details": details}, **public)
    attributes = {"payment_method": method["id"], "client_key": client_key}
    paid = bench.made(f"/v1/payment_intents/{intent['id']}/attach", attributes, **public)
    assert paid["attributes"]["status"] == "succeeded"
