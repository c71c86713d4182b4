"""The intention API: one call opens an order with a key for each way to pay.

https://developers.paymob.com/paymob-docs/intention-apis/create-intention; shapes from Paymob's Postman
collections.
"""

from __future__ import annotations

from raseed.sandbox.paymob import auth, integrations, keys, orders
from raseed.sandbox.paymob.countries import COUNTRIES
from raseed.sandbox.paymob.errors import ApiError, not_found
from raseed.sandbox.paymob.fields import REQUIRED, Fields
from raseed.sandbox.paymob.vocabulary import CARD_KINDS, KINDS
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc

#: 36 days, which Paymob's collection calls both the usual and the longest
LONGEST_SECONDS = 3_110_400
MOST_CARDS = 3
PAGE = "/unifiedcheckout/"
NAMES = ("first_name", "last_name")


def create(world: World, caller: auth.Caller, fields: Fields, base_url: str) -> Doc:
    """POST /v1/intention/"""
    amount, currency = fields.needed("amount"), orders.currency_of(fields)
    ways = _ways(world, fields, currency, caller.mode)
    billing, items, cards = _billing(fields), _items(fields, amount), _cards(world, fields)
    seconds = fields.whole("expiration", 1, LONGEST_SECONDS) or LONGEST_SECONDS
    reference = fields.text("special_reference")
    told = {name: fields.url(name) for name in ("notification_url", "redirection_url")}
    extras = fields.part("extras").document
    order = orders.make(world, caller, amount, currency, reference=reference, items=items, billing=billing)
    intention: Doc = {
        "id": f"pi_{caller.mode}_{world.hexadecimal(32)}",
        "secret": f"{caller.prefix}_csk_{caller.mode}_{world.hexadecimal(32)}",
        "order": order["id"],
        "ways": [way["id"] for way in ways],
        "seconds": seconds,
        "cards": cards,
        "extras": extras,
        "created_at": world.now(),
        "base_url": base_url,
        "keys": [],
        **told,
    }
    world.table("intentions")[intention["id"]] = intention
    world.table("secrets")[intention["secret"]] = {"intention": intention["id"]}
    order["intention"] = intention["id"]
    _make_keys(world, intention, order, ways)
    return shown(world, intention)


def update(world: World, caller: auth.Caller, secret: str, fields: Fields) -> Doc:
    """PUT /v1/intention/{client_secret}: what is stated replaces what was; `accept_order_id` must be."""
    intention = by_secret(world, secret)
    order = order_of(world, intention)
    if fields.needed("accept_order_id") != order["id"] or order["mode"] != caller.mode:
        raise not_found()
    amount = fields.whole("amount", 1) or order["amount"]
    stated = fields.document
    ways = [integrations.find(world, way, order["currency"], caller.mode) for way in intention["ways"]]
    if "payment_methods" in stated:
        ways = _ways(world, fields, order["currency"], caller.mode)
    billing = _billing(fields) if "billing_data" in stated else order["billing"]
    items = _items(fields, amount) if "items" in stated else order["items"]
    _rename(world, order, fields.text("special_reference") or order["reference"])
    for name in ("notification_url", "redirection_url"):
        intention[name] = fields.url(name) or intention[name]
    intention["seconds"] = fields.whole("expiration", 1, LONGEST_SECONDS) or intention["seconds"]
    intention["ways"] = [way["id"] for way in ways]
    order.update(amount=amount, billing=billing, items=items)
    for token in intention["keys"]:
        keys.find(world, token)["is_replaced"] = True
    _make_keys(world, intention, order, ways)
    return shown(world, intention)


def _rename(world: World, order: Doc, reference: str) -> None:
    known = orders.named(world, reference)
    if known is not None and known is not order:
        raise orders.duplicate(world)
    world.table("names").pop(order["reference"], None)
    order["reference"] = reference
    if reference:
        world.table("names")[reference] = {"order": order["id"]}


def _make_keys(world: World, intention: Doc, order: Doc, ways: list[Doc]) -> None:
    made = [
        keys.make(
            world,
            order,
            way,
            intention["seconds"],
            extra=intention["extras"],
            billing_data={**order["billing"], "extra_description": "NA"},
            notification_url=intention["notification_url"],
            redirection_url=intention["redirection_url"],
            next_payment_intention=intention["id"],
        )
        for way in ways
    ]
    intention["keys"] = [row["token"] for row in made]
    world.set_alarm(intention["seconds"], "lapse", str(order["id"]))


def by_secret(world: World, secret: str) -> Doc:
    """The intention with this client secret, or ApiError (404)."""
    row = world.table("secrets").get(secret)
    if row is None:
        raise not_found()
    return world.table("intentions")[row["intention"]]


