"""Everything of value in the sandbox's Paymob, flat, for the control API."""

from __future__ import annotations

from raseed.sandbox.paymob import orders
from raseed.sandbox.paymob.vocabulary import PAYMENT, REFUND
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc


def books(world: World) -> Doc:
    """Orders, payments (the payers' attempts), what was done with them, saved cards, callback addresses."""
    rows = list(world.table("transactions").values())
    return {
        "orders": [order(world, row) for row in world.table("orders").values()],
        "payments": [transaction(world, row) for row in rows if row["action"] == PAYMENT],
        "refunds": [transaction(world, row) for row in rows if row["action"] == REFUND],
        "others": [transaction(world, row) for row in rows if row["action"] not in (PAYMENT, REFUND)],
        "cards": list(world.table("cards").values()),
        "webhooks": list(world.table("webhooks").values()),
    }


def order(world: World, row: Doc) -> Doc:
    """An order with what was taken for it and what of that went back."""
    plain = ("id", "mode", "amount", "currency", "ended", "created_at", "transactions", "intention")
    intention = world.table("intentions").get(row["intention"], {})
    return {
        **{name: row[name] for name in plain},
        "merchant_order_id": row["reference"],
        "client_secret": intention.get("secret", ""),
        "paid_amount": orders.collected(world, row),
        "refunded_amount": sum(payment["refunded"] for payment in orders.transactions(world, row)),
    }


def transaction(world: World, row: Doc) -> Doc:
    """A transaction with the order it is of."""
    plain = (
        "id", "order", "action", "kind", "integration", "state", "at", "amount", "refunded", "captured",
        "is_voided", "is_auth", "parent", "source", "bill",
    )  # fmt: skip
    currency = world.table("orders")[str(row["order"])]["currency"]
    return {**{name: row[name] for name in plain}, "currency": currency, "code": row["outcome"][0]}
