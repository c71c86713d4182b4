"""What version 2 shows of an order, an attempt and a refund.

https://developer.phonepe.com/v1/reference/order-status-standard-checkout and, for refunds,
https://developer.phonepe.com/payment-gateway/website-integration/standard-checkout/api-integration/api-reference/refund
"""

from __future__ import annotations

from raseed.sandbox.phonepe import orders
from raseed.sandbox.phonepe.vocabulary import COMPLETED, FAILED, FAILURES
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.store import Doc


def failure(code: str) -> Doc:
    """errorCode and detailedErrorCode; nothing where nothing failed."""
    return {"errorCode": FAILURES[code].error_code, "detailedErrorCode": code} if code else {}


def order_status(world: World, order: Doc, chosen: list[Doc]) -> Doc:
    """The answer of the order status call, with these of the attempts."""
    shown: Doc = {"orderId": order["id"], "state": order["state"], "amount": order["amount"]}
    if order["state"] == COMPLETED:
        shown.update(payableAmount=order["amount"], feeAmount=0)
    shown.update(expireAt=order["expire_at"], **failure(order["failure"]))
    if order["meta"]:
        shown["metaInfo"] = dict(order["meta"])
    return {**shown, "paymentDetails": [attempt_detail(attempt) for attempt in chosen]}


def error_context(order: Doc) -> Doc:
    """What `errorContext=true` adds to a failed order."""
    if order["state"] != FAILED:
        return {}
    found = FAILURES[order["failure"]]
    description = f"{found.error_code.replace('_', ' ').capitalize()}."
    more = {"source": found.source, "stage": found.stage, "description": description}
    return {"errorContext": {**failure(order["failure"]), **more}}


def attempt_detail(attempt: Doc) -> Doc:
    """One entry of paymentDetails."""
    amount = attempt["amount"]
    shown: Doc = {
        "transactionId": attempt["id"],
        "paymentMode": attempt["mode"],
        "timestamp": attempt["timestamp"],
        "amount": amount,
        "payableAmount": amount,
        "feeAmount": 0,
        "state": attempt["state"],
        **failure(attempt["failure"]),
    }
    if attempt["state"] == COMPLETED:
        paid = {"rail": attempt["rail"], "instrument": attempt["instrument"]}
        shown.update(**paid, splitInstruments=[{**paid, "amount": amount}])
    return shown


def told_order(world: World, order: Doc) -> Doc:
    """The payload of a webhook about an order: it also names the merchant and the merchant's id."""
    shown = order_status(world, order, orders.attempts(world, order))
    for name in ("payableAmount", "feeAmount"):
        shown.pop(name, None)
    return {"merchantId": order["merchant"], "merchantOrderId": order["reference"], **shown}


def refund_status(world: World, refund: Doc) -> Doc:
    """The answer of the refund status call, in the older or the newer shape."""
    order = world.table("orders")[refund["order"]]
    if world.settings["refund_shape"] == "flat":
        return _flat_refund(world, order, refund)
    return {
        **_named_refund(order, refund),
        **_refund_state(refund),
        "paymentDetails": [_refund_detail(world, refund)],
    }


def _named_refund(order: Doc, refund: Doc) -> Doc:
    return {
        "merchantId": order["merchant"],
        "merchantRefundId": refund["reference"],
        "originalMerchantOrderId": order["reference"],
    }


def _refund_state(refund: Doc) -> Doc:
    return {"amount": refund["amount"], "state": refund["state"], **failure(refund["failure"])}


def _refund_detail(world: World, refund: Doc) -> Doc:
    """The one entry of a refund's paymentDetails; where the money goes back to is known once it is there."""
    paid = orders.paid(world, world.table("orders")[refund["order"]])[0]
    shown: Doc = {
        "transactionId": refund["id"],
        "paymentMode": paid["mode"],
        "timestamp": refund["timestamp"],
        **_refund_state(refund),
    }
    if refund["state"] == COMPLETED:
        back = {"instrument": paid["instrument"], "rail": paid["rail"], "amount": refund["amount"]}
        shown["splitInstruments"] = [back]
    return shown


def _flat_refund(world: World, order: Doc, refund: Doc) -> Doc:
    detail = _refund_detail(world, refund)
    left = sum(attempt["amount"] for attempt in orders.paid(world, order)) - orders.refunded(world, order)
    return {
        "refundId": refund["id"],
        "originalMerchantOrderId": order["reference"],
        **_refund_state(refund),
        "timestamp": refund["timestamp"],
        "currency": "INR",
        "feesReversalAmount": 0,
        "adjustedDiscountAmount": 0,
        "refundableAmount": left,
        "splitInstruments": detail.get("splitInstruments", []),
    }


def told_refund(world: World, refund: Doc) -> Doc:
    """The payload of a webhook about a refund. PhonePe's samples of failed ones do not say whose it is."""
    order = world.table("orders")[refund["order"]]
    about = {"refundId": refund["id"], **_refund_state(refund), "timestamp": refund["timestamp"]}
    if refund["state"] == FAILED:
        return {"originalMerchantOrderId": order["reference"], **about}
    detail = _refund_detail(world, refund)
    return {**_named_refund(order, refund), **about, "paymentDetails": [detail]}
