"""Refunds: pending, then confirmed, then completed or failed.

https://developer.phonepe.com/payment-gateway/website-integration/standard-checkout/api-integration/api-reference/refund;
codes from https://developer.phonepe.com/payment-gateway/error-codes. How they are refused is not documented.
"""

from __future__ import annotations

from raseed.sandbox.phonepe import orders, telling, views
from raseed.sandbox.phonepe.errors import bad_request, refused
from raseed.sandbox.phonepe.fields import Fields, document
from raseed.sandbox.phonepe.vocabulary import COMPLETED, CONFIRMED, FAILED, PENDING
from raseed.sandbox.phonepe.world import NAME, World
from raseed.sandbox.store import Doc

WINDOW_SECONDS = 90 * 86_400
#: The usual reason of a refund that fails; the one in PhonePe's sample.
PLAIN_FAILURE = "ZM"


def create(world: World, body: bytes) -> Doc:
    """POST /payments/v2/refund"""
    fields = Fields(document(body))
    reference, original = fields.name("merchantRefundId", 63), fields.name("originalMerchantOrderId", 63)
    amount, merchant = fields.amount(world.settings["refund_minimum"]), world.settings["merchant_id"]
    if named(merchant, reference) in world.table("names"):
        raise bad_request(f"merchantRefundId {reference} was used before.")
    order = orders.known(world, "v2", merchant, original)
    if order is None:
        raise refused("ORIGINAL_TXN_NOT_FOUND", f"No entry found for {original}")
    refund = make(world, order, reference, amount)
    return {"refundId": refund["id"], "amount": amount, "state": refund["state"]}


def status(world: World, reference: str) -> Doc:
    """GET /payments/v2/refund/{merchantRefundId}/status"""
    row = world.table("names").get(named(world.settings["merchant_id"], reference))
    if row is None:
        raise refused("REFUND_NOT_FOUND", f"No entry found for {reference}")
    return views.refund_status(world, world.table("refunds")[row["refund"]])


def named(merchant: str, reference: str) -> str:
    """The key of the table `names`: a refund of version 2 may be called like an order."""
    return orders.named("v2-refund", merchant, reference)


def make(world: World, order: Doc, reference: str, amount: int, **more: str) -> Doc:
    """Begin a refund, from either API or the dashboard. Raises ApiError with a documented code."""
    _check(world, order, amount)
    fate = world.sandbox.director.refund_fate(NAME, order["id"])
    refund: Doc = {
        "id": world.new_id("OMR" if order["version"] == "v2" else "TR", "refunds"),
        "order": order["id"],
        "reference": reference,
        "amount": amount,
        "state": PENDING,
        "timestamp": world.now_ms(),
        "failure": "",
        "outcome": fate.outcome,
        "callback_url": "",
        "salt_index": "1",
        **more,
    }
    world.table("refunds")[refund["id"]] = refund
    order["refunds"].append(refund["id"])
    is_new = order["version"] == "v2"
    key = named(order["merchant"], reference) if is_new else orders.named("v1", order["merchant"], reference)
    world.table("names")[key] = {"refund": refund["id"]}
    world.set_alarm(fate.seconds or world.settings["refund_seconds"], "confirm_refund", refund["id"])
    return refund


def _check(world: World, order: Doc, amount: int) -> None:
    if order["state"] != COMPLETED:
        raise refused("REFUND_NOT_ALLOWED", f"Order {order['reference']} is {order['state']}.")
    paid = sum(attempt["amount"] for attempt in orders.paid(world, order))
    if amount > paid - orders.refunded(world, order):
        raise refused("EXCESS_REFUND_AMOUNT", "The refund amount is more than what is left of the payment.")
    if world.now() > order["created_at"] / 1000 + WINDOW_SECONDS:
        raise refused("REFUND_FOR_TXN_OLDER_THAN_LIMIT", "The payment is too old to be refunded.")


def outcome_of(world: World, refund: Doc) -> str:
    """What becomes of it: completed, failed, confirmed or pending."""
    return str(refund["outcome"] or world.settings["refund_outcome"])


def confirm(world: World, refund: Doc) -> None:
    """Accepted, which is not final; unless it shall stay pending."""
    if refund["state"] != PENDING or outcome_of(world, refund) == "pending":
        return
    refund["state"] = CONFIRMED
    telling.refund(world, refund)
    world.set_alarm(world.settings["refund_seconds"], "finish_refund", refund["id"])


def finish(world: World, refund: Doc) -> None:
    """The end that was meant for it; none where it shall stay confirmed."""
    outcome = outcome_of(world, refund)
    if outcome in ("completed", "failed"):
        end(world, refund, "" if outcome == "completed" else PLAIN_FAILURE)


def end(world: World, refund: Doc, failure: str) -> bool:
    """Completed, or failed with a code. False where it was over."""
    if refund["state"] not in (PENDING, CONFIRMED):
        return False
    refund.update(state=FAILED if failure else COMPLETED, failure=failure)
    telling.refund(world, refund)
    return True
