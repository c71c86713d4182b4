"""Everything of value in the sandbox's PhonePe, flat, for the control API."""

from __future__ import annotations

from raseed.sandbox.phonepe import orders, views
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.store import Doc


def books(world: World) -> Doc:
    """Orders, payments (the attempts at them), refunds and webhook endpoints."""
    return {
        "orders": [order(world, row) for row in world.table("orders").values()],
        "payments": [payment(world, row) for row in world.table("attempts").values()],
        "refunds": [refund(world, row) for row in world.table("refunds").values()],
        "webhooks": list(world.table("webhooks").values()),
    }


def order(world: World, row: Doc) -> Doc:
    """An order with what was taken for it and what of that went back."""
    plain = ("id", "version", "state", "amount", "attempts", "refunds", "callback_url")
    return {
        **{name: row[name] for name in plain},
        "currency": "INR",
        "merchant_id": row["merchant"],
        "merchant_order_id": row["reference"],
        "metadata": row["meta"],
        "created_at": row["created_at"],
        "expire_at": row["expire_at"],
        "redirect_url": row["back"]["url"],
        "paid_amount": sum(attempt["amount"] for attempt in orders.paid(world, row)),
        "refunded_amount": orders.refunded(world, row),
        **views.failure(row["failure"]),
    }


def payment(world: World, row: Doc) -> Doc:
    """An attempt with the order it is for."""
    shown = {"id": row["id"], "status": row["state"], "order_id": row["order"], "currency": "INR"}
    return {**views.attempt_detail(row), **shown}


def refund(world: World, row: Doc) -> Doc:
    """A refund with the order it is of."""
    plain = ("id", "order", "state", "amount", "reference")
    return {**{name: row[name] for name in plain}, "currency": "INR", **views.failure(row["failure"])}
