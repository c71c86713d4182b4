"""Version 1: pay and status. Bodies are base64, calls are signed by X-VERIFY, `code` is what counts.

https://developer.phonepe.com/v1/reference/pay-api-1 and …/check-status-api-1
"""

from __future__ import annotations

from collections.abc import Mapping

from raseed.sandbox.phonepe import orders, refunds, salted
from raseed.sandbox.phonepe.errors import ApiError, refused
from raseed.sandbox.phonepe.fields import NAME, Fields
from raseed.sandbox.phonepe.older_views import MESSAGES, order_status, refund_status
from raseed.sandbox.phonepe.vocabulary import FAILED
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.store import Doc

PAY, REFUND, STATUS = "/pg/v1/pay", "/pg/v1/refund", "/pg/v1/status"
PAGE = "/transact/pg"
REDIRECT_MODES = ("REDIRECT", "GET", "POST")


def pay(world: World, body: bytes, header: str, base_url: str) -> Doc:
    """POST /pg/v1/pay"""
    fields, merchant, index = salted.opened(world, body, PAY, header)
    order = _opened(world, fields, merchant, index)
    where = {"url": f"{base_url}{PAGE}?token={order['token']}", "method": "GET"}
    data = {
        "merchantId": merchant,
        "merchantTransactionId": order["reference"],
        "instrumentResponse": {"type": "PAY_PAGE", "redirectInfo": where},
    }
    return {"success": True, "code": "PAYMENT_INITIATED", "message": "Payment initiated", "data": data}


def _opened(world: World, fields: Fields, merchant: str, index: str) -> Doc:
    reference, amount = fields.name("merchantTransactionId", 38), fields.amount(world.settings["minimum"])
    fields.text("mobileNumber", 20)
    mode = fields.text("redirectMode", 10) or "REDIRECT"
    if mode not in REDIRECT_MODES:
        raise fields.wrong("redirectMode", f"must be one of {', '.join(REDIRECT_MODES)}")
    if fields.part("paymentInstrument", required=True).text("type", 20) != "PAY_PAGE":
        raise fields.wrong("paymentInstrument.type", "must be PAY_PAGE; the sandbox knows no other")
    fields.name("merchantUserId", 36)
    back = {"url": fields.url("redirectUrl"), "mode": "POST" if mode == "POST" else "REDIRECT"}
    if orders.named("v1", merchant, reference) in world.table("names"):
        raise refused("INVALID_TRANSACTION_ID", f"merchantTransactionId {reference} was used before.")
    callback_url = fields.url("callbackUrl")
    return orders.make(
        world, "v1", merchant, reference, amount, back=back, callback_url=callback_url, salt_index=index
    )


def refund(world: World, body: bytes, header: str) -> Doc:
    """POST /pg/v1/refund"""
    fields, merchant, index = salted.opened(world, body, REFUND, header)
    reference, amount = fields.name("merchantTransactionId", 38), fields.amount(1)
    original, callback_url = fields.text("originalTransactionId", 38, NAME), fields.url("callbackUrl")
    if orders.named("v1", merchant, reference) in world.table("names"):
        raise refused("INVALID_TRANSACTION_ID", f"merchantTransactionId {reference} was used before.")
    order = orders.known(world, "v1", merchant, original)
    if order is None:
        raise _not_found()
    try:
        made = refunds.make(world, order, reference, amount, callback_url=callback_url, salt_index=index)
    except ApiError as error:  # the older API says so in the shape of a status
        return _refund_refused(order, reference, amount, error.body["code"])
    return refund_status(world, made)


def _refund_refused(order: Doc, reference: str, amount: int, code: str) -> Doc:
    data = {"merchantId": order["merchant"], "merchantTransactionId": reference, "amount": amount}
    failed = {"state": FAILED, "responseCode": code}
    return {
        "success": False,
        "code": "PAYMENT_ERROR",
        "message": MESSAGES["PAYMENT_ERROR"],
        "data": data | failed,
    }


def status(world: World, merchant: str, reference: str, headers: Mapping[str, str]) -> Doc:
    """GET /pg/v1/status/{merchantId}/{merchantTransactionId}, of a payment or of a refund"""
    salted.check(world, merchant, f"{STATUS}/{merchant}/{reference}", headers.get("x-verify", ""))
    if headers.get("x-merchant-id") != merchant:
        raise refused("BAD_REQUEST", "X-MERCHANT-ID must name the merchant of the path.")
    row = world.table("names").get(orders.named("v1", merchant, reference))
    if row is None:
        raise _not_found()
    if "refund" in row:
        return refund_status(world, world.table("refunds")[row["refund"]])
    return order_status(world, world.table("orders")[row["order"]])


def _not_found() -> ApiError:
    return refused("TRANSACTION_NOT_FOUND", "No transaction found with the given details.", 404)
