"""Capturing and cancelling. https://developers.paymongo.com/docs/payment-acceptance-hold-then-capture"""

from __future__ import annotations

from raseed.sandbox.paymongo import attempts, intents
from raseed.sandbox.paymongo.attaching import CLOSED
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import refused, wrong_state
from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc


def capture(call: Call) -> Doc:
    """Take a held payment, or a part of it; the rest of the hold is released."""
    world, intent = call.world, intents.find(call.world, call.id)
    amount = None
    if call.body.strip() and call.fields.given("amount"):
        amount = call.fields.integer("amount", minimum=1)
    if call.body.strip():
        call.fields.done()
    attributes = intent["attributes"]
    if attributes["status"] != "awaiting_capture":
        code, state = CLOSED.get(attributes["status"], ("resource_failed_state", "is not awaiting capture"))
        raise wrong_state(code, "Payment intent", call.id, state)
    if amount is not None and amount > attributes["amount"]:
        detail = f"The amount to capture cannot be greater than {attributes['amount']}."
        raise refused("allowed_amount_exceeded", detail, "amount")
    attempts.finish(world, _held(world, intent), amount)
    return intents.view(world, intent)


def cancel(call: Call) -> Doc:
    """Give up an intent that is not paid; a held payment is released."""
    world, intent = call.world, intents.find(call.world, call.id)
    status = intent["attributes"]["status"]
    if status in ("succeeded", "cancelled", "processing"):
        code, state = CLOSED[status]
        raise wrong_state(code, "Payment intent", call.id, state)
    if status == "awaiting_capture" and _held(world, intent)["sticky_hold"]:
        raise wrong_state("resource_failed_state", "Payment intent", call.id, "could not be cancelled")
    close(world, intent)
    return intents.view(world, intent)


def close(world: World, intent: Doc) -> None:
    """Cancel, with whatever the payer was doing."""
    intent["private"]["attempt"] = None
    world.touch(intent, status="cancelled", next_action=None)


def release(world: World, intent: Doc) -> None:
    """Seven days have passed: the money is the payer's again."""
    if intent["attributes"]["status"] == "awaiting_capture":
        close(world, intent)


def _held(world: World, intent: Doc) -> Doc:
    return world.table("wallets")[intent["private"]["attempt"]]
