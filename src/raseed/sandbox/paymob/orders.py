"""Orders of both flows. An order may see several transactions.

An order: id, mode, country (a key's prefix), amount, currency, reference (the merchant's own id), items,
billing, created_at, is_locked, paid, ended, transactions (their ids), intention, source.
"""

from __future__ import annotations

from raseed.sandbox.paymob import auth, profile
from raseed.sandbox.paymob.countries import COUNTRIES, CURRENCIES
from raseed.sandbox.paymob.errors import ApiError, message, not_found
from raseed.sandbox.paymob.fields import Fields
from raseed.sandbox.paymob.vocabulary import PAID, PAYMENT, PENDING
from raseed.sandbox.paymob.world import ORDER, TEST, World
from raseed.sandbox.store import Doc


def create(world: World, fields: Fields, base_url: str) -> Doc:
    """POST /api/ecommerce/orders"""
    amount, currency = fields.needed("amount_cents"), currency_of(fields)
    fields.flag("delivery_needed")
    caller = auth.Caller(world.settings["country"], TEST)
    order = make(
        world,
        caller,
        amount,
        currency,
        reference=fields.text("merchant_order_id"),
        items=[item.document for item in fields.parts("items")],
        billing=fields.part("shipping_data").document,
    )
    address = f"{base_url}/standalone/?ref=i_{order['token']}"
    return {**shown(world, order), "order_url": address, "token": order["token"], "url": address}


def currency_of(fields: Fields) -> str:
    currency = fields.text("currency", 3, required=True).upper()
    if currency not in CURRENCIES:
        raise fields.wrong("currency", f'"{currency}" is not a valid choice.')
    return currency


def make(world: World, caller: auth.Caller, amount: int, currency: str, **more: object) -> Doc:
    """A new order. Raises ApiError where the merchant's reference was used before."""
    reference = str(more.get("reference", ""))
    if reference and reference in world.table("names"):
        raise duplicate(world)
    order: Doc = {
        "id": world.new_number(ORDER, "orders"),
        "mode": caller.mode,
        "country": caller.prefix,
        "amount": amount,
        "currency": currency,
        "reference": "",
        "items": [],
        "billing": {},
        "created_at": world.now(),
        "is_locked": False,
        "ended": "",
        "token": world.sandbox.ids.text(40),
        "transactions": [],
        "intention": "",
        "source": "OTHER",
        **more,
    }
    world.table("orders")[str(order["id"])] = order
    if reference:
        world.table("names")[reference] = {"order": order["id"]}
    return order


def duplicate(world: World) -> ApiError:
    """Status and words are not documented; a merchant should look the order up."""
    return message(world.settings["duplicate_status"], world.settings["duplicate_message"])


def find(world: World, number: object) -> Doc:
    """The order with this id, or ApiError (404)."""
    order = world.table("orders").get(str(number))
    if order is None:
        raise not_found()
    return order


def named(world: World, reference: str) -> Doc | None:
    """The order that the merchant calls so."""
    row = world.table("names").get(reference)
    return world.table("orders").get(str(row["order"])) if row else None


def transactions(world: World, order: Doc) -> list[Doc]:
    """Everything that happened on an order, oldest first."""
    return [world.table("transactions")[str(number)] for number in order["transactions"]]


def payments(world: World, order: Doc) -> list[Doc]:
    """The payer's own attempts, without refunds, voids and captures."""
    return [row for row in transactions(world, order) if row["action"] == PAYMENT]


def paid(world: World, order: Doc) -> list[Doc]:
    """The attempts that went through: money taken, or held."""
    return [row for row in payments(world, order) if row["state"] == PAID]


def waiting(world: World, order: Doc) -> Doc | None:
    """The newest attempt that nothing has become of yet."""
    found = [row for row in payments(world, order) if row["state"] == PENDING]
    return found[-1] if found else None


def collected(world: World, order: Doc) -> int:
    """The order's `paid_amount_cents`: what was taken, whatever went back; a hold counts once captured."""
    return sum(row["captured"] if row["is_auth"] else row["amount"] for row in paid(world, order))


def expire(world: World, order: Doc) -> bool:
    """Nobody can pay it any more. False where that was so before."""
    if order["ended"] or paid(world, order):
        return False
    order["ended"] = "expired"
    return True


# -- what answers and callbacks show -------------------------------------------------------------------------


def shown(world: World, order: Doc) -> Doc:
    """The order inside a transaction, and of GET /api/ecommerce/orders/{id}."""
    amount = order["amount"]
    return {
        "id": order["id"],
        "created_at": COUNTRIES[order["country"]].moment(order["created_at"]),
        "delivery_needed": False,
        "merchant": profile.merchant(world, order["country"]),
        "collector": None,
        "amount_cents": amount,
        "shipping_data": _shipping(order),
        "currency": order["currency"],
        "is_payment_locked": order["is_locked"],
        **dict.fromkeys(("is_return", "is_cancel", "is_returned", "is_canceled"), False),
        "merchant_order_id": order["reference"] or None,
        "wallet_notification": None,
        "paid_amount_cents": collected(world, order),
        "notify_user_with_email": False,
        "items": [_line(row) for row in order["items"]],
        "order_url": "NA",
        **dict.fromkeys(("commission_fees", "delivery_fees_cents", "delivery_vat_cents"), 0),
        "payment_method": "tbc",
        "merchant_staff_tag": None,
        "api_source": order["source"],
        "data": {},
        **({"payment_status": "PAID"} if paid(world, order) else {}),
    }


def _line(row: Doc) -> Doc:
    """A line of an order; an intention calls its amount otherwise."""
    amount = row.get("amount_cents", row.get("amount"))
    plain = {"name": row.get("name"), "description": row.get("description", "")}
    return {**plain, "amount_cents": amount, "quantity": row.get("quantity", 1)}


def _shipping(order: Doc) -> Doc | None:
    """The payer's address as Paymob repeats it in an order."""
    if not order["billing"]:
        return None
    number = order["id"]
    billing = {key: value for key, value in order["billing"].items() if key != "shipping_method"}
    more = {"extra_description": "", "shipping_method": "UNK", "order_id": number, "order": number}
    return {"id": number - 180_000_000, **billing, **more}
