"""PayMongo's webhooks: which checkout one names, whether PayMongo signed it, and what it says.

Header `Paymongo-Signature: t=<unix seconds>,te=<hex>,li=<hex>`: HMAC-SHA256 over `<t>.<body>` with the
webhook's secret, in `te` for test events and in `li` for live ones; the other one is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from raseed.core.errors import BadSignature, MalformedDelivery, StaleDelivery
from raseed.core.facts import Fact, FactKind, Weight
from raseed.gateways.base import RawDelivery, Refs, Verified
from raseed.gateways.members import text
from raseed.gateways.paymongo import checkouts, resources
from raseed.gateways.paymongo.members import Resource, identifier, resource
from raseed.gateways.paymongo.vocabulary import CHECKOUTS, EVENTS
from raseed.gateways.signatures import Secrets, refuse_repeated_parameters, strict_json

HEADER = "Paymongo-Signature"

#: Ten digits until the year 2286; a longer number is no time and would only make us count.
_LONGEST_TIME = 12

#: A header three times as long as a real one.
_LONGEST_HEADER = 512


def verify(
    delivery: RawDelivery, secrets: Secrets, *, livemode: bool, window_seconds: float | None
) -> Verified:
    """Check the signature over the raw bytes, then the time, then the shape.

    Raises BadSignature, StaleDelivery or MalformedDelivery. The clock is the delivery's `received_at`.
    """
    refuse_repeated_parameters(delivery.query_string)
    if not secrets:
        raise BadSignature("no secret is configured: set WEBHOOK_SECRETS to the webhook's whsk_… secret")
    signed_at, signature = _signature(delivery.headers.get(HEADER), livemode=livemode)
    if not secrets.signed(f"{signed_at}.".encode() + delivery.body, signature):
        raise BadSignature("the signature was not made with a secret of this account")
    age_seconds = delivery.received_at.timestamp() - int(signed_at)
    if window_seconds is not None and abs(age_seconds) > window_seconds:
        raise StaleDelivery(f"signed {age_seconds:.0f} s before it came; the window is {window_seconds:g} s")
    document = parse(delivery)
    stated = document["data"]["attributes"].get("livemode")
    if stated is not None and stated is not livemode:
        raise BadSignature(f"the event says livemode {stated}, and this account is the other mode")
    return Verified(delivery, document)


def parse(delivery: RawDelivery) -> Mapping[str, Any]:
    """The event as a document whose frame has the right shape. Raises MalformedDelivery."""
    document = strict_json(delivery.body)
    data = document.get("data") if isinstance(document, dict) else None
    attributes = data.get("attributes") if isinstance(data, dict) else None
    if not isinstance(document, dict) or not isinstance(data, dict) or not isinstance(attributes, dict):
        raise MalformedDelivery("the body is not an event: data.attributes is missing")
    if data.get("type", "event") != "event" or not isinstance(attributes.get("type"), str):
        raise MalformedDelivery("the body is not an event: it has no type")
    if not isinstance(attributes.get("livemode"), bool | None):
        raise MalformedDelivery("the event's livemode is neither true nor false")
    if not isinstance(attributes.get("data"), dict | None):
        raise MalformedDelivery("the event's data is not a resource")
    return document


def peek(delivery: RawDelivery) -> Refs:
    """Which checkout the body names. Believed by nobody; never raises."""
    try:
        subject = _subject(parse(delivery))
    except MalformedDelivery:
        return Refs()
    if subject is None:
        return Refs()
    parts = [subject, *subject.children("payments")]
    intent = subject.child("payment_intent")
    payments = [part for part in parts if part.type == "payment"]
    named = [subject.ref("payment_intent_id"), subject.ref("payment_intent"), intent.id if intent else None]
    named += [resources.checkout_of(payment) for payment in payments]
    named += [subject.id, subject.link_number] if subject.type in CHECKOUTS else []
    return Refs(
        references=_present(part.reference() for part in parts),
        gateway_refs=_present(named),
        charge_refs=_present([*(payment.id for payment in payments), subject.ref("payment_id")]),
        refund_refs=_present([subject.id] if subject.type == "refund" else []),
    )


def read(verified: Verified) -> list[Fact]:
    """The facts of an event; nothing for one that is not about payments.

    An event whose resource has another status than the event's name says is UNKNOWN, so that we ask.
    """
    subject = _subject(verified.document)
    if subject is None:
        return []
    data = verified.document["data"]
    attributes = data["attributes"]
    name = text(attributes["type"])
    about = resources.About(
        livemode=attributes.get("livemode"),
        event={"event": identifier(data.get("id")), "event_type": name},
    )
    expected_type, expected_status = EVENTS.get(name, ("", ""))
    if not expected_type or expected_type != subject.type:
        return _unknown(subject, about, f"{name} is not an event that is read")
    status = subject.text("status")
    if expected_status and status != expected_status:
        return _unknown(
            subject, about, f"{name} carries a {expected_type} that is {status or 'of no status'}"
        )
    facts = _READERS[expected_type](subject, about)
    if name.endswith("payment.paid") and not any(fact.kind is FactKind.PAID for fact in facts):
        return _unknown(subject, about, f"{name} carries no payment that is paid")
    if name == "payment.refunded" and not any(fact.refund_ref for fact in facts):
        facts.append(_unstated_refund(facts[0]))
    return facts


def _signature(header: str | None, *, livemode: bool) -> tuple[str, str]:
    """Time and signature of this mode from the header. Raises BadSignature for anything unusual."""
    if not header or not header.isascii() or len(header) > _LONGEST_HEADER:
        raise BadSignature(f"the {HEADER} header is missing or unreadable")
    parts = [part.strip().partition("=") for part in header.split(",")]
    values = {name: value for name, _, value in parts}
    if len(parts) != 3 or values.keys() != {"t", "te", "li"}:
        raise BadSignature(f"the {HEADER} header must have t, te and li, each once")
    signed_at = values["t"]
    if not signed_at.isdigit() or len(signed_at) > _LONGEST_TIME:
        raise BadSignature(f"the t of the {HEADER} header is not a time")
    return signed_at, values["li" if livemode else "te"]


def _subject(document: Mapping[str, Any]) -> Resource | None:
    """The resource an event carries; old and made-up events leave out its type."""
    attributes = document["data"]["attributes"]
    carried = attributes.get("data")
    if not carried:
        return None
    subject = resource(carried)
    return subject if subject.type else replace(subject, type=EVENTS.get(attributes["type"], ("", ""))[0])


def _unknown(subject: Resource, about: resources.About, why: str) -> list[Fact]:
    fact = resources.unknown_fact(subject, about, why)
    return [fact] if fact else []


def _unstated_refund(payment: Fact) -> Fact:
    """payment.refunded without its refunds: how much went back must be asked for."""
    return Fact(
        FactKind.REFUNDED,
        Weight.PROOF,
        reference=payment.reference,
        gateway_ref=payment.gateway_ref,
        charge_ref=payment.charge_ref,
        livemode=payment.livemode,
        detail="payment.refunded without its refunds",
        raw=payment.raw,
    )


def _present(values: Iterable[str | None]) -> frozenset[str]:
    return frozenset(value for value in values if value)


def _expired_code(code: Resource, about: resources.About) -> list[Fact]:
    """A QR code is over; whether its intent is, and was not paid at the last moment, must be asked."""
    return _unknown(code, about, "the QR code expired")


_READERS: Mapping[str, Callable[[Resource, resources.About], list[Fact]]] = {
    "payment": resources.payment_facts,
    "source": lambda source, about: [checkouts.source_fact(source, about)],
    "refund": lambda refund, about: [resources.refund_fact(refund, about)],
    "checkout_session": checkouts.session_facts,
    "payment_intent": checkouts.intent_facts,
    "link": checkouts.link_facts,
    "qrph": _expired_code,
}
