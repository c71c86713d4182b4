"""Which address shows which page. The real ones are on mercury-uat.phonepe.com, here below the API's mount.

One address per order, its token in the query; what it shows follows from the order's state.
"""

from __future__ import annotations

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.pages import METHOD_REFUSED, missing
from raseed.sandbox.phonepe import attempts, orders
from raseed.sandbox.phonepe.pages import attempt, choosing, leaving
from raseed.sandbox.phonepe.world import World

PREFIX = "/transact/"


def answer(world: World, exchange: Exchange) -> Answer:
    """Answer a payer's request."""
    order = orders.by_token(world, exchange.query.get("token", ""))
    if order is None or exchange.path.rstrip("/") not in (PREFIX + "uat_v2", PREFIX + "pg"):
        return missing("payment")
    if exchange.method not in ("GET", "POST"):
        return METHOD_REFUSED
    waiting = attempts.pending(world, order)
    if orders.is_over(world, order) or (waiting is not None and waiting["at"] == "bank"):
        return leaving.over(world, order, leaving.said(order))
    if waiting is not None:
        return attempt.answer(world, exchange, order, waiting)
    return choosing.answer(world, exchange, order)
