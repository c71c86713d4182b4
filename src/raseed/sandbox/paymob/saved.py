"""Cards that payers let a merchant keep: a token for each, told in a TOKEN callback.

https://developers.paymob.com/paymob-docs/developers/pay-with-saved-cards/create-card-token
"""

from __future__ import annotations

from raseed.sandbox.paymob.errors import message
from raseed.sandbox.paymob.fields import Fields
from raseed.sandbox.paymob.world import CARD, World
from raseed.sandbox.store import Doc


def keep(world: World, transaction: Doc) -> Doc:
    """A token for the card of a transaction that went through."""
    table = world.table("cards")
    order = world.table("orders")[str(transaction["order"])]
    again = [row for row in table.values() if row["card"] == transaction["card"]]
    is_same = bool(again) and world.settings["saved_again"] == "same"
    row = {
        "id": again[-1]["id"] if is_same else world.new_number(CARD, "card_numbers"),
        "token": again[-1]["token"] if is_same else world.hexadecimal(56),
        "card": transaction["card"],
        "brand": transaction["source"]["sub_type"],
        "created_at": world.now(),
        "orders": [*(again[-1]["orders"] if is_same else []), order["id"]],
        "email": order["billing"].get("email", "NA"),
        "intention": order["intention"],
    }
    table[row["token"]] = row
    world.table("card_numbers")[str(row["id"])] = {"token": row["token"]}
    return row


def shown(world: World, card: Doc, order: Doc, created_at: str) -> Doc:
    """The `obj` of a TOKEN callback."""
    last4 = card["card"][-4:]
    is_full = world.settings["masked_pan"] == "full"
    return {
        "id": card["id"],
        "token": card["token"],
        "masked_pan": f"xxxx-xxxx-xxxx-{last4}" if is_full else last4,
        "merchant_id": world.settings["profile_id"],
        "card_subtype": card["brand"],
        "created_at": created_at,
        "email": card["email"],
        "order_id": str(order["id"]),
        "user_added": False,
        "next_payment_intention": order["intention"] or None,
    }


def of_order(world: World, fields: Fields) -> list[tuple[Doc, Doc]]:
    """The cards that were saved with an order, each with the order. Raises ApiError (404) where none was."""
    number = fields.needed("order_id")
    rows = [row for row in world.table("cards").values() if number in row["orders"]]
    if not rows:
        raise message(404, "No card tokens found for this order")
    return [(row, world.table("orders")[str(number)]) for row in rows]
