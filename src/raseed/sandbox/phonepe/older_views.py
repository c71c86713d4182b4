"""What version 1 shows of a payment and of a refund: to the status call, and wrapped in a callback.

https://developer.phonepe.com/v1/reference/check-status-api-1
"""

from __future__ import annotations

from raseed.sandbox.phonepe import orders
from raseed.sandbox.phonepe.vocabulary import COMPLETED, FAILED, REFUND_OUTCOMES
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.store import Doc

#: code -> what a person reads
MESSAGES = {
    "PAYMENT_SUCCESS": "Your payment is successful.",
    "PAYMENT_PENDING": "Your payment is pending.",
    "PAYMENT_ERROR": "Your payment has failed.",
}


def order_status(world: World, order: Doc) -> Doc:
    """The answer of the status call, and what a callback wraps."""
    code, word = _outcome(order["state"], order["failure"])
    paid = orders.paid(world, order)
    instrument = _instrument(paid[-1]) if paid else None
    return _told(code, word, order, order["reference"], {"paymentInstrument": instrument})


def refund_status(world: World, refund: Doc) -> Doc:
    order = world.table("orders")[refund["order"]]
    code, word = _outcome(REFUND_OUTCOMES[refund["state"]], refund["failure"])
    return _told(code, word, {**refund, "merchant": order["merchant"]}, refund["reference"], {})


def _outcome(state: str, failure: str) -> tuple[str, str]:
    """`code`, which counts, and `responseCode`, which explains."""
    if state == COMPLETED:
        return "PAYMENT_SUCCESS", "SUCCESS"
    if state == FAILED:
        return "PAYMENT_ERROR", "TIMED_OUT" if failure == "ORDER_EXPIRED" else failure
    return "PAYMENT_PENDING", "PAYMENT_PENDING"


def _told(code: str, word: str, row: Doc, reference: str, more: Doc) -> Doc:
    data = {
        "merchantId": row["merchant"],
        "merchantTransactionId": reference,
        "transactionId": row["id"],
        "amount": row["amount"],
        "state": REFUND_OUTCOMES[row["state"]],
        "responseCode": word,
        **more,
    }
    return {"success": code != "PAYMENT_ERROR", "code": code, "message": MESSAGES[code], "data": data}


def _instrument(attempt: Doc) -> Doc:
    """How a payment was made, in the older words."""
    rail, instrument = attempt["rail"], attempt["instrument"]
    if rail["type"] == "UPI":
        return {"type": "UPI", "utr": rail["utr"]}
    banked = {
        "pgTransactionId": rail["transactionId"],
        "bankTransactionId": instrument["bankTransactionId"],
        "bankId": instrument["bankId"],
    }
    if instrument["type"] == "NET_BANKING":
        return {"type": "NETBANKING", "pgServiceTransactionId": rail["serviceTransactionId"], **banked}
    card = {"cardType": instrument["type"], "pgAuthorizationCode": rail["authorizationCode"]}
    return {"type": "CARD", **card, **banked, "arn": instrument["arn"], "brn": instrument["brn"]}
