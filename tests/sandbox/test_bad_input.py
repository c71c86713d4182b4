"""Whatever is sent, the API answers in PayMongo's shape and never with a 500."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.sandbox.bench import Bench

PATHS = ("/v1/sources", "/v1/payments", "/v1/checkout_sessions", "/v1/refunds", "/v1/webhooks")
REDIRECT = {"success": "http://shop.test/ok", "failed": "http://shop.test/no"}
SOURCE: dict[str, Any] = {"type": "gcash", "amount": 10000, "currency": "PHP", "redirect": REDIRECT}
LINE = {"name": "Bill", "amount": 5000, "currency": "PHP", "quantity": 1}
SESSION: dict[str, Any] = {"line_items": [LINE], "payment_method_types": ["gcash"]}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"data": []}',
        b'{"data": {"attributes": []}}',
        b'{"data": {"attributes": null}}',
        b'{"data": {"attributes": {"amount": NaN}}}',
        b'{"data": {"attributes": {"amount": 1e999}}}',
        b'{"data": {"attributes": {"description": "\\ud800"}}}',
        b'{"data": {"attributes": {"amount": ' + b"9" * 5000 + b"}}}",
        b"[" * 100_000,
        b'{"data": {"attributes": {"metadata": ' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}}}",
    ],
)
def test_bodies_that_are_no_request(bench: Bench, path: str, body: bytes) -> None:
    answer = bench.api("POST", path, content=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"].startswith("parameter_")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("junk", [None, True, -1, 1.5, "", "x", [], {}, [1], {"a": 1}, [[]], "\x00", 10**30])
def test_every_field_may_be_anything(bench: Bench, path: str, junk: Any) -> None:
    names = (
        "type", "amount", "currency", "redirect", "billing", "metadata", "description", "source", "reason",
        "payment_method_types", "payment_id", "line_items", "notes", "url", "events", "success_url",
        "show_line_items",
    )  # fmt: skip
    answer = bench.api("POST", path, dict.fromkeys(names, junk))
    assert answer.status_code in (400, 404)
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("path", "good", "changes", "code", "pointer"),
    [
        ("/v1/sources", SOURCE, {"amount": None}, "parameter_required", "amount"),
        ("/v1/sources", SOURCE, {"amount": "10000"}, "parameter_data_type_invalid", "amount"),
        ("/v1/sources", SOURCE, {"amount": 10000.0}, "parameter_data_type_invalid", "amount"),
        ("/v1/sources", SOURCE, {"amount": True}, "parameter_data_type_invalid", "amount"),
        ("/v1/sources", SOURCE, {"amount": 10**9}, "parameter_above_maximum", "amount"),
        ("/v1/sources", SOURCE, {"type": "randomsource"}, "parameter_invalid", "source_type"),
        ("/v1/sources", SOURCE, {"currency": "USD"}, "parameter_invalid", "currency"),
        ("/v1/sources", SOURCE, {"redirect": None}, "parameter_required", "redirect"),
        ("/v1/sources", SOURCE, {"redirect": {"success": "x"}}, "parameter_required", "redirect.failed"),
        (
            "/v1/sources",
            SOURCE,
            {"redirect": REDIRECT | {"success": "javascript:1"}},
            "parameter_format_invalid",
            "redirect.success",
        ),
        (
            "/v1/sources",
            SOURCE,
            {"redirect": REDIRECT | {"failed": "http://a.test/\r\nSet-Cookie: a=b"}},
            "parameter_format_invalid",
            "redirect.failed",
        ),
        ("/v1/sources", SOURCE, {"metadata": "x"}, "parameter_data_type_invalid", "metadata"),
        ("/v1/sources", SOURCE, {"billing": {"name": 1}}, "parameter_data_type_invalid", "billing.name"),
        ("/v1/checkout_sessions", SESSION, {"line_items": []}, "parameter_required", "line_items"),
        (
            "/v1/checkout_sessions",
            SESSION,
            {"line_items": [1]},
            "parameter_data_type_invalid",
            "line_items.0",
        ),
        (
            "/v1/checkout_sessions",
            SESSION,
            {"line_items": [LINE | {"quantity": 0}]},
            "parameter_below_minimum",
            "line_items.0.quantity",
        ),
        (
            "/v1/checkout_sessions",
            SESSION,
            {"line_items": [LINE | {"quantity": 999_999_999, "amount": 999_999_999}]},
            "parameter_above_maximum",
            "amount",
        ),
        (
            "/v1/checkout_sessions",
            SESSION,
            {"payment_method_types": ["bitcoin"]},
            "parameter_invalid",
            "payment_method_types",
        ),
        (
            "/v1/checkout_sessions",
            SESSION,
            {"success_url": "ftp://x"},
            "parameter_format_invalid",
            "success_url",
        ),
    ],
)
def test_which_code_and_where(
    bench: Bench, path: str, good: dict[str, Any], changes: dict[str, Any], code: str, pointer: str
) -> None:
    answer = bench.api("POST", path, good | changes)
    assert answer.status_code == 400
    error = answer.json()["errors"][0]
    assert (error["code"], error["source"]["pointer"]) == (code, pointer)
    assert error["source"]["attribute"] == pointer.rpartition(".")[2]


def test_everything_wrong_is_told_at_once(bench: Bench) -> None:
    answer = bench.api("POST", "/v1/sources", {"amount": "1"})
    pointers = {error["source"]["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"amount", "currency", "type", "redirect"}


def test_texts_as_captured(bench: Bench) -> None:
    answer = bench.api("POST", "/v1/sources", SOURCE | {"amount": None})
    assert answer.json()["errors"] == [
        {
            "code": "parameter_required",
            "detail": "amount is required.",
            "source": {"pointer": "amount", "attribute": "amount"},
        }
    ]
    answer = bench.api("POST", "/v1/sources", SOURCE | {"type": "randomsource"})
    assert answer.json()["errors"][0]["detail"] == "The source_type passed randomsource is invalid."


@pytest.mark.parametrize(
    "path", ["/v1/sources/x", "/v1/payments/x", "/v1/payment_intents/x", "/v1/refunds/x", "/v1/webhooks/x"]
)
def test_unknown_resources_have_a_body(bench: Bench, path: str) -> None:
    answer = bench.api("GET", path)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "resource_not_found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nothing"),
        ("GET", "/v1"),
        ("DELETE", "/v1/sources/x"),
        ("PATCH", "/v1/payments"),
        ("GET", "/v9/sources/x"),
        ("GET", "/v1/sources/x/y"),
    ],
)
def test_unknown_routes_have_none(bench: Bench, method: str, path: str) -> None:
    answer = bench.api(method, path)
    assert (answer.status_code, answer.content) == (404, b"")


def test_doubled_slashes_are_one(bench: Bench) -> None:
    assert bench.api("GET", "//v1//payments").status_code == 200
    assert bench.api("GET", "/v1//webhooks/").status_code == 200


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        ("", 401),
        ("Basic", 401),
        ("Basic !!!", 401),
        ("Bearer sk_test_x", 401),
        ("Basic " + base64.b64encode(b"sk_test_x").decode(), 200),
        ("Basic " + base64.b64encode(b"sk_test_x:").decode(), 200),
        ("basic " + base64.b64encode(b"sk_live_x:").decode(), 200),
        ("Basic " + base64.b64encode(b"sk_test_x:password").decode(), 401),
        ("Basic " + base64.b64encode(b"sk_other_x:").decode(), 401),
        ("Basic " + base64.b64encode("sk_test_é:".encode()).decode(), 401),
        ("Basic " + base64.b64encode(b"pk_test_x:").decode(), 403),
    ],
)
def test_keys(bench: Bench, authorization: str | None, status: int) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = bench.run(bench.client.get("/paymongo/v1/payments", headers=headers))
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["errors"][0]["code"] == "api_key_invalid"


def test_a_body_without_end_is_refused(bench: Bench) -> None:
    assert bench.api("POST", "/v1/sources", content=b" " * 1_048_577).status_code == 413


def test_a_strange_host_does_not_get_into_links(bench: Bench) -> None:
    body = json.dumps({"data": {"attributes": SOURCE}})
    headers = {"Host": 'evil"><script>', "Content-Type": "application/json"}
    answer = bench.api("POST", "/v1/sources", content=body, headers=headers)
    url = answer.json()["data"]["attributes"]["redirect"]["checkout_url"]
    assert url.startswith("http://127.0.0.1:8900/paymongo/sources?id=src_")
