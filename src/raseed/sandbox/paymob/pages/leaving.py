"""Where a payer goes after an attempt: back to the shop, or to the checkout again."""

from __future__ import annotations

from urllib.parse import urlencode

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.paymob import returning
from raseed.sandbox.paymob.vocabulary import PAID, PENDING
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc


def onward(world: World, exchange: Exchange, row: Doc) -> Answer:
    """Back to the shop; or, where declined payers may stay, to the checkout again."""
    if row["state"] in (PAID, PENDING) or world.settings["after_decline"] == "return":
        return returning.leave(world, row)
    return Answer.see_other(address(world, exchange.base_url, row))


def address(world: World, base_url: str, row: Doc) -> str:
    """The checkout that an attempt was made at."""
    order = world.table("orders")[str(row["order"])]
    if order["intention"]:
        secret = world.table("intentions")[order["intention"]]["secret"]
        return f"{base_url}/unifiedcheckout/?{urlencode({'publicKey': '', 'clientSecret': secret})}"
    return f"{base_url}/api/acceptance/iframes/1?{urlencode({'payment_token': row['key']})}"
