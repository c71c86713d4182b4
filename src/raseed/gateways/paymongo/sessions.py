"""Checkout sessions: PayMongo's hosted page, which offers every method and retries by itself."""

from __future__ import annotations

from collections.abc import Sequence

from raseed.core.errors import GatewayRefused
from raseed.core.facts import Fact
from raseed.gateways.base import GatewayRef, Opened, Order
from raseed.gateways.http import Api, Document
from raseed.gateways.paymongo.requests import body, described, path, retrieved, url_of
from raseed.gateways.paymongo.resources import About, intent_facts, session_facts


def open_session(api: Api, order: Order, methods: Sequence[str]) -> Opened:
    """Create the session and its intent. The customer pays at `url`."""
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
    answer = api.post("/v1/checkout_sessions", body(attributes), idempotency_key=f"open:{order.reference}")
    session = retrieved(answer, "checkout_session")
    intent = session.child("payment_intent")
    return Opened(
        gateway_ref=str(session.id),
        ids={"payment_intent": intent.id} if intent and intent.id else {},
        url=url_of(session.attributes),
    )


def query_session(api: Api, ref: GatewayRef) -> list[Fact]:
    """The session's payments, their refunds, and its end."""
    answer = api.get(path("checkout_sessions", ref.gateway_ref))
    return session_facts(retrieved(answer, "checkout_session"), About(reference=ref.reference))


def query_intent(api: Api, ref: GatewayRef) -> list[Fact]:
    """The intent of a session whose own id never reached us, because opening lost its answer."""
    answer = api.get(path("payment_intents", ref.gateway_ref))
    return intent_facts(retrieved(answer, "payment_intent"), About(reference=ref.reference))


def expire_session(api: Api, ref: GatewayRef) -> list[Fact]:
    """Close the page. A session that cannot be expired is read instead: it may just have been paid."""
    try:
        # Without an idempotency key: a refusal would be repeated for a day.
        answer = api.post(f"{path('checkout_sessions', ref.gateway_ref)}/expire")
    except GatewayRefused:
        return query_session(api, ref)
    return session_facts(retrieved(answer, "checkout_session"), About(reference=ref.reference))
