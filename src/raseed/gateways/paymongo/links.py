"""Links: a short address that anybody can pay, once. PayMongo is retiring them for payment links.

A link takes no metadata, so nothing about it carries our reference; it is known by its id and number.
The customer is not sent back from it.
"""

from __future__ import annotations

from raseed.core.errors import GatewayRefused
from raseed.core.facts import Fact
from raseed.gateways.base import GatewayRef, Memory, Opened, Order
from raseed.gateways.http import Api, Document
from raseed.gateways.paymongo.checkouts import link_facts
from raseed.gateways.paymongo.requests import body, path, retrieved, url_of
from raseed.gateways.paymongo.resources import About
from raseed.gateways.steps import again

#: What opening is remembered under; its answer is `{"id", "number", "url"}`.
STEP = "link"


def open_link(api: Api, order: Order, memory: Memory) -> Opened:
    """Create the link. Whoever has `url` can pay; it stays open until paid or archived."""
    attributes: Document = {
        "amount": order.money.minor,
        "description": order.description or "Payment",
        "remarks": order.reference,
    }

    def create() -> dict[str, str]:
        answer = api.post("/v1/links", body(attributes), idempotency_key=f"open:{order.reference}")
        link = retrieved(answer, "link")
        url = url_of(link.attributes, "checkout_url", "url")
        return {"id": str(link.id), "number": link.ref("reference_number") or "", "url": url}

    kept = memory.once(STEP, create, again)
    ids = {"reference_number": kept["number"]} if kept["number"] else {}
    return Opened(gateway_ref=kept["id"], ids=ids, url=kept["url"])


def query_link(api: Api, ref: GatewayRef) -> list[Fact]:
    """The link's payments and their refunds, or whether it can still be paid."""
    link = retrieved(api.get(path("links", ref.gateway_ref)), "link")
    return link_facts(link, About(reference=ref.reference))


def archive_link(api: Api, ref: GatewayRef) -> list[Fact]:
    """Close the link. One that cannot be archived is read instead: it may just have been paid."""
    try:
        answer = api.post(f"{path('links', ref.gateway_ref)}/archive")
    except GatewayRefused:
        return query_link(api, ref)
    return link_facts(retrieved(answer, "link"), About(reference=ref.reference))


def opened_before(memory: Memory) -> str:
    """The id of a link whose opening was cut short after it was made, or an empty text."""
    kept = memory.recall(STEP)
    return str(kept["id"]) if isinstance(kept, dict) else ""
