"""Which address shows which page. The real ones have hosts of their own, here all lie below the API's mount.

Wallets, 3-D Secure, banks, QR tests: https://test-sources.paymongo.com/sources?id=…; checkouts:
https://checkout.paymongo.com/<client key>; links: https://pm.link/<merchant>/test/<reference>.
"""

from __future__ import annotations

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.paymongo.pages import attempt, checkout, link
from raseed.sandbox.paymongo.world import WorldOf


def answer(world_of: WorldOf, exchange: Exchange) -> Answer:
    """Answer a payer's request."""
    match exchange.path.strip("/").split("/"):
        case ["sources"]:
            return attempt.answer(world_of, exchange, exchange.query.get("id", ""))
        case ["checkout", client_key]:
            return checkout.answer(world_of, exchange, client_key)
        case ["link", reference]:
            return link.answer(world_of("live"), exchange, reference)
        case ["link", "test", reference]:
            return link.answer(world_of("test"), exchange, reference)
    return Answer(404)
