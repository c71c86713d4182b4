"""What PayMongo's error codes mean, in sentences for a shopkeeper. Match on the code, never on its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raseed.core.errors import GatewayRefused
from raseed.gateways.paymongo.methods import METHODS, NEVER_REFUNDED

#: Codes of the errors, refund-errors and payment-acceptance-errors pages.
REFUSALS: Mapping[str, str] = {
    "parameter_required": "PayMongo misses a value in the request.",
    "parameter_invalid": "PayMongo does not accept a value in the request.",
    "parameter_data_type_invalid": "PayMongo got a value of the wrong type.",
    "parameter_format_invalid": "PayMongo got a value that is not written as it must be.",
    "parameter_below_minimum": "The amount is below PayMongo's minimum. Raise the price or bundle it.",
    "parameter_above_maximum": "The amount is above what PayMongo allows here.",
    "invalid_request_body": "PayMongo cannot read the request.",
    "organization_not_allowed": "This PayMongo account may not do that. Ask PayMongo to enable it.",
    "resource_not_found": "PayMongo does not know it. Check that the keys are of the same account and mode.",
    "resource_succeeded_state": "It has already succeeded at PayMongo.",
    "resource_cancelled_state": "It has already been cancelled at PayMongo.",
    "resource_failed_state": "It has failed at PayMongo, or is not in a state that allows this.",
    "resource_processing_state": "PayMongo still works on an earlier refund of this payment. Try later.",
    "resource_pending_state": "An earlier refund of this payment is still open at PayMongo. Try later.",
    "resource_disputed_state": "The customer disputes this payment; it cannot be refunded meanwhile.",
    "resource_processing_error": "PayMongo could not process this. Try later.",
    "provider_processing_error": "The bank or wallet behind PayMongo could not process this. Try later.",
    "allowed_amount_exceeded": "More cannot be captured than was authorized.",
    "allowed_date_exceeded": "The time in which this payment could be refunded is over.",
    "available_balance_insufficient": "The PayMongo balance does not cover this refund. Try later.",
    "refund_not_allowed": "This payment cannot be refunded through PayMongo's API.",
    "livemode_mismatched": "Test and live are mixed: the key is of the other mode.",
    "payment_method_not_allowed": "This payment method does not allow that, or the account may not use it.",
    "too_many_requests": "PayMongo blocks this caller for too many requests. Wait before trying again.",
    "api_key_invalid": "PayMongo does not accept the secret key. Check SECRET_KEY.",
}

#: What the same codes mean where a refund is refused.
REFUND_REFUSALS: Mapping[str, str] = {
    "parameter_invalid": "What was paid with this method cannot be refunded through PayMongo.",
    "parameter_below_minimum": "PayMongo refunds ₱1.00 or more.",
    "parameter_above_maximum": (
        "That is more than is left of this payment, or its method can only be refunded in full."
    ),
    "resource_not_found": "PayMongo does not know this payment. Check that the keys are of its account.",
    "resource_failed_state": "This payment is not paid at PayMongo, so nothing can be sent back.",
    "payment_method_not_allowed": "A card payment in instalments can only be refunded in full.",
    "livemode_mismatched": "Test and live are mixed: this payment was made in the other mode.",
}

#: The same request may be accepted later: another refund is open, the balance grows.
TEMPORARY = frozenset(
    {
        "resource_processing_state",
        "resource_pending_state",
        "resource_processing_error",
        "provider_processing_error",
        "available_balance_insufficient",
        "too_many_requests",
    }
)

#: Where there is no code: what the status alone says.
STATUSES: Mapping[int, str] = {
    401: "PayMongo does not accept the secret key. Check SECRET_KEY.",
    403: "This PayMongo account or key may not do that.",
    404: "PayMongo has nothing at this address. Check BASE_URL.",
}

#: Why a payment attempt failed (failed_code, sub_code): cards, GCash, Maya, online banking, QR Ph.
DECLINES: Mapping[str, str] = {
    "generic_decline": "The payment was declined.",
    "do_not_honor": "The bank declined the payment.",
    "payment_refused": "The bank declined the payment.",
    "issuer_declined": "The bank declined the payment.",
    "acquirer_declined": "The bank declined the payment.",
    "processor_declined": "The payment was declined.",
    "call_card_issuer": "The bank declined the payment; the customer should call the bank.",
    "issuer_not_available": "The customer's bank could not be reached.",
    "insufficient_funds": "There is not enough money on the card or wallet.",
    "credit_limit_exceeded": "The card's credit limit is reached.",
    "debit_card_usage_limit_exceeded": "The card's usage limit is reached.",
    "amount_allowed_exceeded": "The amount is above what the card allows.",
    "card_not_supported": "This card is not supported.",
    "card_not_accepted": "This card is not accepted.",
    "card_type_mismatch": "The card is of another type than stated.",
    "card_unauthorized": "The card may not be used for this.",
    "currency_not_supported_by_card_issuer": "The customer's bank does not support this currency.",
    "card_expired": "The card has expired.",
    "card_number_invalid": "The card number is wrong.",
    "cvc_invalid": "The card's security code is wrong.",
    "cvc_incorrect": "The card's security code is wrong.",
    "avs_failed": "The billing address does not match the card.",
    "authentication_error": "The customer was not authenticated by the bank.",
    "config_invalid_or_missing": "The PayMongo account is not set up for this. Ask PayMongo.",
    "merchant_configuration_invalid": "The PayMongo account is not set up for this. Ask PayMongo.",
    "processing_error": "The payment could not be processed.",
    "processor_timeout": "The bank did not answer in time.",
    "processor_unavailable": "The bank could not be reached.",
    "system_error": "The bank had a technical fault.",
    "server_timeout": "The bank did not answer in time.",
    "service_timeout": "The bank did not answer in time.",
    "unknown_error": "The payment failed for an unknown reason.",
    "unknown_processing_error": "The payment failed for an unknown reason.",
    "CLOSED": "The wallet's page was closed or its time ran out.",
    "AMOUNT_EXCEED_LIMIT": "The amount is above the wallet's limit.",
    "PARAM_MISSING": "The wallet misses a value in the request.",
    "REPEAT_REQ_INCONSISTENT": "The wallet got the same request with other values.",
    "SYSTEM_ERROR": "The wallet had a technical fault.",
    "EXPIRED": "The time on the bank's page ran out.",
    "DENIED": "The bank declined the payment.",
    "CANCELLED": "The customer left the bank's page without paying.",
    "RJCT": "The customer's bank rejected the QR payment.",
}

#: Never told to whoever holds the card; PayMongo asks to show a plain decline instead.
BLOCKED = frozenset(
    {
        "fraudulent",
        "highest_risk_level",
        "lost_card",
        "pickup_card",
        "processor_blocked",
        "restricted_card",
        "stolen_card",
        "blocked",
        "customer_blacklisted",
    }
)


def decline(code: str) -> str:
    """One sentence about a failed attempt; says nothing of suspected fraud."""
    if code in BLOCKED:
        return DECLINES["generic_decline"]
    return DECLINES.get(code, "The payment attempt failed.")


def refusal(status: int, document: Any) -> GatewayRefused:
    """The error for an answer of 4xx, whatever its body is."""
    error = _first_error(document)
    code, sub_code = _text(error.get("code"), 64), _text(error.get("sub_code"), 64)
    message = REFUSALS.get(code) or STATUSES.get(status) or "PayMongo refused the request."
    if sub_code:
        message = decline(sub_code)
    at = _pointer(error)
    return GatewayRefused(
        message if not at else f"{message} ({at})",
        code=code,
        status=status,
        is_temporary=code in TEMPORARY or status == 401,  # a wrong key is corrected
        detail=" ".join(part for part in (sub_code, _text(error.get("detail"), 300)) if part),
    )


def refund_refusal(refused: GatewayRefused, method: str) -> GatewayRefused:
    """The same refusal, in words about refunds; `method` is ours, for its window."""
    message = REFUND_REFUSALS.get(refused.code, str(refused))
    known = METHODS.get(method)
    if refused.code == "allowed_date_exceeded" and known is not None and known.refund_window:
        message = f"{message.rstrip('.')}: PayMongo allows {known.refund_window} for this method."
    if refused.code == "parameter_invalid" and method in NEVER_REFUNDED:
        message = f"{message} Send the money back another way."
    return GatewayRefused(
        message,
        code=refused.code,
        status=refused.status,
        detail=refused.detail,
        is_temporary=refused.is_temporary,
    )


def _first_error(document: Any) -> Mapping[str, Any]:
    errors = document.get("errors") if isinstance(document, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return first if isinstance(first, dict) else {}


def _pointer(error: Mapping[str, Any]) -> str:
    """Which value is meant: `details.card_number`, `attributes.amount` and `/amount` are all in use."""
    source = error.get("source")
    pointer = _text(source.get("pointer"), 64) if isinstance(source, dict) else ""
    return pointer.lstrip("/").replace("/", ".").removeprefix("attributes.")


def _text(value: Any, longest: int) -> str:
    return value[:longest] if isinstance(value, str) and value.isprintable() else ""
