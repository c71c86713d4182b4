"""Which address shows which page. Paymob's own paths; those of its banks are below the API's mount here."""

from __future__ import annotations

import re

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.pages import METHOD_REFUSED, missing
from raseed.sandbox.paymob import auth, intentions, keys, orders
from raseed.sandbox.paymob.errors import ApiError
from raseed.sandbox.paymob.pages import attempt, checkout
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc

#: the newer checkout lives at the root of a host of its own
CHECKOUT = ("/unifiedcheckout", "")
IFRAME = re.compile(r"/api/acceptance/iframes/(\d{1,12})")
#: what a payment link of the older API leads to
STANDALONE = "/standalone"


def is_page(path: str) -> bool:
    """Whether a payer's browser comes here."""
    plain = path.rstrip("/")
    return plain in (*CHECKOUT, STANDALONE, *attempt.PATHS) or bool(IFRAME.fullmatch(plain))


def keys_of(world: World, exchange: Exchange) -> list[Doc]:
    """The payment keys that the payer at this checkout may use; none where there is no such checkout."""
    plain, query = exchange.path.rstrip("/"), exchange.query
    try:
        if plain in CHECKOUT:
            intention = intentions.by_secret(world, query.get("clientSecret", ""))
            if not _fits(world, intention, query.get("publicKey", "")):
                return []
            return [keys.find(world, token) for token in intention["keys"]]
        if plain == STANDALONE:
            return _newest(world, query.get("ref", "").removeprefix("i_"))
        if IFRAME.fullmatch(plain):
            return [keys.find(world, query.get("payment_token", ""))]
    except ApiError:
        return []
    return []


def _fits(world: World, intention: Doc, key: str) -> bool:
    """Whether a public key is one of the same mode. Our own links have none."""
    caller = auth.by_key(world, key, "pk")
    return not key or (caller is not None and caller.mode == intentions.order_of(world, intention)["mode"])


def _newest(world: World, token: str) -> list[Doc]:
    order = next((row for row in world.table("orders").values() if row["token"] == token), None)
    key = None if order is None else keys.latest(world, order)
    return [] if key is None else [key]


def order_of(world: World, exchange: Exchange) -> Doc | None:
    """The order that a page is about."""
    row = attempt.found(world, exchange)
    if row is not None:
        return orders.find(world, row["order"])
    rows = keys_of(world, exchange)
    return keys.order_of(world, rows[0]) if rows else None


def answer(world: World, exchange: Exchange) -> Answer:
    """Answer a payer's request."""
    row = attempt.found(world, exchange)
    rows = [] if row is not None else keys_of(world, exchange)
    if row is None and not rows:
        return missing("payment")
    if exchange.method not in ("GET", "POST"):
        return METHOD_REFUSED
    if row is not None:
        return attempt.answer(world, exchange, row)
    return checkout.answer(world, exchange, rows)
