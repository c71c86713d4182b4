"""What becomes of an outgoing payment: funding, sending, completed; or cancelled, failed, stuck.

packages/backend/src/open_payments/payment/outgoing/{lifecycle,service}.ts of `interledger/rafiki`.
"""

from __future__ import annotations

from raseed.sandbox.openpayments import incoming, struck
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc

#: What the wallet writes into the payment's metadata when there is no money.
NO_MONEY = "insufficient funds"
FINAL = ("completed", "failed", "cancelled")


def begin(world: World, payment: Doc) -> None:
    """The payment was made: the wallet puts money in, soon or late or never."""
    if struck.first(world, payment["grant"], "stuck") is None:
        slow = struck.first(world, payment["grant"], "slow")
        seconds = world.settings["funding_seconds"] + (slow.parameters["seconds"] if slow else 0)
        world.set_alarm(seconds, "fund", payment["id"])
    world.occurred("outgoing_payment.created", outgoing=payment["id"])


def fund(world: World, payment: Doc) -> bool:
    """The wallet puts the money in, if there is any. False: it is too late for that."""
    if payment["state"] != "funding":
        return False
    grant, wallet = world.table("grants")[payment["grant"]], world.table("wallets")[payment["wallet"]]
    is_refused = grant["decision"] == "accept_without_money" or struck.first(world, grant["id"], "no_funds")
    if is_refused or wallet["balance"] < payment["debit"]:
        return cancel(world, payment)
    wallet["balance"] -= payment["debit"]
    payment["state"] = "sending"
    world.set_alarm(world.settings["sending_seconds"], "send", payment["id"])
    return True


def cancel(world: World, payment: Doc, reason: str = NO_MONEY) -> bool:
    """The wallet does not fund it. False: it did already."""
    if payment["state"] != "funding":
        return False
    payment["metadata"] = {**(payment["metadata"] or {}), "cancellationReason": reason}
    return _end(world, payment, "cancelled", "outgoing_payment.failed")


def send(world: World, payment: Doc, percent: int = 100) -> bool:
    """The money moves, or what the faults leave of it. False: it is not the time for that."""
    if payment["state"] != "sending":
        return False
    fault = struck.first(world, payment["grant"], "fail_sending", "send_part")
    if fault is not None:
        percent = fault.parameters["percent"] if fault.fault == "send_part" else 0
    receiver = world.table("incoming").get(payment["incoming"])
    if receiver is None or not incoming.is_open(receiver):
        # A closed receiver is no failure there: completed, with nothing sent.
        _give_back(world, payment, payment["debit"])
        return _end(world, payment, "completed", "outgoing_payment.completed")
    whole = percent >= 100
    delivered = payment["receive"] if whole else payment["receive"] * percent // 100
    sent = payment["sent"] if whole else payment["sent"] * percent // 100
    if delivered:
        incoming.receive(world, receiver, delivered)
    payment["delivered"], payment["shown_sent"] = delivered, sent
    if not whole:
        _give_back(world, payment, payment["debit"] - sent)
        return _end(world, payment, "failed", "outgoing_payment.failed")
    world.set_alarm(world.settings["fee_seconds"], "settle_fee", payment["id"])
    return _end(world, payment, "completed", "outgoing_payment.completed")


def settle_fee(_world: World, payment: Doc) -> bool:
    """From now on sentAmount is the whole debit, the wallet's fee with it."""
    payment["shown_sent"] = payment["debit"]
    return True


def fail(world: World, payment: Doc) -> bool:
    """It fails before anything was sent. False: it is over."""
    if payment["state"] in FINAL:
        return False
    if payment["state"] == "sending":
        _give_back(world, payment, payment["debit"])
    return _end(world, payment, "failed", "outgoing_payment.failed")


def push(world: World, payment: Doc, percent: int = 100) -> bool:
    """Fund and send at once, whatever it waited for. False: it is over, or there is no money."""
    if payment["state"] == "funding":
        fund(world, payment)
    return send(world, payment, percent)


def _give_back(world: World, payment: Doc, minor: int) -> None:
    world.table("wallets")[payment["wallet"]]["balance"] += minor


def _end(world: World, payment: Doc, state: str, event: str) -> bool:
    payment["state"] = state
    world.occurred(event, outgoing=payment["id"], delivered=payment["delivered"])
    return True
