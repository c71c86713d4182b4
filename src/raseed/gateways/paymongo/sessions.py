"""Checkout sessions: PayMongo's hosted page, which offers every method and retries by itself.

Version 1 makes the intent at once, version 2 one for each attempt of the customer. Reading and expiring
are documented for version 1 only; sessions of version 2 are looked for there first.
"""

from __future__ import annotations

from collections.abc import Sequence

from raseed.core.errors import GatewayRefused
from raseed.core.facts import Fact
from raseed.gateways.base import GatewayRef, Opened, Order
from raseed.gateways.http import Api, Document
from raseed.gateways.paymongo.checkouts import session_facts, session_intents
from raseed.gateways.paymongo.members import Resource
from raseed.gateways.paymongo.methods import METHODS
from raseed.gateways.paymongo.requests import body, described, metadata, path, retrieved, url_of
from raseed.gateways.paymongo.resources import About
from raseed.gateways.paymongo.vocabulary import FLOW_SESSION


def open_session(api: Api, order: Order, methods: Sequence[str]) -> Opened:
    """Create the session (and in version 1 its intent). The customer pays at `url`."""
    version = METHODS[order.method].version
    item = {
        "name": order.description or "Payment",
        "quantity": 1,
        "amount": order.money.minor,
        "currency": order.money.currency,
    }
    attributes: Document = {
        "line_items": [item],
        "payment_method_types": list(methods),
        "success_url": order.return_url,
        "cancel_url": order.cancel_url or order.return_url,
        "reference_number": order.reference,
        "send_email_receipt": False,
        "show_line_items": True,
        **described(order),
    }
    if version != 1:
        attributes["metadata"] = metadata(order, flow=FLOW_SESSION)
    family = f"/v{version}/checkout_sessions"
    answer = api.post(family, body(attributes), idempotency_key=f"open:{order.reference}")
    session = retrieved(answer, "checkout_session")
    intents = [intent.id for intent in session_intents(session) if intent.id]
    return Opened(
        gateway_ref=str(session.id),
        ids={"payment_intent": intents[0]} if intents and version == 1 else {},
        url=url_of(session.attributes),
    )


def query_session(api: Api, ref: GatewayRef) -> list[Fact]:
    """The session's payments, their refunds, and its end."""
    return session_facts(_read(api, ref), About(reference=ref.reference))


def expire_session(api: Api, ref: GatewayRef) -> list[Fact]:
    """Close the page. A session that cannot be expired is read instead: it may just have been paid."""
    try:
        # Without an idempotency key: a refusal would be repeated for a day.
        answer = api.post(f"{path('checkout_sessions', ref.gateway_ref)}/expire")
    except GatewayRefused:
        return query_session(api, ref)
    return session_facts(retrieved(answer, "checkout_session"), About(reference=ref.reference))


def _read(api: Api, ref: GatewayRef) -> Resource:
    try:
        answer = api.get(path("checkout_sessions", ref.gateway_ref))
    except GatewayRefused as refused:
        method = METHODS.get(ref.method)
        if refused.status != 404 or method is None or method.version == 1:
            raise
        answer = api.get(path("checkout_sessions", ref.gateway_ref, version=method.version))
    return retrieved(answer, "checkout_session")
