"""Every documented error code becomes a plain sentence and the right kind of outcome."""

from __future__ import annotations

import json
from typing import Any

import pytest

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.core.facts import FactKind
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef
from raseed.gateways.paymongo import refusals
from raseed.gateways.paymongo.methods import METHODS
from tests.gateways import paymongo_account as pm
from tests.gateways.memory import DictMemory
from tests.gateways.wire import Wire


def listed(codes: str) -> list[str]:
    return codes.split()


# The lists are PayMongo's pages on errors, refund errors, e-wallet errors, QR Ph errors and card declines,
# copied apart from the code's own tables.
GENERAL = listed(
    """
    parameter_required parameter_invalid parameter_data_type_invalid parameter_format_invalid
    parameter_below_minimum parameter_above_maximum organization_not_allowed resource_not_found
    resource_succeeded_state resource_cancelled_state resource_failed_state allowed_amount_exceeded
    livemode_mismatched payment_method_not_allowed api_key_invalid invalid_request_body too_many_requests
    """
)
REFUND = listed(
    """
    provider_processing_error resource_processing_error resource_processing_state resource_pending_state
    refund_not_allowed parameter_invalid resource_not_found livemode_mismatched resource_failed_state
    resource_disputed_state allowed_date_exceeded available_balance_insufficient parameter_above_maximum
    parameter_below_minimum payment_method_not_allowed
    """
)
LATER = listed(
    """
    provider_processing_error resource_processing_error resource_processing_state resource_pending_state
    available_balance_insufficient too_many_requests
    """
)
DECLINED = listed(
    """
    generic_decline do_not_honor payment_refused insufficient_funds debit_card_usage_limit_exceeded
    issuer_declined issuer_not_available amount_allowed_exceeded call_card_issuer card_not_supported
    card_type_mismatch card_unauthorized credit_limit_exceeded currency_not_supported_by_card_issuer
    """
)
BLOCKED = listed(
    """
    fraudulent highest_risk_level lost_card pickup_card processor_blocked restricted_card stolen_card blocked
    customer_blacklisted
    """
)
PROCESSOR = listed(
    """
    avs_failed card_not_accepted config_invalid_or_missing merchant_configuration_invalid processing_error
    processor_declined processor_timeout system_error acquirer_declined authentication_error
    processor_unavailable server_timeout service_timeout unknown_error
    """
)
DETAILS = listed("card_expired card_number_invalid cvc_invalid cvc_incorrect")
WALLETS = listed(
    """
    CLOSED AMOUNT_EXCEED_LIMIT PARAM_MISSING REPEAT_REQ_INCONSISTENT SYSTEM_ERROR RJCT
    unknown_processing_error
    """
)
BANKS = listed("EXPIRED DENIED CANCELLED")
TOLD = [*DECLINED, *PROCESSOR, *DETAILS, *WALLETS, *BANKS]
ANY = "The payment attempt failed."

ATTACH = f"POST /v1/payment_intents/{pm.INTENT}/attach"
UP_TO_ATTACH = {
    "POST /v1/payment_intents": pm.answer(pm.intent()),
    "POST /v1/payment_methods": pm.answer(pm.payment_method()),
}


def refused_attach(code: str, sub_code: str) -> GatewayRefused:
    error = {"code": code, "sub_code": sub_code, "detail": "their text"}
    gateway = pm.account(http=Wire({**UP_TO_ATTACH, ATTACH: (400, {"errors": [error]})}))
    with pytest.raises(GatewayRefused) as caught:
        gateway.open(pm.order("gcash_intent"), DictMemory())
    return caught.value


def refused_refund(code: str, method: str = "gcash") -> GatewayRefused:
    gateway = pm.account(http=Wire({"POST /v1/refunds": pm.refusal(code, detail="their text")}))
    ref = GatewayRef(pm.REFERENCE, pm.SOURCE, method=method, money=pm.MONEY)
    with pytest.raises(GatewayRefused) as caught:
        gateway.refund(ref, pm.PAYMENT, Money(100, "PHP"), "others", "key-1", DictMemory())
    return caught.value


@pytest.mark.parametrize("code", GENERAL)
def test_a_general_code_is_a_refusal_in_plain_words(code: str) -> None:
    gateway = pm.account(http=Wire({"*": pm.refusal(code, detail="their text")}))
    with pytest.raises(GatewayRefused) as caught:
        gateway.query(pm.INTENT_REF, DictMemory())
    refused = caught.value
    assert (refused.code, refused.status, refused.detail) == (code, 400, "their text")
    assert refused.is_temporary is (code in LATER)
    assert str(refused) not in {"", "PayMongo refused the request."}
    assert "_" not in str(refused).replace("SECRET_KEY", "")
    assert "their text" not in str(refused)


