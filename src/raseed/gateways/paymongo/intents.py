"""Payment intents: cards entered on the site's own page, and methods that we attach ourselves.

A card's number never passes our server: the browser attaches it, with the intent's client key. For
everything else we make the method and attach it; then the customer is sent on, or shown a QR code.
Each step is remembered, so that a crash between two of them goes on where it stopped.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.core.facts import Fact, FactKind
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Memory, Opened, Order
from raseed.gateways.http import Api, Document
from raseed.gateways.members import text
from raseed.gateways.paymongo import next_action
from raseed.gateways.paymongo.checkouts import intent_facts
from raseed.gateways.paymongo.members import Resource, identifier, moment
from raseed.gateways.paymongo.methods import METHODS, Flow, Method
from raseed.gateways.paymongo.requests import billed, body, metadata, path, retrieved
from raseed.gateways.paymongo.resources import About
from raseed.gateways.paymongo.vocabulary import FLOW_ATTACHED
from raseed.gateways.steps import again

#: The steps of opening, as they are remembered.
INTENT, METHOD, ATTACH = "intent", "payment_method", "attach"


def open_for_browser(api: Api, order: Order, memory: Memory, *, three_d_secure: str) -> Opened:
    """Create an intent for a card. The browser attaches it, with the client key.

    `client`: `client_key`, `payment_intent_id`, `return_url` (for 3-D Secure), `api_url`.
    `order.customer["id"]` (`cus_…`) has PayMongo keep the card for that customer.
    """
    attributes = _created(order, ["card"])
    attributes["payment_method_options"] = {"card": {"request_three_d_secure": three_d_secure}}
    if METHODS[order.method].holds:
        attributes["capture_type"] = "manual"
    customer = identifier(order.customer.get("id"))
    if customer:
        attributes["setup_future_usage"] = {"session_type": "on_session", "customer_id": customer}
    kept = _create(api, order, attributes, memory)
    client = {
        "client_key": kept["client_key"],
        "payment_intent_id": kept["id"],
        "return_url": order.return_url,
        "api_url": f"{api.base_url}/v1",
    }
    return Opened(gateway_ref=kept["id"], client=client)


def open_attached(
    api: Api, order: Order, memory: Memory, *, details: dict[str, str], qr_seconds: int
) -> Opened:
    """Create intent and method, attach, and tell where the customer goes or which code to show."""
    method = METHODS[order.method]
    attributes = _created(order, [method.word])
    attributes["metadata"] = metadata(order, flow=FLOW_ATTACHED)
    intent = _create(api, order, attributes, memory)["id"]
    wanted = _method_of(order, method, details, qr_seconds)

    def make_method() -> str:
        key = f"method:{order.reference}"
        answer = api.post("/v1/payment_methods", body(wanted), idempotency_key=key)
        return str(retrieved(answer, "payment_method").id)

    made = memory.once(METHOD, make_method, again)

    def attach() -> Document:
        sent = {"payment_method": made, "return_url": order.return_url}
        key = f"attach:{order.reference}"
        answer = api.post(f"{path('payment_intents', intent)}/attach", body(sent), idempotency_key=key)
        return _kept(retrieved(answer, "payment_intent"))

    attached = memory.once(ATTACH, attach, lambda: _attached_before(api, intent))
    return _opened(order, method, intent, attached, qr_seconds)


def query_intent(api: Api, ref: GatewayRef, memory: Memory) -> list[Fact]:
    """What became of an intent: opened as one, or that of a session whose id never reached us."""
    method = METHODS.get(ref.method)
    attached = method is not None and method.flow is Flow.ATTACHED
    # Where opening was cut short, nothing may have been attached yet.
    if attached and memory.recall(INTENT) is not None and memory.recall(ATTACH) is None:
        attached = False
    intent = _read(api, ref.gateway_ref)
    return intent_facts(intent, About(reference=ref.reference), attached=attached)


def capture_intent(api: Api, ref: GatewayRef, money: Money) -> list[Fact]:
    """Take held money, all or a part. What was captured before is told, not taken again."""
    try:
        answer = api.post(
            f"{path('payment_intents', ref.gateway_ref)}/capture", body({"amount": money.minor})
        )
    except GatewayRefused:
        facts = intent_facts(_read(api, ref.gateway_ref), About(reference=ref.reference))
        if not any(fact.kind is FactKind.PAID for fact in facts):
            raise
        return facts
    return intent_facts(retrieved(answer, "payment_intent"), About(reference=ref.reference))


def cancel_intent(api: Api, ref: GatewayRef) -> list[Fact]:
    """End an intent so that it can no longer be paid; one that cannot be cancelled is read instead."""
    try:
        return _cancelled(api, ref)
    except GatewayRefused:
        return intent_facts(_read(api, ref.gateway_ref), About(reference=ref.reference))


def release_intent(api: Api, ref: GatewayRef) -> list[Fact]:
    """Give held money back. Raises GatewayRefused where it is not held (any more)."""
    facts = _cancelled(api, ref)
    released = {FactKind.CANCELLED: FactKind.VOIDED}
    return [replace(fact, kind=released.get(fact.kind, fact.kind)) for fact in facts]


def _cancelled(api: Api, ref: GatewayRef) -> list[Fact]:
    about = About(reference=ref.reference)
    try:
        # Without an idempotency key: a refusal would be repeated for a day.
        answer = api.post(f"{path('payment_intents', ref.gateway_ref)}/cancel")
    except GatewayRefused as refused:
        if refused.code != "resource_cancelled_state":
            raise
        return intent_facts(_read(api, ref.gateway_ref), about)
    return intent_facts(retrieved(answer, "payment_intent"), about)


def _created(order: Order, allowed: list[str]) -> Document:
    attributes: Document = {
        "amount": order.money.minor,
        "currency": order.money.currency,
        "payment_method_allowed": allowed,
        "metadata": metadata(order),
    }
    if order.description:
        attributes["description"] = order.description
    return attributes


def _create(api: Api, order: Order, attributes: Document, memory: Memory) -> dict[str, str]:
    def create() -> dict[str, str]:
        key = f"open:{order.reference}"
        intent = retrieved(
            api.post("/v1/payment_intents", body(attributes), idempotency_key=key), "payment_intent"
        )
        client_key = intent.text("client_key")
        if not client_key:
            raise GatewayUnavailable("PayMongo answered without a client_key; open another checkout.")
        return {"id": str(intent.id), "client_key": client_key}

    return memory.once(INTENT, create, again)


def _method_of(order: Order, method: Method, details: dict[str, str], qr_seconds: int) -> Document:
    wanted: Document = {"type": method.word}
    if details:
        wanted["details"] = details
    if method.word == "qrph":
        wanted["expiry_seconds"] = qr_seconds
    billing = billed(order)
    if billing:
        wanted["billing"] = billing
    return wanted


def _attached_before(api: Api, intent: str) -> Document | None:
    """The state an attach with a lost answer led to; None where the intent still waits for one."""
    found = _read(api, intent)
    waits = found.text("status") == "awaiting_payment_method"
    tried = found.child("last_payment_error") is not None or found.children("payments")
    return None if waits and not tried else _kept(found)


def _kept(intent: Resource) -> Document:
    """What is remembered of an attached intent."""
    action = intent.attributes.get("next_action")
    return {
        "status": intent.text("status"),
        "next_action": action if isinstance(action, dict) else None,
        "attached_at": intent.integer("updated_at"),
    }


def _opened(order: Order, method: Method, intent: str, attached: Document, qr_seconds: int) -> Opened:
    action = attached.get("next_action") or {}
    window = qr_seconds if method.word == "qrph" else method.window_seconds
    attached_at = moment(attached.get("attached_at"))
    ends_at = attached_at + timedelta(seconds=window) if attached_at and window else None
    code = next_action.code_of(action)
    if code:
        return Opened(
            gateway_ref=intent,
            client={"payment_intent_id": intent, **code},
            expires_at=moment(code.get("expires_at")) or ends_at,
        )
    url = next_action.redirect_of(action)
    if url is None and not action:
        # Decided on the spot, or still at work: the page they come back to asks how it went.
        url = order.return_url
    if url is None:
        kind = text(action.get("type"))[:40]
        raise GatewayUnavailable(f"PayMongo wants {kind!r} of the customer, which is not known here.")
    return Opened(gateway_ref=intent, url=url, expires_at=ends_at)


def _read(api: Api, intent: str) -> Resource:
    return retrieved(api.get(path("payment_intents", intent)), "payment_intent")


def opened_before(memory: Memory) -> str:
    """The id of an intent whose opening was cut short after it was made, or an empty text."""
    kept = memory.recall(INTENT)
    return str(kept["id"]) if isinstance(kept, dict) else ""