def order_of(world: World, intention: Doc) -> Doc:
    return world.table("orders")[str(intention["order"])]


def element(world: World, public_key: str, secret: str) -> Doc:
    """GET /v1/intention/element/{public_key}/{client_secret}/, for a page: no authorization."""
    caller, intention = auth.by_key(world, public_key, "pk"), by_secret(world, secret)
    if caller is None or caller.mode != order_of(world, intention)["mode"]:
        raise not_found()
    return shown(world, intention)


# -- reading a request ---------------------------------------------------------------------------------------


def _ways(world: World, fields: Fields, currency: str, mode: str) -> list[Doc]:
    """The integrations that a payer may choose from, in the order stated."""
    stated = fields.rows("payment_methods")
    if not stated:
        raise fields.wrong("payment_methods", REQUIRED)
    ways = [integrations.find(world, way, currency, mode) for way in stated]
    return list({way["id"]: way for way in ways}.values())


def _billing(fields: Fields) -> Doc:
    """Four parts must be there; the rest is "NA"."""
    billing = fields.part("billing_data", required=True)
    needed = {name: billing.text(name, 50, required=True) for name in NAMES}
    needed |= {name: billing.text(name, required=True) for name in ("email", "phone_number")}
    return {name: billing.text(name) or "NA" for name in keys.BILLING} | needed


def _items(fields: Fields, amount: int) -> list[Doc]:
    """The lines. They must add up; whether quantities count is not clear, so either sum will do."""
    rows = fields.parts("items")
    for row in rows:
        row.text("name", 50, required=True)
        row.needed("amount", 0)
        row.text("description", 255)
    plain = sum(row.needed("amount", 0) for row in rows)
    counted = sum(row.needed("amount", 0) * (row.whole("quantity", 1) or 1) for row in rows)
    if rows and amount not in (plain, counted):
        raise ApiError(406, {"detail": "unmatched_item_prices", "code": "unmatched_item_prices"})
    usual = {"description": "", "quantity": 1, "image": None}
    return [{**usual, **row.document} for row in rows]


def _cards(world: World, fields: Fields) -> list[str]:
    """Saved cards to offer. An unknown one is passed over, as somebody else's would be."""
    tokens = [str(token) for token in fields.rows("card_tokens")]
    if len(tokens) > MOST_CARDS:
        raise fields.wrong("card_tokens", f"Ensure this field has no more than {MOST_CARDS} elements.")
    return [token for token in tokens if token in world.table("cards")]


# -- showing one ---------------------------------------------------------------------------------------------


def shown(world: World, intention: Doc) -> Doc:
    """The answer of every call about an intention."""
    order = order_of(world, intention)
    rows = [integrations.find(world, way, order["currency"], order["mode"]) for way in intention["ways"]]
    is_paid = bool(orders.paid(world, order))
    extras = dict(intention["extras"])
    if order["reference"]:
        extras["merchant_order_id"] = order["reference"]
    return {
        "payment_keys": [_key(intention, order, *pair) for pair in zip(rows, intention["keys"], strict=True)],
        "redirection_url": intention["redirection_url"],
        "intention_order_id": order["id"],
        "id": intention["id"],
        "intention_detail": {
            "amount": order["amount"],
            "items": order["items"],
            "currency": order["currency"],
            "billing_data": {**order["billing"], "shipping_method": ""},
        },
        "client_secret": intention["secret"],
        "payment_methods": [_method(row) for row in rows],
        "special_reference": order["reference"] or None,
        "extras": {"creation_extras": extras, "confirmation_extras": None},
        "confirmed": is_paid,
        "status": "confirmed" if is_paid else "intended",
        "created": COUNTRIES[order["country"]].moment(intention["created_at"]),
        "card_detail": None,
        "card_tokens": intention["cards"],
        "object": "paymentintention",
    }


def _key(intention: Doc, order: Doc, way: Doc, token: str) -> Doc:
    return {
        "integration": way["id"],
        "key": token,
        "gateway_type": KINDS[way["kind"]].gateway_type,
        "iframe_id": None,
        "order_id": order["id"],
        "redirection_url": intention["redirection_url"],
        "save_card": way["kind"] in CARD_KINDS,
    }


def _method(way: Doc) -> Doc:
    return {
        "integration_id": way["id"],
        "alias": None,
        "name": integrations.NAMES[way["kind"]],
        "method_type": "online",
        "currency": way["currency"],
        "live": way["live"],
        "use_cvc_with_moto": False,
    }
