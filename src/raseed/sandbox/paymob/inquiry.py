"""Asking: about one transaction, about the newest one of an order, about all, about saved cards.

https://developers.paymob.com/paymob-docs/developers/transaction-inquiry-apis/transaction-inquiry/by-order-id-or-reference
"""

from __future__ import annotations

from collections.abc import Mapping

from raseed.sandbox.paymob import orders, saved, views
from raseed.sandbox.paymob.countries import COUNTRIES
from raseed.sandbox.paymob.errors import detail, no_transaction, not_found
from raseed.sandbox.paymob.fields import Fields
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc

MOST_ROWS = 100


def transaction(world: World, number: str) -> Doc:
    """GET /api/acceptance/transactions/{id}: what its callback would say, and `unique_ref`."""
    row = world.table("transactions").get(number)
    if row is None:
        raise not_found()
    return _shown(world, row)


def _shown(world: World, row: Doc) -> Doc:
    return {**views.transaction(world, row), "unique_ref": f"{row['integration']}_{row['id']}"}


def newest(world: World, fields: Fields) -> Doc:
    """POST /api/ecommerce/orders/transaction_inquiry: the latest of an order, be it a refund."""
    number, reference = fields.whole("order_id", 1), fields.text("merchant_order_id")
    if number is None and not reference:
        raise detail(400, "order_id or merchant_order_id is required.")
    order = orders.named(world, reference) if number is None else world.table("orders").get(str(number))
    if order is None or not order["transactions"]:
        raise no_transaction()
    row = orders.transactions(world, order)[-1]
    paid_at = COUNTRIES[order["country"]].moment(row["updated_at"]) if row["state"] == "paid" else None
    more = {"paid_at": paid_at, "fees": "0", "vat": "0", "billing_data": order["billing"] or None}
    return {**_shown(world, row), **more}


def page(world: World, query: Mapping[str, str]) -> Doc:
    """GET /api/acceptance/transactions: newest first, by `order_id` or `merchant_order_id`."""
    rows = list(world.table("transactions").values())[::-1]
    if "merchant_order_id" in query:
        order = orders.named(world, query["merchant_order_id"])
        rows = [row for row in rows if order is not None and row["order"] == order["id"]]
    if "order_id" in query:
        rows = [row for row in rows if str(row["order"]) == query["order_id"]]
    size = min(_number(query, "page_size", 20), MOST_ROWS)
    start = (_number(query, "page", 1) - 1) * size
    shown = [_shown(world, row) for row in rows[start : start + size]]
    return {"count": len(rows), "next": None, "previous": None, "results": shown}


def _number(query: Mapping[str, str], name: str, usual: int) -> int:
    text = query.get(name, "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else usual


def card_tokens(world: World, fields: Fields) -> list[Doc]:
    """POST /api/acceptance/order_card_tokens"""
    return [
        {
            "type": "TOKEN",
            "obj": saved.shown(world, card, order, COUNTRIES[order["country"]].moment(card["created_at"])),
        }
        for card, order in saved.of_order(world, fields)
    ]
