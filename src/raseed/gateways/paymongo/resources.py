"""Facts from payments and refunds: the same reading for what we asked and for what was delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.paymongo.members import Resource
from raseed.gateways.paymongo.refusals import decline
from raseed.gateways.paymongo.vocabulary import (
    CHECKOUTS,
    FLOW_ATTACHED,
    FLOW_SESSION,
    PAYMENT_STATUS,
    REFUND_STATUS,
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
    if kind is FactKind.ATTEMPT_FAILED and payment.flow == FLOW_ATTACHED:
        kind = FactKind.FAILED
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
        livemode=livemode_of(payment, about),
        detail=said(payment, about),
        raw=raw_of(payment, about),
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
        livemode=livemode_of(refund, about),
        detail=said(refund, about),
        raw=raw_of(refund, about),
    )


def checkout_of(payment: Resource) -> str | None:
    """What the payment was made through: a link (by its number), its intent, else the source we charged.

    None for a payment of one of our sessions that makes an intent for each attempt: it is found by our
    reference, and its intent is not one that could be compared.
    """
    if payment.link_number:
        return payment.link_number
    intent = payment.ref("payment_intent_id")
    if intent and payment.flow == FLOW_SESSION:
        return None
    source = payment.child("source")
    made_by = source.id if source and source.id and source.id.startswith("src_") else None
    # A wallet paid through an intent names a source that nobody here created.
    return intent or made_by


def unknown_fact(subject: Resource, about: About, why: str) -> Fact | None:
    """Something was said about a payment that proves nothing; None if it names none."""
    is_payment, is_refund = subject.type == "payment", subject.type == "refund"
    charge = subject.id if is_payment else subject.ref("payment_id")
    own = subject.id if subject.type in CHECKOUTS else None
    intent = subject.ref("payment_intent_id") or subject.ref("payment_intent")
    gateway_ref = checkout_of(subject) if is_payment else intent or own
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
        livemode=livemode_of(subject, about),
        detail=why,
        raw=raw_of(subject, about),
    )


def _fee(payment: Resource) -> Money | None:
    """What PayMongo keeps, foreign cards' extra included; withheld tax is not a fee."""
    fee, foreign = payment.integer("fee"), payment.integer("foreign_fee")
    money = payment.money()
    if money is None or fee is None or fee < 0 or (foreign or 0) < 0:
        return None
    return Money(fee + (foreign or 0), money.currency)


def livemode_of(subject: Resource, about: About) -> bool | None:
    """Live or test: its own word, else that of what carried it."""
    return about.livemode if subject.livemode is None else subject.livemode


def said(subject: Resource, about: About) -> str:
    """In the gateway's words: the event and the status; for a failed attempt why it failed."""
    code = subject.text("failed_code")
    status = subject.text("status")
    words = about.event.get("event_type") or f"{subject.type} {status}".strip()
    return f"{words}: {decline(code)}" if code and status == "failed" else words


def raw_of(subject: Resource, about: About) -> dict[str, Any]:
    """What is kept for people to look at."""
    return {**about.event, **subject.shown()}
