"""Deliveries of version 2: which order one names, whether it knows the password, and what it says.

The `Authorization` header is the SHA-256 of `user:password` in bare lower-case hex: the same on every
delivery, and made of neither body nor time. So whoever saw one delivery can send any other, and whatever
a delivery says is a hint. PhonePe offers a second mode with a keyed hash, whose header and message are
not published; such a delivery is refused until they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from raseed.core.errors import BadSignature, MalformedDelivery
from raseed.core.facts import Fact, Weight
from raseed.gateways.base import RawDelivery, Refs, Verified
from raseed.gateways.phonepe.account import Hooks
from raseed.gateways.phonepe.members import Members
from raseed.gateways.phonepe.orders import About, order_facts
from raseed.gateways.phonepe.refunds import is_refund, refund_fact
from raseed.gateways.signatures import refuse_repeated_parameters, strict_json

HEADER = "Authorization"


def verify(delivery: RawDelivery, hooks: Hooks) -> Verified:
    """Check the header, then the shape. Raises BadSignature or MalformedDelivery."""
    refuse_repeated_parameters(delivery.query_string)
    if not hooks:
        raise BadSignature("no credentials are configured: set WEBHOOK_USERNAME and WEBHOOK_PASSWORD")
    if not hooks.accept(delivery.headers.get(HEADER)):
        raise BadSignature(f"the {HEADER} header is not the hash of this account's user name and password")
    return Verified(delivery, parse(delivery))


def parse(delivery: RawDelivery) -> Mapping[str, Any]:
    """The delivery as a document whose frame has the right shape. Raises MalformedDelivery."""
    document = strict_json(delivery.body)
    if not isinstance(document, dict):
        raise MalformedDelivery("the body is not a JSON object")
    if "payload" in document and not isinstance(document["payload"], dict):
        raise MalformedDelivery("the payload is not an object")
    if "payload" not in document and not isinstance(document.get("state"), str):
        # Two of PhonePe's own samples come without an envelope; those have a state.
        raise MalformedDelivery("the body has neither a payload nor a state")
    return document


def peek(delivery: RawDelivery) -> Refs:
    """Which order or refund the body names. Believed by nobody; never raises."""
    try:
        _, payload = _opened(parse(delivery))
    except MalformedDelivery:
        return Refs()
    attempts = [] if is_refund(payload) else payload.children("paymentDetails")
    charges = [attempt.ref("transactionId") for attempt in attempts]
    return Refs(
        references=_present([payload.ref("merchantOrderId"), payload.ref("originalMerchantOrderId")]),
        gateway_refs=_present([payload.ref("orderId")]),
        charge_refs=_present([*charges, payload.ref("orderId")]),
        refund_refs=_present([payload.ref("merchantRefundId")]),
    )


def read(verified: Verified) -> list[Fact]:
    """Hints about an order or a refund; nothing for an event that names neither."""
    event, payload = _opened(verified.document)
    about = About(Weight.HINT, event={"event": event} if event else {})
    if is_refund(payload, event):
        fact = refund_fact(payload, about)
        return [fact] if fact.reference or fact.refund_ref else []
    if payload.ref("merchantOrderId") or payload.ref("orderId"):
        return order_facts(payload, about)
    return []


def _opened(document: Mapping[str, Any]) -> tuple[str, Members]:
    """The event's name (old deliveries have `type` instead) and what it is about."""
    whole = Members(document)
    payload = whole.child("payload") if "payload" in whole else whole
    return whole.text("event") or whole.text("type"), payload


def _present(values: Iterable[str | None]) -> frozenset[str]:
    return frozenset(value for value in values if value)
