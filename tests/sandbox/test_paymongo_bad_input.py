"""Whatever is sent to the newer calls, the answer has PayMongo's shape and is never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import attached, card, intent, page_of

PATHS = (
    "/v1/payment_intents",
    "/v1/payment_methods",
    "/v2/checkout_sessions",
    "/v1/links",
    "/v1/customers",
    "/v1/payment_links",
)
NAMES = (
    "amount", "currency", "payment_method_allowed", "payment_method_options", "capture_type", "description",
    "statement_descriptor", "metadata", "setup_future_usage", "type", "details", "billing", "expiry_seconds",
    "line_items", "payment_method_types", "pass_on_fees", "remarks", "first_name", "last_name", "email",
    "phone", "default_device", "status", "reason", "notes", "payment_method", "return_url", "client_key",
)  # fmt: skip
JUNK: list[Any] = [None, True, -1, 1.5, "", "x", [], {}, [1], {"a": 1}, [[]], {"card": 1}, "\x00", 10**30]
BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"\xff\xfe",
    b'{"data": []}',
    b'{"data": {"attributes": []}}',
    b"[" * 99999,
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("junk", JUNK)
def test_every_field_may_be_anything(bench: Bench, path: str, junk: Any) -> None:
    answer = bench.api("POST", path, dict.fromkeys(NAMES, junk))
    assert answer.status_code in (400, 404)
    assert answer.json()["errors"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", BODIES)
def test_bodies_that_are_no_request(bench: Bench, path: str, body: bytes) -> None:
    answer = bench.api("POST", path, content=body)
    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.parametrize("junk", JUNK)
def test_calls_on_what_exists(bench: Bench, junk: Any) -> None:
    made, chosen = intent(bench), card(bench)
    owner = bench.made("/v1/customers", {"first_name": "A", "last_name": "B"})
    link = bench.made("/v1/links", {"amount": 5000, "description": "x"})
    attributes = dict.fromkeys(NAMES, junk)
    for method, path in (
        ("POST", f"/v1/payment_intents/{made['id']}/attach"),
        ("POST", f"/v1/payment_intents/{made['id']}/capture"),
        ("PUT", f"/v1/payment_methods/{chosen['id']}"),
        ("PATCH", f"/v1/customers/{owner['id']}"),
        ("PATCH", f"/v1/payment_links/{link['id']}"),
        ("POST", f"/v1/payment_links/{link['id']}/refunds"),
    ):
        answer = bench.api(method, path, attributes)
        assert answer.status_code in (200, 400, 404), path
        assert json.loads(answer.content), path
    assert bench.got(f"/v1/payment_intents/{made['id']}") == made


@pytest.mark.parametrize("kind", ["dob", "qrph", "gcash"])
@pytest.mark.parametrize("content", [b"\xff=\xff", b"&" * 1000, b"a=b&" * 100, b"action=dance", b"otp=%00"])
def test_broken_forms(bench: Bench, kind: str, content: bytes) -> None:
    url = page_of(attached(bench, kind))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert bench.run(bench.client.post(url, content=content, headers=headers)).status_code == 400
    assert bench.run(bench.client.put(url)).status_code == 405


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("table", ["payment_intents", "links", "checkout_sessions"])
def test_the_control_api_too(bench: Bench, table: str, junk: Any) -> None:
    made = {
        "payment_intents": lambda: intent(bench),
        "links": lambda: bench.made("/v1/links", {"amount": 5000, "description": "x"}),
        "checkout_sessions": bench.session,
    }[table]()
    for action in ("pay", "fail", "authorize", "expire", "dance"):
        body = dict.fromkeys(("method", "code", "card_number"), junk)
        path = f"/_sandbox/api/paymongo/{table}/{made['id']}/{action}"
        answer = bench.run(bench.client.post(path, json=body))
        assert answer.status_code in (200, 400, 404, 409), answer.text
