"""The payer's and the dashboard's side without a browser: what a control call or a scenario has done."""

from __future__ import annotations

from collections.abc import Callable

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.phonepe import attempts, books, orders, refunds, telling
from raseed.sandbox.phonepe.vocabulary import COMPLETED, FAILURES, MODES
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.store import Doc

Act = Callable[[World, Doc, Doc], bool]


def act(world: World, table: str, subject_id: str, action: str, body: Doc) -> Doc:
    """Do it. Raises ControlError where there is no such thing, or it is too late."""
    step = ACTS.get((table, action))
    row = world.table(table).get(subject_id) if step is not None else None
    if step is None or row is None:
        raise ControlError(f"there is no {table}/{subject_id}/{action}.", status=404)
    if not step(world, row, body):
        raise ControlError(f"{subject_id} is {row['state']}; that is too late.", status=409)
    return books.order(world, row) if table == "orders" else books.refund(world, row)


def _attempt(world: World, order: Doc, body: Doc) -> Doc | None:
    """The attempt under way, or a new one by `mode`; None where none can be made any more."""
    mode = body.get("mode", "UPI_INTENT")
    if mode not in MODES:
        raise ControlError(f"mode must be one of {', '.join(MODES)}.")
    waiting = attempts.pending(world, order)
    if waiting is not None:
        return waiting
    return None if orders.is_over(world, order) else attempts.begin(world, order, str(mode))


def _pay(world: World, order: Doc, body: Doc) -> bool:
    attempt = _attempt(world, order, body)
    return attempt is not None and attempts.complete(world, attempt)


def _agree(world: World, order: Doc, body: Doc) -> bool:
    """The payer is done, and the bank does not say yet."""
    attempt = _attempt(world, order, body)
    if attempt is not None:
        attempts.leave_at_bank(world, attempt)
    return attempt is not None


def _decline(world: World, order: Doc, body: Doc) -> bool:
    """A failed attempt, after which the order can still be paid, unless `last` or the order's own rule."""
    code, attempt = _code(body), _attempt(world, order, body)
    return attempt is not None and attempts.fail(world, attempt, code, is_last=body.get("last") is True)


def _cancel(world: World, order: Doc, _body: Doc) -> bool:
    return attempts.end(world, order, "ORDER_CANCELLED_BY_USER")


def _expire(world: World, order: Doc, _body: Doc) -> bool:
    """The order's time is up now."""
    if orders.is_over(world, order):
        return False
    order["expire_at"] = world.now_ms()
    return attempts.expire(world, order)


def _charge_again(world: World, order: Doc, body: Doc) -> bool:
    if order["state"] != COMPLETED:
        return False
    attempts.charge_again(world, order, amount(body, order["amount"]))
    return True


def _regress(world: World, order: Doc, _body: Doc) -> bool:
    """What is paid is told as failed, as an older webhook that comes late."""
    if order["state"] != COMPLETED:
        return False
    telling.regressed(world, order)
    return True


def _refund(world: World, order: Doc, body: Doc) -> bool:
    """A refund from the dashboard, which gives it a name of its own."""
    left = order["amount"] - orders.refunded(world, order)
    refunds.make(world, order, f"D{world.digits(15)}", amount(body, max(left, 1)))
    return True


def _complete_refund(world: World, refund: Doc, _body: Doc) -> bool:
    return refunds.end(world, refund, "")


def _fail_refund(world: World, refund: Doc, body: Doc) -> bool:
    return refunds.end(world, refund, _code(body) or refunds.PLAIN_FAILURE)


def _code(body: Doc) -> str:
    code = body.get("code", "")
    if code and code not in FAILURES:
        raise ControlError(f"code must be one of {', '.join(FAILURES)}, not {code!r}.")
    return str(code)


def amount(body: Doc, usual: int) -> int:
    """What the caller stated, in paise."""
    minor = body.get("amount", usual)
    if type(minor) is not int or minor < 1:
        raise ControlError("amount must be paise from 1.")
    return minor


ACTS: dict[tuple[str, str], Act] = {
    ("orders", "pay"): _pay,
    ("orders", "agree"): _agree,
    ("orders", "decline"): _decline,
    ("orders", "cancel"): _cancel,
    ("orders", "expire"): _expire,
    ("orders", "charge_again"): _charge_again,
    ("orders", "refund"): _refund,
    ("orders", "regress"): _regress,
    ("refunds", "complete"): _complete_refund,
    ("refunds", "fail"): _fail_refund,
}
