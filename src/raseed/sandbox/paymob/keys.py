"""Payment keys: what allows one payer to pay one order with one integration, sealed as a token.

Their claims come back in every callback. https://github.com/PaymobAccept/API-Postman-Collections
"""

from __future__ import annotations

from raseed.sandbox.paymob import integrations, orders, profile, telling
from raseed.sandbox.paymob.errors import detail, not_found
from raseed.sandbox.paymob.fields import Fields
from raseed.sandbox.paymob.signing import sealed
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc

BILLING = (
    "first_name", "last_name", "street", "building", "floor", "apartment", "city", "state", "country",
    "email", "phone_number", "postal_code",
)  # fmt: skip
HOUR = 3600


def create(world: World, fields: Fields) -> Doc:
    """POST /api/acceptance/payment_keys. Every part of the address must be there; "NA" will do."""
    order = world.table("orders").get(str(fields.needed("order_id")))
    if order is None:
        raise fields.wrong("order_id", "Invalid order.")
    amount, currency = fields.needed("amount_cents"), orders.currency_of(fields)
    number = "card_integration_id" if "card_integration_id" in fields.document else "integration_id"
    integration = integrations.find(world, fields.needed(number), currency, order["mode"])
    billing = fields.part("billing_data", required=True)
    stated = {name: billing.text(name, required=True) for name in BILLING}
    seconds = fields.whole("expiration", 1) or HOUR
    is_locking = fields.flag("lock_order_when_paid")
    row = make(
        world,
        order,
        integration,
        seconds,
        amount_cents=amount,
        billing_data={**stated, "extra_description": "NA"},
        lock_order_when_paid=is_locking,
    )
    row["card"] = fields.text("token")
    return {"token": row["token"]}


def make(world: World, order: Doc, integration: Doc, seconds: int, **claims: object) -> Doc:
    """A payment key that is good for so many seconds; `claims` replace what stands here."""
    exp = int(world.now()) + seconds
    known: Doc = {
        "user_id": world.settings["owner"],
        "amount_cents": order["amount"],
        "currency": order["currency"],
        "integration_id": integration["id"],
        "order_id": order["id"],
        "billing_data": order["billing"],
        "lock_order_when_paid": False,
        "extra": {},
        "single_payment_attempt": False,
        **claims,
    }
    token = sealed({**known, "exp": exp, "pmk_ip": "127.0.0.1"}, profile.seal(world))
    about = {"order": order["id"], "card": "", "made_at": world.now(), "is_replaced": False}
    row = {"token": token, "claims": known, "exp": exp, **about}
    world.table("keys")[token] = row
    order["billing"] = order["billing"] or {name: known["billing_data"].get(name, "NA") for name in BILLING}
    return row


def find(world: World, token: str) -> Doc:
    """The payment key, or ApiError (404)."""
    row = world.table("keys").get(token)
    if row is None:
        raise not_found()
    return row


def order_of(world: World, row: Doc) -> Doc:
    return world.table("orders")[str(row["order"])]


def latest(world: World, order: Doc) -> Doc | None:
    """The newest payment key of an order, if possible a good one; of several made at once, the first."""
    rows = [row for row in world.table("keys").values() if row["order"] == order["id"]]
    rows = [row for row in rows if not over(world, row)] or rows
    newest = max((row["made_at"] for row in rows), default=0)
    return next((row for row in rows if row["made_at"] == newest), None)


def over(world: World, row: Doc) -> str:
    """Why nobody can pay with this key any more, or ""."""
    order = order_of(world, row)
    if order["ended"] or row["is_replaced"] or world.now() >= row["exp"]:
        return "expired"
    is_used = any(payment["key"] == row["token"] for payment in orders.paid(world, order))
    if is_used or order["is_locked"] or (order["intention"] and orders.paid(world, order)):
        return "paid"
    return ""


def lapse(world: World, order: Doc) -> None:
    """An intention's time is over, unless it was made longer; nobody is told but scenarios."""
    key = latest(world, order)
    if key is not None and world.now() >= key["exp"] and orders.expire(world, order):
        telling.expired(world, order)


def usable(world: World, token: str) -> Doc:
    """The key with which somebody pays now. Raises ApiError; how Paymob says so is not documented."""
    row = find(world, token)
    why = over(world, row)
    if why:
        raise detail(400, "This order is already paid." if why == "paid" else "Payment token has expired.")
    return row
