"""A link's address, which leads to a checkout."""

from __future__ import annotations

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.pages import METHOD_REFUSED, closed, missing
from raseed.sandbox.paymongo import links
from raseed.sandbox.paymongo.errors import ApiError
from raseed.sandbox.paymongo.world import World


def answer(world: World, exchange: Exchange, reference: str) -> Answer:
    if exchange.method != "GET":
        return METHOD_REFUSED
    try:
        link = links.find(world, reference)
    except ApiError:
        return missing("link")
    if link["attributes"]["archived"]:
        return closed("This link takes no payment any more.", None)
    if not links.is_payable(world, link):
        return closed("This link is paid.", None)
    return Answer.see_other(links.session_of(world, link)["attributes"]["checkout_url"])
