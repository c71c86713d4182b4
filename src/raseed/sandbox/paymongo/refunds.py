"""Refunds: pending first, then succeeded; one open at a time per payment.

https://developers.paymongo.com/docs/payment-acceptance-refunds and
https://developers.paymongo.com/docs/refund-errors. In test mode the retrieve after the create answers
`succeeded`, as PayMongo's test API does for the laravel-paymongo suite.
"""

from __future__ import annotations

from raseed.sandbox.paymongo import payments
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found, refused, wrong_state
from raseed.sandbox.paymongo.events import emit
from raseed.sandbox.paymongo.fees import DAY_SECONDS, available_at
from raseed.sandbox.paymongo.paging import page
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc

REASONS = ("duplicate", "fraudulent", "requested_by_customer", "others")
#: days in which a payment can be refunded; https://developers.paymongo.com/docs/payment-acceptance-refunds
WINDOW_DAYS = {"card": 60, "gcash": 180, "grab_pay": 90, "paymaya": 365}
OPEN = ("pending", "processing")


def create(call: Call) -> Doc:
    world, fields = call.world, call.fields
    amount = fields.integer("amount", minimum=world.minimum("refunds"))
    payment_id = fields.text("payment_id", required=True) or ""
    reason = fields.choice("reason", REASONS)
    notes, metadata = fields.text("notes", longest=255), fields.metadata()
    fields.done()
    return bare(make(world, payment_id, amount, reason, notes, metadata))


def retrieve(call: Call) -> Doc:
    """The refund; in test mode, asking makes a pending one final."""
    world = call.world
    if call.id not in world.table("refunds"):
        raise not_found("refund", call.id)
    refund = world.table("refunds")[call.id]
    if not world.livemode:
        finish(world, refund)
    return bare(refund)


def list_all(call: Call) -> Doc:
    wanted = call.query.get("payment_id")
    refunds = call.world.table("refunds").values()
    chosen = [r for r in refunds if wanted is None or r["attributes"]["payment_id"] == wanted]
    return page(chosen, call.query, "refund", bare)


def make(
    world: World,
    payment_id: str,
    amount: int,
    reason: str,
    notes: str | None = None,
    metadata: Doc | None = None,
) -> Doc:
    """Begin a refund, from the API or the dashboard. Raises ApiError with a documented code."""
    if payment_id in world.other.table("payments"):
        raise refused("livemode_mismatched", f"Payment with id {payment_id} belongs to the other mode.")
    payment = payments.find(world, payment_id)
    _check(world, payment, amount)
    now = world.now()
    attributes: Doc = {
        "amount": amount,
        "balance_transaction_id": None,
        "currency": payment["attributes"]["currency"],
        "livemode": world.livemode,
        "metadata": metadata,
        "notes": notes,
        "payment_id": payment_id,
        "payout_id": None,
        "reason": reason,
        "status": "pending",
        "available_at": None,
        "created_at": now,
        "refunded_at": None,
        "updated_at": now,
    }
    refund = world.add("refunds", "ref", "refund", attributes)
    payment["private"]["refunds"].append(refund["id"])
    emit(world, "payment.refund.updated", bare(refund))
    world.set_alarm(world.settings["refund_seconds"], "finish_refund", refund["id"])
    return refund


def _check(world: World, payment: Doc, amount: int) -> None:
    attributes, payment_id = payment["attributes"], payment["id"]
    if attributes["status"] != "paid":
        raise wrong_state("resource_failed_state", "Payment", payment_id, "is not paid")
    window = WINDOW_DAYS.get(payment["private"]["method"], 30) * DAY_SECONDS
    if world.now() > attributes["paid_at"] + window:
        raise refused("allowed_date_exceeded", "The refund window of this payment has passed.")
    given = [refund["attributes"] for refund in payments.refunds_of(world, payment)]
    for refund in given:
        if refund["status"] in OPEN:
            code = f"resource_{refund['status']}_state"
            raise wrong_state(code, "Payment", payment_id, "has a refund that is not finished")
    left = attributes["amount"] - sum(r["amount"] for r in given if r["status"] == "succeeded")
    if amount > left:
        detail = f"The maximum value for the amount cannot be greater than {left}."
        raise refused("parameter_above_maximum", detail, "amount")


def finish(world: World, refund: Doc, outcome: str = "") -> None:
    """Make a pending refund final and say so; `outcome` overrides the setting."""
    outcome = outcome or world.settings["refund_outcome"]
    if refund["attributes"]["status"] not in OPEN or outcome == "pending":
        return
    now = world.now()
    if outcome == "succeeded":
        done = {"balance_transaction_id": world.new_id("bal_txn"), "available_at": available_at(now)}
        world.touch(refund, status="succeeded", refunded_at=now, **done)
        payment = payments.find(world, refund["attributes"]["payment_id"])
        world.touch(payment)
        emit(world, "payment.refunded", payments.view(world, payment))
    else:
        world.touch(refund, status="failed")
    emit(world, "payment.refund.updated", bare(refund))
