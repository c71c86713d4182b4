"""Refunds and voids: each a transaction of its own, whose parent carries the running total.

https://developers.paymob.com/paymob-docs/manage-payment-apis/refund and
https://developers.paymob.com/paymob-docs/developers/manage-payment-apis/void
"""

from __future__ import annotations

from raseed.sandbox.paymob import orders, telling, transactions, views
from raseed.sandbox.paymob.countries import COUNTRIES
from raseed.sandbox.paymob.errors import detail, message
from raseed.sandbox.paymob.fields import Fields
from raseed.sandbox.paymob.vocabulary import (
    APPROVED,
    CAPTURE,
    CARD_KINDS,
    DECLINED,
    LATER_KINDS,
    OUTCOMES,
    PAID,
    PAYMENT,
    PENDING,
    PLAIN_DECLINE,
    REFUND,
    VOID,
)
from raseed.sandbox.paymob.world import NAME, World
from raseed.sandbox.store import Doc

TOO_MUCH = (
    "Requested Refund Amount is greater than the maximum refund amount permissible. "
    "Maximum Refund Amount is {currency} {most}"
)


def refund(world: World, fields: Fields) -> Doc:
    """POST /api/acceptance/void_refund/refund: all or a part, repeatedly. Answers the new transaction."""
    row, amount = find(world, fields), fields.needed("amount_cents")
    return views.transaction(world, make(world, row, amount))


def void(world: World, fields: Fields) -> Doc:
    """POST /api/acceptance/void_refund/void: of a card, on the same day. Answers the new transaction."""
    return views.transaction(world, undo(world, find(world, fields)))


def find(world: World, fields: Fields) -> Doc:
    """The transaction that a call names: something that a payer paid, or what was captured of it."""
    row = world.table("transactions").get(str(fields.needed("transaction_id")))
    if row is None or row["action"] not in (PAYMENT, CAPTURE) or row["state"] != PAID:
        raise detail(404, "Invalid transaction id")
    return row


def left(world: World, row: Doc) -> int:
    """What can still go back, with what is on its way taken off."""
    taken = row["captured"] if row["is_auth"] else row["amount"]
    below = [child for child in _children(world, row) if child["state"] in (PAID, PENDING)]
    back = sum(child["amount"] for child in below if child["action"] == REFUND)
    back += sum(child["refunded"] for child in below if child["action"] == CAPTURE)
    own = int(taken - back)
    parent = parent_of(world, row) if row["action"] == CAPTURE else None
    return own if parent is None else min(own, left(world, parent))


def _children(world: World, row: Doc) -> list[Doc]:
    order = transactions.order_of(world, row)
    return [child for child in orders.transactions(world, order) if child["parent"] == row["id"]]


def parent_of(world: World, row: Doc) -> Doc:
    return world.table("transactions")[str(row["parent"])]


def make(world: World, row: Doc, amount: int) -> Doc:
    """A refund, by call or from the dashboard. Raises ApiError where Paymob would not."""
    order = transactions.order_of(world, row)
    if row["kind"] in LATER_KINDS:
        raise message(400, "This payment method does not support refunds.")
    most = 0 if row["is_voided"] else left(world, row)
    if amount > most:
        shown = views.major(most, order["currency"])
        raise message(400, TOO_MUCH.format(currency=order["currency"], most=shown))
    fate = world.sandbox.director.refund_fate(NAME, str(order["id"]))
    child = begin(world, order, row, REFUND, amount)
    child["fails"] = fate.outcome == "failed"
    if fate.seconds:
        world.set_alarm(fate.seconds, "finish_refund", str(child["id"]))
    else:
        finish(world, child)
    return child


def begin(world: World, order: Doc, row: Doc, action: str, amount: int) -> Doc:
    """What is done with a transaction is one of its own, its child."""
    same = {name: row[name] for name in ("source", "card", "kind")}
    return transactions.make(
        world,
        order,
        action,
        amount,
        row["integration"],
        parent=row["id"],
        at="bank",
        api_source="OTHER",
        **same,
    )


def finish(world: World, child: Doc) -> None:
    """A refund goes through, or is refused: a 200 that says success false."""
    if child["state"] != PENDING:
        return
    if child["fails"]:
        child.update(state=DECLINED, at="", updated_at=world.now(), outcome=list(OUTCOMES[PLAIN_DECLINE]))
        telling.refused(world, child)
        return
    succeed(world, child)
    row = parent_of(world, child)
    row.update(refunded=row["refunded"] + child["amount"], updated_at=world.now())
    telling.acted(world, row, child)


def succeed(world: World, child: Doc) -> None:
    """It went through."""
    child.update(state=PAID, at="", updated_at=world.now(), outcome=list(APPROVED))


def undo(world: World, row: Doc) -> Doc:
    """A void. Raises ApiError: another day, no card, or money that went back already."""
    order = transactions.order_of(world, row)
    country, is_hold = COUNTRIES[order["country"]], row["is_auth"] and not row["captured"]
    if row["kind"] not in CARD_KINDS or row["action"] != PAYMENT:
        raise message(400, "This transaction cannot be voided.")
    if row["is_voided"] or row["refunded"]:
        raise message(400, "This transaction is already voided or refunded.")
    if not is_hold and country.day(row["updated_at"]) != country.day(world.now()):
        raise message(400, "This transaction can be voided only on the day it was made.")
    return _undone(world, order, row)


def _undone(world: World, order: Doc, row: Doc) -> Doc:
    child = begin(world, order, row, VOID, row["amount"])
    succeed(world, child)
    row.update(is_voided=True, updated_at=world.now())
    telling.acted(world, row, child)
    return child


def release(world: World, row: Doc) -> None:
    """A hold of which nothing was captured in time is given up by Paymob."""
    if row["state"] == PAID and not row["captured"] and not row["is_voided"]:
        _undone(world, transactions.order_of(world, row), row)