@pytest.mark.parametrize("code", REFUND)
def test_a_refund_code_is_a_refusal_in_words_about_refunds(code: str) -> None:
    refused = refused_refund(code)
    assert (refused.code, refused.detail) == (code, "their text")
    assert refused.is_temporary is (code in LATER)
    assert str(refused) not in {"", "PayMongo refused the request."}
    assert "_" not in str(refused)
    assert "price" not in str(refused)


def test_a_closed_window_names_the_methods_window() -> None:
    assert "180 days" in str(refused_refund("allowed_date_exceeded", "gcash"))
    assert "60 days" in str(refused_refund("allowed_date_exceeded", "card"))
    assert str(refused_refund("allowed_date_exceeded", "checkout")).endswith("is over.")
    for name, method in METHODS.items():
        assert method.refund_window in str(refused_refund("allowed_date_exceeded", name))


@pytest.mark.parametrize("method", ["qrph", "dob_ubp"])
def test_what_is_never_refunded_says_what_to_do(method: str) -> None:
    assert "another way" in str(refused_refund("parameter_invalid", method))
    assert "another way" not in str(refused_refund("parameter_invalid", "gcash"))


@pytest.mark.parametrize("code", TOLD)
def test_a_decline_is_told_at_the_attach_and_by_the_payment(code: str) -> None:
    refused = refused_attach("resource_failed_state", code)
    sentence = refusals.DECLINES[code]
    assert str(refused) == sentence != ANY
    assert refused.detail == f"{code} their text"
    assert _attempt(code).detail == f"payment.failed: {sentence}"
    assert _attempt(code).kind is FactKind.ATTEMPT_FAILED


@pytest.mark.parametrize("code", BLOCKED)
def test_a_blocked_card_is_told_as_a_plain_decline(code: str) -> None:
    assert str(refused_attach("resource_failed_state", code)) == "The payment was declined."
    assert _attempt(code).detail == "payment.failed: The payment was declined."


def test_a_new_code_is_told_without_guessing() -> None:
    assert str(refused_attach("resource_failed_state", "moon_phase")) == ANY
    assert _attempt("moon_phase").kind is FactKind.ATTEMPT_FAILED


def _attempt(code: str) -> Any:
    event = pm.event("payment.failed", pm.payment("failed", failed_code=code, failed_message="their text"))
    gateway = pm.account()
    (fact,) = gateway.read(gateway.verify(pm.signed(json.dumps(event).encode())))
    assert "their text" not in fact.detail
    return fact


@pytest.mark.parametrize(
    ("status", "content", "outcome"),
    [
        (400, {"errors": [{"code": "parameter_required", "detail": "x"}]}, GatewayRefused),
        (401, "", GatewayRefused),
        (402, {"errors": [{"code": "resource_failed_state", "sub_code": "do_not_honor"}]}, GatewayRefused),
        (403, "", GatewayRefused),
        (404, "", GatewayRefused),
        (404, {"errors": [{"code": "resource_not_found"}]}, GatewayRefused),
        (422, {"errors": []}, GatewayRefused),
        (429, "Too many requests, please try again later.", GatewayUnavailable),
        (500, "<html>", GatewayUnavailable),
        (503, "", GatewayUnavailable),
    ],
)
def test_every_documented_status_has_its_outcome(status: int, content: Any, outcome: type) -> None:
    gateway = pm.account(http=Wire({"*": (status, content)}))
    with pytest.raises(outcome) as caught:
        gateway.open(pm.order("gcash_intent"), DictMemory())
    assert str(caught.value)


def test_too_many_requests_are_repeated_only_where_that_is_harmless() -> None:
    slow = (429, "Too many requests, please try again later.")
    http = Wire({"POST /v1/payment_intents": [slow, pm.answer(pm.intent())]})
    assert pm.account(http=http).open(pm.order("card"), DictMemory())
    assert len({request.headers["Idempotency-Key"] for request in http.sent}) == 1
    cancel = f"POST /v1/payment_intents/{pm.INTENT}/cancel"
    http = Wire({cancel: slow})
    with pytest.raises(GatewayUnavailable):
        pm.account(http=http).void(pm.CARD_REF, pm.PAYMENT, DictMemory())
    assert http.calls == [cancel]


def test_no_table_knows_a_code_that_no_page_lists() -> None:
    assert set(refusals.REFUSALS) == {*GENERAL, *REFUND}
    assert set(refusals.DECLINES) == set(TOLD)
    assert set(refusals.BLOCKED) == set(BLOCKED)
    assert set(refusals.TEMPORARY) == set(LATER)
    assert set(refusals.REFUND_REFUSALS) <= set(REFUND)
