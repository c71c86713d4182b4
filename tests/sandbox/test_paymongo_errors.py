"""Every documented error code can be met: by what is asked, by a setting, or by a refusal on order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from raseed.sandbox.paymongo.failures import CARD, TEXTS
from raseed.sandbox.paymongo.refusals import CODES
from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import attach, attached, card, intent, method, page_of, refusal, seen

#: https://developers.paymongo.com/docs/errors, …/refund-errors and the 2026 pages, stated here once more
DOCUMENTED = (
    "parameter_required parameter_invalid parameter_data_type_invalid parameter_format_invalid "
    "parameter_below_minimum parameter_above_maximum invalid_request_body organization_not_allowed "
    "payment_method_not_allowed livemode_mismatched allowed_amount_exceeded allowed_date_exceeded "
    "available_balance_insufficient provider_processing_error refund_not_allowed resource_not_found "
    "resource_succeeded_state resource_cancelled_state resource_failed_state resource_pending_state "
    "resource_processing_state resource_processing_error resource_disputed_state too_many_requests"
)
SUB_CODES = (
    "generic_decline do_not_honor payment_refused insufficient_funds debit_card_usage_limit_exceeded "
    "issuer_declined issuer_not_available amount_allowed_exceeded call_card_issuer card_not_supported "
    "card_type_mismatch card_unauthorized credit_limit_exceeded currency_not_supported_by_card_issuer "
    "fraudulent highest_risk_level lost_card pickup_card processor_blocked restricted_card stolen_card "
    "blocked avs_failed card_not_accepted config_invalid_or_missing customer_blacklisted "
    "merchant_configuration_invalid processing_error processor_declined processor_timeout system_error "
    "acquirer_declined authentication_error processor_unavailable server_timeout service_timeout "
    "unknown_error card_expired card_number_invalid cvc_invalid cvc_incorrect"
)
FAILED_CODES = "CLOSED AMOUNT_EXCEED_LIMIT PARAM_MISSING REPEAT_REQ_INCONSISTENT SYSTEM_ERROR RJCT"


def ask(bench: Bench) -> httpx2.Response:
    attributes = {"amount": 10000, "currency": "PHP", "payment_method_allowed": ["card"]}
    return bench.api("POST", "/v1/payment_intents", attributes)


@pytest.mark.parametrize("code", DOCUMENTED.split(" "))
def test_every_code_can_be_ordered(bench: Bench, code: str) -> None:
    bench.control("POST", "paymongo/refusals", {"code": code, "path": "/v1/payment_*"})
    assert bench.api("GET", "/v1/payments").status_code == 200
    status, found = refusal(ask(bench))
    assert (found, status) == (code, {"resource_not_found": 404, "too_many_requests": 429}.get(code, 400))
    assert ask(bench).status_code == 200
    assert bench.control("GET", "paymongo/books")["payment_intents"]


def test_the_list_is_whole() -> None:
    assert set(DOCUMENTED.split()) <= set(CODES)
    assert set(SUB_CODES.split()) == set(CARD)
    assert {*FAILED_CODES.split(), "unknown_processing_error"} <= set(TEXTS)


def test_every_card_failure_can_be_met(bench: Bench) -> None:
    for code in SUB_CODES.split():
        bench.control("POST", "paymongo/refusals", {"sub_code": code})
        answer = attach(bench, intent(bench), card(bench))
        assert (answer.status_code, answer.json()["errors"][0]["sub_code"]) == (400, code)
        assert answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [*[("gcash", c) for c in FAILED_CODES.split()], ("paymaya", "unknown_error"), ("qrph", "RJCT")],
)
def test_every_other_failure_can_be_met(bench: Bench, kind: str, code: str) -> None:
    waiting = attached(bench, kind)
    bench.control("POST", f"paymongo/payment_intents/{waiting['id']}/fail", {"code": code})
    payment = seen(bench, waiting)["payments"][0]["attributes"]
    assert (payment["failed_code"], bool(payment["failed_message"])) == (code, True)


def _settings(**changes: Any) -> Callable[[Bench], None]:
    return lambda bench: bench.control("POST", "paymongo/settings", changes)


ACCOUNTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"capabilities": ["gcash"]}, {}),
    ({"features": []}, {"capture_type": "manual"}),
    ({"features": ["manual_capture"]}, {"currency": "USD"}),
]


@pytest.mark.parametrize(("settings", "changes"), ACCOUNTS)
def test_what_an_account_is_not_allowed(
    bench: Bench, settings: dict[str, Any], changes: dict[str, Any]
) -> None:
    attributes = {"amount": 10000, "currency": "PHP", "payment_method_allowed": ["card"]} | changes
    assert bench.api("POST", "/v1/payment_intents", attributes).status_code == 200
    _settings(**settings)(bench)
    assert refusal(bench.api("POST", "/v1/payment_intents", attributes)) == (400, "organization_not_allowed")


def test_saving_cards_needs_a_feature(bench: Bench) -> None:
    owner = bench.made("/v1/customers", {"first_name": "A", "last_name": "B"})
    wish = {"session_type": "on_session", "customer_id": owner["id"]}
    _settings(features=[])(bench)
    attributes = {"amount": 10000, "currency": "PHP", "payment_method_allowed": ["card"]}
    answer = bench.api("POST", "/v1/payment_intents", attributes | {"setup_future_usage": wish})
    assert refusal(answer) == (400, "organization_not_allowed")


def test_the_accounts_methods(bench: Bench) -> None:
    path = "/v1/merchants/capabilities/payment_methods"
    assert "gcash" in bench.api("GET", path).json()
    _settings(capabilities=["card", "qrph"])(bench)
    assert bench.api("GET", path).json() == ["card", "qrph"]
    session = {"line_items": [{"name": "x", "amount": 5000, "currency": "PHP", "quantity": 1}]}
    answer = bench.api("POST", "/v1/checkout_sessions", session | {"payment_method_types": ["gcash"]})
    assert refusal(answer) == (400, "organization_not_allowed")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "nonsense"},
        {"sub_code": "nonsense"},
        {"code": "resource_not_found", "times": 0},
        {"code": "resource_not_found", "path": 1},
        {"code": "resource_not_found", "colour": "red"},
        {"code": ["resource_not_found"]},
        {"code": "resource_not_found", "mode": "both"},
    ],
)
def test_wrong_orders(bench: Bench, body: dict[str, Any]) -> None:
    assert bench.control("POST", "paymongo/refusals", body, status=400)["error"]
    assert bench.control("GET", "paymongo/refusals") == {"refusals": []}


def test_orders_count_down_and_can_be_taken_back(bench: Bench) -> None:
    bench.control("POST", "paymongo/refusals", {"code": "organization_not_allowed", "times": 2})
    assert [ask(bench).status_code for _ in range(3)] == [400, 400, 200]
    bench.control("POST", "paymongo/refusals", {"code": "organization_not_allowed", "method": "get"})
    assert ask(bench).status_code == 200
    assert bench.control("DELETE", "paymongo/refusals") == {"refusals": []}
    assert bench.api("GET", "/v1/payments").status_code == 200


def test_an_order_is_for_one_mode(bench: Bench) -> None:
    bench.control("POST", "paymongo/refusals", {"code": "organization_not_allowed", "mode": "live"})
    assert ask(bench).status_code == 200
    assert bench.api("GET", "/v1/payments", key="sk_live_x").status_code == 400


def test_a_decline_on_order_also_meets_the_checkout_page(bench: Bench) -> None:
    bench.control("POST", "paymongo/refusals", {"sub_code": "do_not_honor"})
    session = bench.session()
    answer = bench.submit(
        session["attributes"]["checkout_url"], method="card", card_number="4343434343434345"
    )
    assert answer.status_code == 400
    assert bench.control("GET", "paymongo/books")["payments"][0]["failed_code"] == "do_not_honor"


@pytest.mark.parametrize("path", ["//v1//payment_intents", "/v1//payment_intents/"])
def test_doubled_slashes_count_as_one(bench: Bench, path: str) -> None:
    attributes = {"amount": 10000, "currency": "PHP", "payment_method_allowed": ["card"]}
    assert bench.api("POST", path, attributes).status_code == 200


def test_an_attach_that_was_declined_is_answered_the_same_again(bench: Bench) -> None:
    made, bad = intent(bench), card(bench, "4400000000000016")
    body = {"data": {"attributes": {"payment_method": bad["id"]}}}
    path, headers = f"/v1/payment_intents/{made['id']}/attach", {"Idempotency-Key": "k-1"}
    answers = [bench.api("POST", path, json=body, headers=headers) for _ in range(2)]
    assert answers[0].status_code == 400
    assert answers[0].content == answers[1].content
    assert len(seen(bench, made)["payments"]) == 1


def test_an_attach_repeated_under_its_key_is_made_once(bench: Bench) -> None:
    made, chosen = intent(bench), method(bench, "gcash")
    body = {"data": {"attributes": {"payment_method": chosen["id"], "return_url": "http://shop.test/r"}}}
    path, headers = f"/v1/payment_intents/{made['id']}/attach", {"Idempotency-Key": "k-1"}
    answers = [bench.api("POST", path, json=body, headers=headers).json()["data"] for _ in range(2)]
    assert page_of(answers[0]) == page_of(answers[1])
    bench.submit(page_of(answers[0]), action="authorize")
    assert len(seen(bench, made)["payments"]) == 1
