"""The payer's and the dashboard's side without a browser: what a control call or a scenario has done."""

from __future__ import annotations

from collections.abc import Callable

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.paymob import (
    books,
    capturing,
    cards,
    forging,
    integrations,
    keys,
    orders,
    refunds,
    telling,
    transactions,
)
from raseed.sandbox.paymob.vocabulary import CARD_KINDS, ERROR, OUTCOMES, PAID
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc

Act = Callable[[World, Doc, Doc], bool]


def act(world: World, table: str, subject_id: str, action: str, body: Doc) -> Doc:
    """Do it. Raises ControlError where there is no such thing, or it is too late."""
    step = ACTS.get((table, action))
    row = world.table(table).get(subject_id) if step is not None else None
    if step is None or row is None:
        raise ControlError(f"there is no {table}/{subject_id}/{action}.", status=404)
    if not step(world, row, body):
        raise ControlError(
            f"it is too late, or too early, to {action.replace('_', ' ')} {subject_id}.", status=409
        )
    return books.order(world, row) if table == "orders" else books.transaction(world, row)


def _attempt(world: World, order: Doc, body: Doc) -> Doc | None:
    """The attempt under way, or a new one by the newest payment key; None where none can be made."""
    waiting = orders.waiting(world, order)
    if waiting is not None:
        return waiting
    if any(row["by_call"] for row in orders.payments(world, order)):
        return None  # the merchant made that attempt: the payer has no page for another
    key = _key(world, order, body)
    if key is None or keys.over(world, key):
        return None
    kind = integrations.kind_of(world, key["claims"]["integration_id"])
    if kind in CARD_KINDS:
        source = {"type": "card", "pan": cards.USUAL.number[-4:], "sub_type": cards.USUAL.brand}
        more = {"card": cards.USUAL.masked, "is_3d_secure": kind != "moto", "saves": body.get("save") is True}
        return transactions.begin(world, key, source=source, **more)
    if kind == "wallet":
        return transactions.begin(world, key, source=transactions.source_of("wallet", "01010101010"))
    return transactions.begin(world, key, bill=transactions.new_bill(world) if kind == "kiosk" else 0)


def _key(world: World, order: Doc, body: Doc) -> Doc | None:
    """The payment key of the integration stated, or the newest."""
    number = body.get("integration")
    if number is None:
        return keys.latest(world, order)
    rows = [row for row in world.table("keys").values() if row["order"] == order["id"]]
    return next((row for row in rows[::-1] if row["claims"]["integration_id"] == number), None)


def _pay(world: World, order: Doc, body: Doc) -> bool:
    attempt = _attempt(world, order, body)
    return attempt is not None and transactions.approve(world, attempt)


def _agree(world: World, order: Doc, body: Doc) -> bool:
    """The payer is done, and the bank does not say yet."""
    attempt = _attempt(world, order, body)
    if attempt is not None:
        transactions.leave_at_bank(world, attempt)
    return attempt is not None


def _decline(world: World, order: Doc, body: Doc) -> bool:
    """A failed attempt, after which the order can still be paid."""
    code, attempt = _code(body), _attempt(world, order, body)
    return attempt is not None and transactions.decline(world, attempt, code)


def _expire(world: World, order: Doc, _body: Doc) -> bool:
    is_new = orders.expire(world, order)
    if is_new:
        telling.expired(world, order)
    return is_new


def _charge_again(world: World, order: Doc, body: Doc) -> bool:
    if not orders.paid(world, order):
        return False
    transactions.charge_again(world, order, amount(body, order["amount"]))
    return True


def _refund(world: World, order: Doc, body: Doc) -> bool:
    """A refund from the dashboard, of what can be refunded."""
    row = next((row for row in orders.paid(world, order)[::-1] if refunds.left(world, row)), None)
    return row is not None and _refund_one(world, row, body)


def _refund_one(world: World, row: Doc, body: Doc) -> bool:
    if row["state"] != PAID:
        return False
    refunds.make(world, row, amount(body, max(refunds.left(world, row), 1)))
    return True


def _void(world: World, order: Doc, body: Doc) -> bool:
    paid = orders.paid(world, order)
    return bool(paid) and _void_one(world, paid[-1], body)


def _void_one(world: World, row: Doc, _body: Doc) -> bool:
    if row["state"] != PAID:
        return False
    refunds.undo(world, row)
    return True


def _capture(world: World, row: Doc, body: Doc) -> bool:
    if row["state"] != PAID:
        return False
    capturing.take(world, row, amount(body, row["amount"] - row["captured"]))
    return True


def _regress(world: World, order: Doc, _body: Doc) -> bool:
    """What is paid is told as declined, as an older callback that comes late."""
    return forging.stale(world, order)


def _split(world: World, order: Doc, _body: Doc) -> bool:
    return forging.split(world, order)


def _approve(world: World, row: Doc, _body: Doc) -> bool:
    return transactions.approve(world, row)


def _refuse(world: World, row: Doc, body: Doc) -> bool:
    return transactions.decline(world, row, _code(body))


def _code(body: Doc) -> str:
    code = body.get("code", "")
    if code and code not in (*OUTCOMES, ERROR):
        raise ControlError(f"code must be one of {', '.join((*OUTCOMES, ERROR))}, not {code!r}.")
    return str(code)


def amount(body: Doc, usual: int) -> int:
    """What the caller stated, in minor units."""
    minor = body.get("amount", usual)
    if type(minor) is not int or minor < 1:
        raise ControlError("amount must be minor units from 1.")
    return minor


ACTS: dict[tuple[str, str], Act] = {
    ("orders", "pay"): _pay,
    ("orders", "agree"): _agree,
    ("orders", "decline"): _decline,
    ("orders", "expire"): _expire,
    ("orders", "charge_again"): _charge_again,
    ("orders", "refund"): _refund,
    ("orders", "void"): _void,
    ("orders", "regress"): _regress,
    ("orders", "split"): _split,
    ("transactions", "pay"): _approve,
    ("transactions", "decline"): _refuse,
    ("transactions", "refund"): _refund_one,
    ("transactions", "void"): _void_one,
    ("transactions", "capture"): _capture,
}
