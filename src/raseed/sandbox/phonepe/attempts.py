"""Attempts to pay an order, and what becomes of the order by them.

An attempt is `at` "payer" while somebody may still decide on the page, and at "bank" once that is done and
only the bank can tell. For a merchant both are PENDING.
"""

from __future__ import annotations

from raseed.sandbox.phonepe import instruments, orders, telling
from raseed.sandbox.phonepe.vocabulary import COMPLETED, FAILED, PENDING, plain_failure
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.store import Doc

#: What each mode is paid with where nobody says: a UPI address, a kind of card, a bank.
USUAL = {
    "UPI_INTENT": "9876543210@ybl",
    "UPI_COLLECT": "success@ybl",
    "UPI_QR": "9876543210@ybl",
    "CARD": "CREDIT_CARD",
    "NET_BANKING": "SBIN",
}


def begin(world: World, order: Doc, mode: str, with_: str = "", at: str = "payer") -> Doc:
    """The payer chose a mode."""
    attempt: Doc = {
        "id": world.new_id("OM", "attempts"),
        "order": order["id"],
        "mode": mode,
        "with": with_ or USUAL[mode],
        "amount": order["amount"],
        "state": PENDING,
        "at": at,
        "timestamp": world.now_ms(),
        "failure": "",
        "wrong_passwords": 0,
    }
    world.table("attempts")[attempt["id"]] = attempt
    order["attempts"].append(attempt["id"])
    return attempt


def order_of(world: World, attempt: Doc) -> Doc:
    return world.table("orders")[attempt["order"]]


def pending(world: World, order: Doc) -> Doc | None:
    """The newest attempt that nothing has become of yet."""
    found = [attempt for attempt in orders.attempts(world, order) if attempt["state"] == PENDING]
    return found[-1] if found else None


def leave_at_bank(world: World, attempt: Doc) -> None:
    """The payer is done; only the bank knows, and does not say yet."""
    attempt["at"] = "bank"


def complete(world: World, attempt: Doc) -> bool:
    """The money is taken, also after the order's time has run out. False where the attempt was over."""
    order = order_of(world, attempt)
    if attempt["state"] != PENDING or order["state"] != PENDING:
        return False
    rail, instrument = instruments.of(world, attempt)
    attempt.update(state=COMPLETED, at="", rail=rail, instrument=instrument)
    order.update(state=COMPLETED, failure="")
    telling.completed(world, order)
    return True


def fail(world: World, attempt: Doc, code: str = "", *, is_last: bool = False) -> bool:
    """The attempt fails. The order fails with it where it is the last, or no further one is allowed."""
    if attempt["state"] != PENDING:
        return False
    order = order_of(world, attempt)
    attempt.update(state=FAILED, at="", failure=code or plain_failure(attempt["mode"]))
    if is_last or not order["may_retry"] or orders.is_over(world, order):
        end(world, order, attempt["failure"])
    else:
        telling.attempt_failed(world, order, attempt)
    return True


def end(world: World, order: Doc, code: str) -> bool:
    """The order fails. False where it was over."""
    if order["state"] != PENDING:
        return False
    for attempt in orders.attempts(world, order):
        if attempt["state"] == PENDING:
            attempt.update(state=FAILED, at="", failure=code)
    order.update(state=FAILED, failure=code)
    telling.failed(world, order)
    return True


def expire(world: World, order: Doc) -> bool:
    """The time is up. An attempt that waits for its bank keeps the order pending: it may yet be paid."""
    waiting = pending(world, order)
    if waiting is not None and waiting["at"] == "bank":
        return False
    return end(world, order, "ORDER_EXPIRED")


def charge_again(world: World, order: Doc, amount: int) -> Doc:
    """A second real debit on an order that is paid."""
    attempt = begin(world, order, "UPI_INTENT")
    rail, instrument = instruments.of(world, attempt)
    attempt.update(state=COMPLETED, at="", amount=amount, rail=rail, instrument=instrument)
    telling.completed(world, order)
    return attempt
