"""Facts from PayMongo's resources: the same reading for what we asked and for what was delivered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.paymongo.members import Resource
from raseed.gateways.paymongo.refusals import decline
from raseed.gateways.paymongo.vocabulary import (
    CHECKOUTS,
    INTENT_IN_FLIGHT,
    INTENT_STATUS,
    PAYMENT_STATUS,
    REFUND_STATUS,
    SOURCE_STATUS,
)


@dataclass(frozen=True, slots=True)
class About:
    """What is known besides the resource: the checkout it was asked for, or the event that carried it."""

    reference: str | None = None
    gateway_ref: str | None = None
    livemode: bool | None = None
    event: Mapping[str, Any] = field(default_factory=dict)


def payment_facts(payment: Resource, about: About) -> list[Fact]:
    """A payment and the refunds inside it. A refunded payment stays `paid` at PayMongo."""
    kind = PAYMENT_STATUS.get(payment.text("status"), FactKind.UNKNOWN)
    money = payment.money()
    if kind is FactKind.PAID and (payment.id is None or money is None or money.minor <= 0):
        kind = FactKind.UNKNOWN
    fact = Fact(
        kind,
        Weight.PROOF,
        reference=payment.reference(about.reference),
        gateway_ref=about.gateway_ref or checkout_of(payment),
        charge_ref=payment.id,
        money=money,
        fee=_fee(payment) if kind is FactKind.PAID else None,
        occurred_at=payment.moment("paid_at", "created_at"),
        livemode=_livemode(payment, about),
        detail=_said(payment, about),
        raw=_raw(payment, about),
    )
    if kind is not FactKind.PAID:
        return [fact]
    inner = replace(about, reference=fact.reference, gateway_ref=fact.gateway_ref, livemode=fact.livemode)
    refunds = [refund_fact(refund, inner, payment) for refund in payment.children("refunds")]
    disputed = [replace(fact, kind=FactKind.DISPUTED, fee=None, detail="the customer disputes the payment")]
    return [fact, *refunds, *(disputed if payment.attributes.get("disputed") is True else [])]


def refund_fact(refund: Resource, about: About, payment: Resource | None = None) -> Fact:
    """A refund; inside a payment it need not name that payment, nor repeat the currency."""
    money = refund.money()
    minor = refund.integer("amount")
    within = payment.money() if payment else None
    if money is None and minor is not None and within is not None and "currency" not in refund.attributes:
        money = Money(minor, within.currency)
    kind = REFUND_STATUS.get(refund.text("status"), FactKind.UNKNOWN)
    if refund.id is None or money is None or money.minor <= 0:
        kind = FactKind.UNKNOWN
    return Fact(
        kind,
        Weight.PROOF,
        reference=refund.reference(about.reference),
        gateway_ref=about.gateway_ref,
        charge_ref=refund.ref("payment_id") or (payment.id if payment else None),
        refund_ref=refund.id,
        money=money,
        occurred_at=refund.moment("refunded_at", "updated_at", "created_at"),
        livemode=_livemode(refund, about),
        detail=_said(refund, about),
        raw=_raw(refund, about),
    )


def source_fact(source: Resource, about: About) -> Fact:
    """A source by its status. `paid` alone is UNKNOWN: which payment it became must be asked for."""
    kind = SOURCE_STATUS.get(source.text("status"), FactKind.UNKNOWN)
    return Fact(
        kind,
        Weight.PROOF,
        reference=source.reference(about.reference),
        gateway_ref=source.id,
        money=source.money(),
        occurred_at=source.moment("updated_at", "created_at"),
        livemode=_livemode(source, about),
        detail=_said(source, about),
        raw=_raw(source, about),
    )


def session_facts(session: Resource, about: About) -> list[Fact]:
    """A checkout session: its payments, else its end, else that it still waits.

    `status` stays `active` after payment; only the payments tell. An expired session ends the payment
    only if nothing of it can still bring money.
    """
    about = replace(
        about,
        reference=session.reference(about.reference),
        gateway_ref=session.id,
        livemode=_livemode(session, about),
    )
    intent = session.child("payment_intent")
    payments = _each_once([*session.children("payments"), *(intent.children("payments") if intent else [])])
    facts = [fact for payment in payments for fact in payment_facts(payment, about)]
    if any(fact.kind is FactKind.PAID for fact in facts):
        return facts
    intent_status = intent.text("status") if intent else ""
    own = Fact(
        _unpaid_session(session, intent_status, facts),
        Weight.PROOF,
        reference=about.reference,
        gateway_ref=session.id,
        occurred_at=session.moment("updated_at", "created_at"),
        livemode=about.livemode,
        detail=_said(session, about),
        raw={**_raw(session, about), "intent_status": intent_status},
    )
    return [*facts, own]


def intent_facts(intent: Resource, about: About) -> list[Fact]:
    """A payment intent: its payments, else where it stands."""
    about = replace(
        about,
        reference=intent.reference(about.reference),
        gateway_ref=intent.id,
        livemode=_livemode(intent, about),
    )
    facts = [fact for payment in intent.children("payments") for fact in payment_facts(payment, about)]
    if any(fact.kind is FactKind.PAID for fact in facts):
        return facts
    kind = INTENT_STATUS.get(intent.text("status"), FactKind.UNKNOWN)
    if kind is FactKind.CANCELLED and any(fact.kind is not FactKind.ATTEMPT_FAILED for fact in facts):
        kind = FactKind.PENDING
    own = Fact(
        kind,
        Weight.PROOF,
        reference=about.reference,
        gateway_ref=intent.id,
        occurred_at=intent.moment("updated_at", "created_at"),
        livemode=about.livemode,
        detail=_said(intent, about),
        raw=_raw(intent, about),
    )
    return [*facts, own]


def _unpaid_session(session: Resource, intent_status: str, attempts: list[Fact]) -> FactKind:
    """Where a session without a paid payment stands."""
    status = session.text("status")
    if intent_status == "succeeded" or session.moment("paid_at"):
        return FactKind.UNKNOWN  # it is paid, and the payment is not shown yet
    in_flight = intent_status in INTENT_IN_FLIGHT
    if status == "expired" and not in_flight and all(f.kind is FactKind.ATTEMPT_FAILED for f in attempts):
        return FactKind.EXPIRED
    return FactKind.PENDING if status in {"active", "expired"} else FactKind.UNKNOWN


def link_facts(link: Resource, about: About) -> list[Fact]:
    """The payments of a link (made in the dashboard, so usually not ours)."""
    about = replace(
        about,
        reference=link.reference(about.reference),
        gateway_ref=link.id,
        livemode=_livemode(link, about),
    )
    return [fact for payment in link.children("payments") for fact in payment_facts(payment, about)]


def checkout_of(payment: Resource) -> str | None:
    """What the payment was made through: its intent, else the source we charged."""
    intent = payment.ref("payment_intent_id")
    source = payment.child("source")
    made_by = source.id if source and source.id and source.id.startswith("src_") else None
    # A wallet paid through an intent names a source that nobody here created.
    return intent or made_by


def unknown_fact(subject: Resource, about: About, why: str) -> Fact | None:
    """Something was said about a payment that proves nothing; None if it names none."""
    is_payment, is_refund = subject.type == "payment", subject.type == "refund"
    charge = subject.id if is_payment else subject.ref("payment_id")
    own = subject.id if subject.type in CHECKOUTS else None
    gateway_ref = subject.ref("payment_intent_id") or (checkout_of(subject) if is_payment else own)
    named = (subject.reference(), gateway_ref, charge, subject.id if is_refund else None)
    if not any(named):
        return None
    return Fact(
        FactKind.UNKNOWN,
        Weight.PROOF,
        reference=subject.reference(),
        gateway_ref=gateway_ref,
        charge_ref=charge,
        refund_ref=subject.id if is_refund else None,
        livemode=_livemode(subject, about),
        detail=why,
        raw=_raw(subject, about),
    )


def _each_once(payments: Iterable[Resource]) -> list[Resource]:
    """Session and intent may both list a payment."""
    found: dict[str | int, Resource] = {}
    for number, payment in enumerate(payments):
        found.setdefault(payment.id or number, payment)
    return list(found.values())


def _fee(payment: Resource) -> Money | None:
    """What PayMongo keeps, foreign cards' extra included; withheld tax is not a fee."""
    fee, foreign = payment.integer("fee"), payment.integer("foreign_fee")
    money = payment.money()
    if money is None or fee is None or fee < 0 or (foreign or 0) < 0:
        return None
    return Money(fee + (foreign or 0), money.currency)


def _livemode(subject: Resource, about: About) -> bool | None:
    return about.livemode if subject.livemode is None else subject.livemode


def _said(subject: Resource, about: About) -> str:
    """In the gateway's words: the event and the status; for a failed attempt why it failed."""
    code = subject.text("failed_code")
    status = subject.text("status")
    words = about.event.get("event_type") or f"{subject.type} {status}".strip()
    return f"{words}: {decline(code)}" if code and status == "failed" else words


def _raw(subject: Resource, about: About) -> dict[str, Any]:
    return {**about.event, **subject.shown()}
