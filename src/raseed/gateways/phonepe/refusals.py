"""PhonePe's refusals in sentences fit for a shopkeeper, and why an attempt failed for the customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raseed.core.errors import GatewayRefused
from raseed.gateways.members import text
from raseed.gateways.phonepe.members import Members

REFUSALS: Mapping[str, str] = {
    "BAD_REQUEST": "PhonePe did not accept the request.",
    "INVALID_CLIENT": "PhonePe does not know these client credentials.",
    "AUTHORIZATION_FAILED": "PhonePe does not accept the account's credentials.",
    "KEY_NOT_CONFIGURED": "PhonePe does not know this merchant or salt index.",
    "401": "PhonePe does not accept the account's credentials.",
    "PR004": "PhonePe does not accept the account's credentials.",
    "MERCHANT_ORDER_MAPPING_NOT_FOUND": "PhonePe does not know this order.",
    "TRANSACTION_NOT_FOUND": "PhonePe does not know this transaction.",
    "INVALID_TRANSACTION_ID": "PhonePe does not accept this transaction id; it may be used already.",
    "EXCESS_REFUND_AMOUNT": "That is more than PhonePe has left to refund of this payment.",
    "TXN_AMOUNT_MISMATCH_REFUND": "PhonePe says that the amount of the refund does not fit the payment.",
    "REFUND_NOT_ALLOWED": "PhonePe does not allow a refund of this payment.",
    "REFUND_BREACHED": "The account's balance at PhonePe does not cover this refund.",
    "REFUND_FOR_TXN_OLDER_THAN_LIMIT": "PhonePe refunds payments for 90 days; this one is older.",
    "REVERSAL_WINDOW_EXCEEDED": "PhonePe says that this payment is too old to be refunded.",
    "ORIGINAL_TXN_NOT_FOUND": "PhonePe does not know the payment that should be refunded.",
    "INVALID_REFUND_REQUEST_FIELDS": "PhonePe did not accept the refund.",
}

STATUSES: Mapping[int, str] = {
    401: "PhonePe does not accept the account's credentials.",
    403: "PhonePe does not allow this account to do that.",
    404: "PhonePe knows no such thing.",
}

#: Refusals that a correction at PhonePe or in the settings may lift: the same refund may be sent again.
TEMPORARY = frozenset({"REFUND_BREACHED", "AUTHORIZATION_FAILED", "KEY_NOT_CONFIGURED", "INVALID_CLIENT"})

DECLINES: Mapping[str, str] = {
    "INVALID_MPIN": "The UPI PIN was wrong.",
    "MPIN_LIMIT_BREACHED": "The UPI PIN was wrong too often.",
    "INSUFFICIENT_BALANCE": "There is not enough money in the account.",
    "TXN_FREQ_LIMIT_BREACHED": "The bank's limit for the number of payments is reached.",
    "TXN_LIMIT_BREACHED": "The bank's limit for the amount of payments is reached.",
    "BANK_TECHNICAL_ISSUE": "The bank had a technical problem.",
    "INVALID_VPA": "The UPI address is not valid.",
    "TXN_CANCELLED": "The payment was cancelled.",
    "TXN_NOT_COMPLETED": "The payment was not completed in time.",
    "TXN_AUTO_FAILED": "The payment was not completed in time.",
    "TIMED_OUT": "The payment was not completed in time.",
    "WRONG_PIN": "The PIN was wrong.",
    "OTP_EXPIRED": "The one-time password had expired.",
    "AUTH_TIMEOUT": "The bank's check was not completed in time.",
    "CARD_EXPIRED": "The card has expired.",
    "INVALID_CVV_EXPIRY": "The card's security code or expiry date was wrong.",
    "CARD_BLOCKED": "The bank declined the payment.",  # whoever holds the card is told no more
    "TRANSACTION_DECLINED": "The bank declined the payment.",
    "REQUEST_DECLINE_BY_REQUESTEE": "The payment was declined in the UPI app.",
    "PAYMENT_DECLINED": "The payment was declined.",
}


def decline(code: str) -> str:
    """One sentence about a failed attempt or order, by its `errorCode`."""
    return DECLINES.get(code, "The payment attempt failed.")


class Refused(GatewayRefused):
    """A refusal with the answer that carried it: version 1 may tell a payment's end with a status of 4xx."""

    document: Any = None


def refusal(status: int, document: Any) -> GatewayRefused:
    """The error for an answer of 4xx; of its two codes the one that is known, `errorCode` first."""
    answer = Members(document)
    codes = [answer.text("errorCode"), answer.text("code")]
    code = next((code for code in codes if code in REFUSALS), next(filter(None, codes), ""))
    refused = Refused(
        REFUSALS.get(code) or STATUSES.get(status) or "PhonePe refused the request.",
        code=code[:64],
        status=status,
        is_temporary=code in TEMPORARY or status == 401,
        detail=" ".join(filter(None, [code, text(answer.text("message"))])),
    )
    refused.document = document
    return refused
