"""Captures: taking what was held, in parts if need be.

https://developers.paymob.com/paymob-docs/manage-payment-apis/capture
"""

from __future__ import annotations

from raseed.sandbox.paymob import refunds, telling, transactions, views
from raseed.sandbox.paymob.errors import detail
from raseed.sandbox.paymob.fields import Fields
from raseed.sandbox.paymob.vocabulary import CAPTURE
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc


def capture(world: World, fields: Fields) -> Doc:
    """POST /api/acceptance/capture: of a hold, in parts if need be. Answers the new transaction."""
    row, amount = refunds.find(world, fields), fields.needed("amount_cents")
    return views.transaction(world, take(world, row, amount))


def take(world: World, row: Doc, amount: int) -> Doc:
    """Capture so much of a hold. Raises ApiError."""
    if not row["is_auth"] or row["is_voided"]:
        raise detail(404, "Invalid transaction id")
    if row["captured"] + amount > row["amount"]:
        raise detail(400, "Capture amount cannot exceed auth amount")
    child = refunds.begin(world, transactions.order_of(world, row), row, CAPTURE, amount)
    refunds.succeed(world, child)
    row.update(captured=row["captured"] + amount, updated_at=world.now())
    telling.acted(world, row, child)
    return child
