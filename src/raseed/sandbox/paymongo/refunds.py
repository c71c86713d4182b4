"""Refunds: pending first, then succeeded; one open at a time per payment.

https://developers.paymongo.com/docs/payment-acceptance-refunds and
https://developers.paymongo.com/docs/refund-errors. In test mode the retrieve after the create answers
`succeeded`, as PayMongo's test API does for the laravel-paymongo suite.
"""

from __future__ import annotations

from raseed.sandbox.paymongo import payments
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found, refused, wrong_state
from raseed.sandbox.paymongo.events import emit, emit_new_name
from raseed.sandbox.paymongo.fees import DAY_SECONDS, available_at
from raseed.sandbox.paymongo.paging import page
from raseed.sandbox.paymongo.world import NAME, World, bare
from raseed.sandbox.store import Doc

REASONS = ("duplicate", "fraudulent", "requested_by_customer", "others")
#: days in which a payment can be refunded; https://developers.paymongo.com/docs/payment-acceptance-refunds
#: and https://developers.paymongo.com/docs/refunding-transactions. Atome's was not found: 30 is our choice.
WINDOW_DAYS = {
    "card": 60, "gcash": 180, "grab_pay": 90, "paymaya": 365, "shopee_pay": 365, "billease": 60, "dob": 30,
    "brankas": 30, "brankas_bdo": 30, "brankas_landbank": 30, "brankas_metrobank": 30, "atome": 30,
}  # fmt: skip
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
    if not world.livemode and world.now() >= refund["private"]["waits_until"]:
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
    attributes = _attributes(world, payment, amount, reason, notes, metadata)
    fate = world.sandbox.director.refund_fate(NAME, payment_id)
    seconds = fate.seconds or world.settings["refund_seconds"]
    waits_until = world.now() + fate.seconds if fate.seconds else 0
    private = {"outcome": fate.outcome, "waits_until": waits_until}
    refund = world.add("refunds", "ref", "refund", attributes, **private)
    _draw_balance(world, -amount)
    payment["private"]["refunds"].append(refund["id"])
    emit(world, "payment.refund.updated", bare(refund))
    world.set_alarm(seconds, "finish_refund", refund["id"])
    return refund


def _attributes(
    world: World, payment: Doc, amount: int, reason: str, notes: str | None, metadata: Doc | None
) -> Doc:
    now = world.now()
    return {
        "amount": amount,
        "balance_transaction_id": None,
        "currency": payment["attributes"]["currency"],
        "livemode": world.livemode,
        "metadata": metadata,
        "notes": notes,
        "payment_id": payment["id"],
        "payout_id": None,
        "reason": reason,
        "status": "pending",
        "available_at": None,
        "created_at": now,
        "refunded_at": None,
        "updated_at": now,
    }


def _check(world: World, payment: Doc, amount: int) -> None:
    """Every documented reason not to refund, in a fixed order."""
    attributes, payment_id, method = payment["attributes"], payment["id"], payment["private"]["method"]
    if attributes["status"] != "paid":
        raise wrong_state("resource_failed_state", "Payment", payment_id, "is not paid")
    if attributes["disputed"]:
        raise wrong_state("resource_disputed_state", "Payment", payment_id, "is disputed")
    if method not in WINDOW_DAYS:
        raise refused("parameter_invalid", f"Payments by {method} cannot be refunded.", "payment_id")
    if world.now() > attributes["paid_at"] + WINDOW_DAYS[method] * DAY_SECONDS:
        raise refused("allowed_date_exceeded", "The refund window of this payment has passed.")
    for refund in payments.refunds_of(world, payment):
        if refund["attributes"]["status"] in OPEN:
            code = f"resource_{refund['attributes']['status']}_state"
            raise wrong_state(code, "Payment", payment_id, "has a refund that is not finished")
    _check_amount(world, payment, amount)


def _check_amount(world: World, payment: Doc, amount: int) -> None:
    attributes, method = payment["attributes"], payment["private"]["method"]
    left = attributes["amount"] - payments.refunded(world, payment)
    if amount > left:
        detail = f"The maximum value for the amount cannot be greater than {left}."
        raise refused("parameter_above_maximum", detail, "amount")
    if amount < attributes["amount"]:
        if payment["private"]["instalment"]:
            detail = "A payment in installments can only be refunded in full."
            raise refused("payment_method_not_allowed", detail)
        if method in world.settings["full_refund_only"]:
            detail = f"Payments by {method} can only be refunded in full."
            raise refused("parameter_above_maximum", detail, "amount")
    balance = world.settings["balance"]
    if balance is not None and amount > balance:
        detail = "The available balance is insufficient for this refund."
        raise refused("available_balance_insufficient", detail)


def finish(world: World, refund: Doc, outcome: str = "") -> None:
    """Make a pending refund final and say so; `outcome` overrides scenario and setting."""
    outcome = outcome or refund["private"]["outcome"] or world.settings["refund_outcome"]
    status = refund["attributes"]["status"]
    if status not in OPEN or outcome in ("pending", status):
        return
    now = world.now()
    if outcome == "processing":
        world.touch(refund, status="processing")
        emit(world, "payment.refund.updated", bare(refund))
        return
    if outcome == "succeeded":
        done = {"balance_transaction_id": world.new_id("bal_txn"), "available_at": available_at(now)}
        world.touch(refund, status="succeeded", refunded_at=now, **done)
        payment = payments.find(world, refund["attributes"]["payment_id"])
        world.touch(payment)
        emit(world, "payment.refunded", payments.view(world, payment))
        emit_new_name(world, "refund.succeeded", lambda: bare(refund))
    else:
        world.touch(refund, status="failed")
        _draw_balance(world, refund["attributes"]["amount"])
    emit(world, "payment.refund.updated", bare(refund))


def _draw_balance(world: World, minor: int) -> None:
    """Change what further refunds can be taken from, where the settings limit it."""
    settings = world.settings
    if settings["balance"] is not None:
        settings["balance"] += minor
        world.keep_settings(settings)
