"""PhonePe's words: payment modes, states, events, and the codes of failures.

Codes: https://developer.phonepe.com/payment-gateway/error-codes. Events:
https://developer.phonepe.com/payment-gateway/website-integration/standard-checkout/api-integration/api-reference/webhook
"""

from __future__ import annotations

from typing import NamedTuple

PENDING, COMPLETED, FAILED, CONFIRMED = "PENDING", "COMPLETED", "FAILED", "CONFIRMED"

#: modes that a checkout offers, and what a payer sees for each
MODES = {
    "UPI_INTENT": "UPI app",
    "UPI_COLLECT": "UPI ID",
    "UPI_QR": "UPI QR code",
    "CARD": "Card",
    "NET_BANKING": "Net banking",
}
CARD_TYPES = ("DEBIT_CARD", "CREDIT_CARD")

ORDER_COMPLETED = "checkout.order.completed"
ORDER_FAILED = "checkout.order.failed"
ATTEMPT_FAILED = "checkout.transaction.attempt.failed"
REFUND_ACCEPTED = "pg.refund.accepted"
REFUND_COMPLETED = "pg.refund.completed"
REFUND_FAILED = "pg.refund.failed"
EVENTS = (
    ORDER_COMPLETED, ORDER_FAILED, ATTEMPT_FAILED, REFUND_ACCEPTED, REFUND_COMPLETED, REFUND_FAILED,
)  # fmt: skip
#: a refund's event by its state; and its state in the older API, which knows no CONFIRMED
REFUND_EVENTS = {CONFIRMED: REFUND_ACCEPTED, COMPLETED: REFUND_COMPLETED, FAILED: REFUND_FAILED}
REFUND_OUTCOMES = {PENDING: PENDING, CONFIRMED: PENDING, COMPLETED: COMPLETED, FAILED: FAILED}


class Failure(NamedTuple):
    """Why something failed: the coarse code, and where and through whom it went wrong."""

    error_code: str
    stage: str
    source: str


#: by detailed code
FAILURES = {
    "ZM": Failure("INVALID_MPIN", "AUTHENTICATION", "CUSTOMER"),
    "Z6": Failure("MPIN_LIMIT_BREACHED", "AUTHENTICATION", "CUSTOMER"),
    "Z9": Failure("INSUFFICIENT_BALANCE", "AUTHORIZATION", "CUSTOMER"),
    "INSUFFICIENT_FUNDS": Failure("INSUFFICIENT_BALANCE", "AUTHORIZATION", "CUSTOMER"),
    "Z7": Failure("TXN_FREQ_LIMIT_BREACHED", "AUTHORIZATION", "CUSTOMER"),
    "Z8": Failure("TXN_LIMIT_BREACHED", "AUTHORIZATION", "CUSTOMER"),
    "ZU": Failure("TXN_LIMIT_BREACHED", "AUTHORIZATION", "ISSUING_BANK"),
    "U90": Failure("BANK_TECHNICAL_ISSUE", "AUTHORIZATION", "ISSUING_BANK"),
    "ZH": Failure("INVALID_VPA", "AUTHORIZATION", "CUSTOMER"),
    "ZA": Failure("TXN_CANCELLED", "PRE_AUTHENTICATION", "CUSTOMER"),
    "REQUEST_DECLINE_BY_REQUESTEE": Failure("TXN_CANCELLED", "PRE_AUTHENTICATION", "CUSTOMER"),
    "ORDER_CANCELLED_BY_USER": Failure("TXN_CANCELLED", "PRE_AUTHENTICATION", "CUSTOMER"),
    "REQUEST_CANCEL_BY_REQUESTER": Failure("TXN_CANCELLED", "PRE_AUTHENTICATION", "BUSINESS"),
    "U69": Failure("TXN_NOT_COMPLETED", "PRE_AUTHENTICATION", "CUSTOMER"),
    "ORDER_EXPIRED": Failure("TXN_NOT_COMPLETED", "PRE_AUTHENTICATION", "CUSTOMER"),
    "TXN_AUTO_FAILED": Failure("TXN_NOT_COMPLETED", "PRE_AUTHENTICATION", "CUSTOMER"),
    "TIMED_OUT": Failure("TXN_AUTO_FAILED", "PRE_AUTHENTICATION", "CUSTOMER"),
    "WRONG_PIN": Failure("WRONG_PIN", "AUTHENTICATION", "CUSTOMER"),
    "OTP_EXPIRED": Failure("OTP_EXPIRED", "AUTHENTICATION", "CUSTOMER"),
    "CARD_BLOCKED": Failure("CARD_BLOCKED", "AUTHORIZATION", "ISSUING_BANK"),
    "INVALID_CVV_EXPIRY": Failure("INVALID_CVV_EXPIRY", "AUTHORIZATION", "CUSTOMER"),
    "TRANSACTION_DECLINED": Failure("TRANSACTION_DECLINED", "AUTHORIZATION", "ISSUING_BANK"),
}
#: what the button "Failure" means, by the first part of the mode
PLAIN_FAILURES = {"UPI": "ZM", "CARD": "TRANSACTION_DECLINED", "NET": "TRANSACTION_DECLINED"}


def plain_failure(mode: str) -> str:
    """The detailed code of a failure that nobody said more about."""
    return PLAIN_FAILURES[mode.partition("_")[0]]
