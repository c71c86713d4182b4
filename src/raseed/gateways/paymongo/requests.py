"""How PayMongo's requests are written and its answers opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.gateways.base import Order
from raseed.gateways.http import Api, Document
from raseed.gateways.paymongo.members import Resource, identifier, resource
from raseed.gateways.paymongo.vocabulary import FLOW

PAGE = 100


def body(attributes: Document) -> Document:
    """Attributes in the envelope every request has."""
    return {"data": {"attributes": attributes}}


def described(order: Order) -> Document:
    """What sources and sessions share: description, who pays, and our reference in metadata.

    Metadata is text to text: nested values come back as unreadable text.
    """
    attributes: Document = {"metadata": metadata(order)}
    if order.description:
        attributes["description"] = order.description
    billing = billed(order)
    if billing:
        attributes["billing"] = billing
    return attributes


def metadata(order: Order, *, flow: str = "") -> dict[str, str]:
    """What we attach: the site's own texts, our reference, and how its payments are to be read."""
    ours = {"reference": order.reference, **({FLOW: flow} if flow else {})}
    return {**{str(name): str(value) for name, value in order.metadata.items()}, **ours}


def billed(order: Order) -> dict[str, str]:
    """Who pays, as far as known."""
    return {name: order.customer[name] for name in ("name", "email", "phone") if order.customer.get(name)}


def path(family: str, ref: str, *, version: int = 1) -> str:
    """The path of one resource. Ids reach us in webhooks, so what is not an id is refused."""
    if identifier(ref) is None:
        raise GatewayRefused(f"{ref[:40]!r} is no id of PayMongo's; nothing was asked.")
    return f"/v{version}/{family}/{ref}"


def retrieved(answer: Document, kind: str) -> Resource:
    """The resource in an answer. Raises GatewayUnavailable where it is not the one asked for."""
    found = resource(answer)
    if found.id is None or found.type != kind:
        raise GatewayUnavailable(f"PayMongo answered without a {kind}; ask again later.")
    return found


def each(api: Api, family: str, params: Mapping[str, str], *, most_pages: int) -> Iterator[Resource]:
    """The resources of a list, newest first, page by page.

    Raises GatewayUnavailable where the list goes on after `most_pages`: nothing is then certain.
    """
    after: dict[str, str] = {}
    for _ in range(most_pages):
        answer = api.get(family, {"limit": PAGE, **params, **after})
        items = answer.get("data")
        if not isinstance(items, list):
            raise GatewayUnavailable(f"PayMongo answered {family} without a list; ask again later.")
        page = [resource(item) for item in items if isinstance(item, dict)]
        yield from page
        last = page[-1].id if page else None
        if answer.get("has_more") is not True or last is None or {"after": last} == after:
            return
        after = {"after": last}
    raise GatewayUnavailable(f"PayMongo lists more of {family} than are looked through ({most_pages} pages).")


def url_of(attributes: Any, *names: str) -> str:
    """Where the customer is sent: `checkout_url`, or the first of `names` that is a web address.

    Raises GatewayUnavailable where there is none.
    """
    given = attributes if isinstance(attributes, Mapping) else {}
    for name in names or ("checkout_url",):
        url = given.get(name)
        if isinstance(url, str) and url.startswith(("https://", "http://")) and url.isprintable():
            return url
    raise GatewayUnavailable("PayMongo answered without an address for the customer; open another checkout.")
