"""Paymob's words: kinds of integration, what a payer's bank may answer, and what a callback tells."""

from __future__ import annotations

from typing import NamedTuple

PENDING, PAID, DECLINED, ERRORED = "pending", "paid", "declined", "errored"
PAYMENT, REFUND, VOID, CAPTURE = "payment", "refund", "void", "capture"


class Kind(NamedTuple):
    """What an integration is for: gateway_type, source_data.type and .sub_type, data.klass, and its label."""

    gateway_type: str
    source_type: str
    sub_type: str
    klass: str
    label: str


#: gateway_type as Paymob's plugin lists them, klass as in its payloads; those of kiosk and cash are ours
KINDS = {
    "card": Kind("MIGS", "card", "MasterCard", "MigsPayment", "Card"),
    "auth": Kind("MIGS", "card", "MasterCard", "MigsPayment", "Card"),
    "moto": Kind("MIGS", "card", "MasterCard", "MigsPayment", "Card"),
    "wallet": Kind("UIG", "wallet", "wallet", "WalletPayment", "Mobile wallet"),
    "kiosk": Kind("CAGG", "aggregator", "AGGREGATOR", "CAGGPayment", "Kiosk"),
    "cash": Kind("CASH", "cash_present", "CASH", "CashPayment", "Cash on delivery"),
}
CARD_KINDS = ("card", "auth", "moto")
#: what is paid somewhere else, hours or days later
LATER_KINDS = ("kiosk", "cash")


class Outcome(NamedTuple):
    """What the bank said: data.txn_response_code, acq_response_code and data.message."""

    code: str
    acquirer: str
    message: str


APPROVED = Outcome("APPROVED", "00", "Approved")
#: by code; a failure before the bank has neither code nor words
OUTCOMES = {
    "DECLINED": Outcome("DECLINED", "05", "Do not honour"),
    "INSUFFICIENT_FUNDS": Outcome("INSUFFICIENT_FUNDS", "51", "Insufficient funds"),
    "EXPIRED_CARD": Outcome("EXPIRED_CARD", "54", "Expired card"),
    "INVALID_CSC": Outcome("INVALID_CSC", "82", "Invalid security code"),
    "AUTHENTICATION_FAILED": Outcome("AUTHENTICATION_FAILED", "", "Authentication failed"),
    "TIMED_OUT": Outcome("TIMED_OUT", "91", "Timed out"),
    "UNSPECIFIED_FAILURE": Outcome("UNSPECIFIED_FAILURE", "96", "Unspecified failure"),
}
PLAIN_DECLINE = "DECLINED"
#: what a failure before the bank is called here; it has no words of its own
ERROR = "ERROR"

#: what a callback tells, for scenarios and faults; Paymob itself says only TRANSACTION or TOKEN
TOLD_PAID, TOLD_DECLINED, TOLD_PENDING = "transaction.paid", "transaction.declined", "transaction.pending"
TOLD_AUTHORIZED, TOLD_CAPTURED = "transaction.authorized", "transaction.captured"
TOLD_REFUNDED, TOLD_VOIDED = "transaction.refunded", "transaction.voided"
TOLD_TOKEN = "token.saved"  # noqa: S105
EVENTS = (
    TOLD_PAID, TOLD_DECLINED, TOLD_PENDING, TOLD_AUTHORIZED, TOLD_CAPTURED, TOLD_REFUNDED, TOLD_VOIDED,
    TOLD_TOKEN,
)  # fmt: skip
