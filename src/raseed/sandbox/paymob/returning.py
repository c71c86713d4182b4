"""The payer's way back to the shop: the response callback, a redirect whose query is signed.

https://developers.paymob.com/paymob-docs/webhook-callbacks-and-hmac/transaction-callbacks
"""

from __future__ import annotations

from urllib.parse import urlencode

from raseed.sandbox.exchange import Answer
from raseed.sandbox.pages import closed
from raseed.sandbox.paymob import integrations, views
from raseed.sandbox.paymob.vocabulary import PAID, PENDING
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc


def said(row: Doc) -> str:
    """How an attempt ended, for a payer."""
    if row["state"] == PAID:
        return "This payment is made."
    if row["state"] == PENDING:
        return "This payment is not settled yet."
    return "This payment failed."


def target(world: World, row: Doc) -> str:
    """Where the browser goes, with the signed query; "" where nothing is known."""
    claims = world.table("keys").get(row["key"], {}).get("claims", {})
    back = claims.get("redirection_url") or integrations.callbacks(world, row["integration"])["response_url"]
    if not back:
        return ""
    query = urlencode(views.flat(views.transaction(world, row), world.settings["hmac_secret"]))
    return f"{back}{'&' if '?' in back else '?'}{query}"


def leave(world: World, row: Doc) -> Answer:
    """Send the browser to the shop; or say how it ended where there is no way back."""
    back = target(world, row)
    return Answer.see_other(back) if back else closed(said(row), None)
