"""The check of exchanges finds what is wrong with them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.openapi.open_payments import AUTH, RESOURCE, VERSION, violations
from tests.openapi.openapi_file import official

SIGNED = {"signature": "sig1=:AA==:", "signature-input": 'sig1=("@method");created=1'}
AMOUNT = {"value": "100", "assetCode": "USD", "assetScale": 2}
TO_BOB = {"walletAddress": "https://w.test/bob"}
INCOMING = {
    "id": "https://w.test/op/incoming-payments/1",
    "walletAddress": "https://w.test/bob",
    "receivedAmount": AMOUNT,
    "completed": False,
    "createdAt": "2026-01-01T00:00:00.000Z",
}
LIST = {"pagination": {"hasNextPage": False, "hasPreviousPage": False}, "result": [INCOMING]}


def log(
    method: str, path: str, status: int, answer: Any = None, body: Any = None, **more: Any
) -> list[dict[str, Any]]:
    texts = ["" if document is None else json.dumps(document) for document in (body, answer)]
    request = {"kind": "request", "n": 1, "method": method, "path": path, "body": texts[0]}
    response = {"kind": "response", "n": 2, "request": 1, "status": status, "body": texts[1], "fault": ""}
    given = {"headers": SIGNED, "query": {}, "gateway": "openpayments"}
    return [{**given, **request, **more}, {**given, **response}]


def wrong(*arguments: Any, **more: Any) -> str:
    return "; ".join(violations(log(*arguments, **more)))


def test_what_is_right() -> None:
    made = {**INCOMING, "methods": []}
    assert wrong("POST", "/op/incoming-payments", 201, made, {"walletAddress": "https://w.test/bob"}) == ""
    query = {"wallet-address": "https://w.test/bob", "first": "10"}
    assert wrong("GET", "/op/incoming-payments", 200, LIST, query=query) == ""
    assert wrong("GET", "/op/5f/incoming-payments", 200, LIST, query=query) == ""
    assert wrong("DELETE", "/auth/continue/7", 204) == ""


@pytest.mark.parametrize(
    ("exchange", "more", "said"),
    [
        (("POST", "/op/incoming-payments", 201, {**INCOMING, "methods": []}, {}), {}, "'walletAddress' is"),
        (("POST", "/op/incoming-payments", 201, INCOMING, TO_BOB), {}, "'methods' is"),
        (("GET", "/op/incoming-payments", 200, LIST), {}, "query wallet-address is missing"),
        (("GET", "/op/incoming-payments", 200, LIST), {"query": {"first": "0"}}, "query first"),
        (("GET", "/op/quotes/1", 200, {**INCOMING}), {}, "answer"),
        (("GET", "/op/quotes/1", 418), {}, "not listed"),
        (("POST", "/op/quotes", 201, INCOMING), {}, "request no body"),
        (("DELETE", "/auth/continue/7", 204, {"a": 1}), {}, "a body with 204"),
        (("DELETE", "/auth/continue/7", 204, None, {"a": 1}), {}, "a body, where there is none"),
        (("POST", "/auth/token/7", 401, {"error": {"code": "too_fast"}}), {}, "answer"),
        (("PUT", "/op/quotes", 200, {}), {}, "no such call"),
        (("POST", "/op/incoming-payments", 400, {"error": "no"}), {}, "answer"),
        (("GET", "/op/incoming-payments/1", 200, {**INCOMING, "methods": [{"type": "ilp"}]}), {}, "answer"),
    ],
)  # fmt: skip
def test_what_is_wrong(exchange: tuple[Any, ...], more: dict[str, Any], said: str) -> None:
    assert said in wrong(*exchange, **more)


def test_a_missing_signature_is_wrong() -> None:
    found = wrong("GET", "/op/quotes/1", 401, {"error": {"code": "401", "description": "no"}}, headers={})
    assert "header Signature is missing" in found


def test_a_wrong_request_may_be_refused_and_nothing_else() -> None:
    refusal = {"error": {"code": "400", "description": "no"}}
    assert violations(log("POST", "/op/quotes", 400, refusal, {}), clients_err=True) == []
    assert violations(log("POST", "/op/quotes", 201, refusal, {}), clients_err=True) != []
    assert violations(log("POST", "/op/quotes", 400, refusal, {})) != []


def test_answers_that_a_fault_spoilt_are_passed_over() -> None:
    exchange = log("GET", "/op/quotes/1", 502, "Bad gateway")
    assert violations(exchange) != []
    exchange[1]["fault"] = "error_after"
    assert violations(exchange) == []


@pytest.mark.parametrize(
    ("item", "is_right"),
    [
        ({"type": "quote", "actions": ["create"]}, True),
        ({"type": "quote", "actions": ["create"], "identifier": "https://w.test/bob"}, False),
        ({"type": "outgoing-payment", "actions": ["create"]}, False),
        ({"type": "incoming-payment", "actions": ["create", "create"]}, False),
    ],
)
def test_access_items_are_held_to_their_type(item: dict[str, Any], is_right: bool) -> None:
    body = {"client": "https://w.test/shop", "access_token": {"access": [item]}}
    found = official(VERSION, f"{AUTH}").wrong_request(("POST", "/"), SIGNED, {}, body)
    assert (found == []) is is_right


def test_the_files_know_every_call_of_the_resource_server() -> None:
    assert len(official(VERSION, RESOURCE).operations) == 10
