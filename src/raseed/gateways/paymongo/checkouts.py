"""Facts from the resources that a customer pays through: sources, sessions, intents, links."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.paymongo.members import Resource
from raseed.gateways.paymongo.refusals import decline
from raseed.gateways.paymongo.resources import About, livemode_of, payment_facts, raw_of, said
from raseed.gateways.paymongo.vocabulary import (
    FLOW_ATTACHED,
    INTENT_IN_FLIGHT,
    INTENT_STATUS,
    LINK_STATUS,
    SOURCE_STATUS,
)

#: Attempts that ended; an intent may hold them beside the payment that counts.
_ENDED = {FactKind.ATTEMPT_FAILED, FactKind.FAILED}


def source_fact(source: Resource, about: About) -> Fact:
    """A source by its status. `paid` alone is UNKNOWN: which payment it became must be asked for."""
    kind = SOURCE_STATUS.get(source.text("status"), FactKind.UNKNOWN)
    return _own(source, _identified(source, about, source.id), kind, money=source.money())


def session_facts(session: Resource, about: About) -> list[Fact]:
    """A checkout session: its payments, else its end, else that it still waits.

    `status` stays `active` after payment; only the payments tell. An expired session ends the payment
    only if nothing of it can still bring money. Version 2 makes an intent for each attempt, so there
    may be none or several. A link is paid through a session of PayMongo's own, which names no link.
    """
    intents = session_intents(session)
    inside = [payment for intent in intents for payment in intent.children("payments")]
    payments = _each_once([*session.children("payments"), *inside])
    about = _identified(session, about, session.id)
    facts = [fact for payment in payments for fact in payment_facts(payment, about)]
    if any(fact.kind is FactKind.PAID for fact in facts):
        return facts
    statuses = {intent.text("status") for intent in intents}
    own = _own(session, about, _unpaid_session(session, statuses, facts))
    return [*facts, replace(own, raw={**own.raw, "intent_status": " ".join(sorted(statuses))})]


def session_intents(session: Resource) -> list[Resource]:
    """The intents of a session: one in version 1, none to several in version 2."""
    one = session.child("payment_intent")
    return _each_once([*([one] if one else []), *session.children("payment_intents")])


def intent_facts(intent: Resource, about: About, *, attached: bool = False) -> list[Fact]:
    """A payment intent: its payments, else where it stands.

    `attached` tells that we attached the method, so that an attempt that ended ends the checkout:
    nobody can make another one on it. Payments that name another intent prove nothing about this one.
    """
    about = _identified(intent, about, intent.id)
    attached = attached or intent.flow == FLOW_ATTACHED
    facts = [
        fact
        for payment in intent.children("payments")
        for fact in _own_payment(payment, intent, payment_facts(payment, about))
    ]
    if any(fact.kind is FactKind.PAID for fact in facts):
        return facts
    facts += _unlisted_failure(intent, about, {fact.charge_ref for fact in facts})
    kind = _unpaid_intent(intent, facts, attached=attached)
    if kind is FactKind.AUTHORIZED:
        held = next((fact.charge_ref for fact in facts if fact.kind not in _ENDED), None)
        return [*facts, replace(_own(intent, about, kind, money=intent.money()), charge_ref=held)]
    return [*facts, _own(intent, about, kind)]


def link_facts(link: Resource, about: About) -> list[Fact]:
    """A link: its payments, else whether it can still be paid. An archived one cannot."""
    about = _identified(link, about, link.id)
    facts = [fact for payment in link.children("payments") for fact in payment_facts(payment, about)]
    if any(fact.kind is FactKind.PAID for fact in facts):
        return facts
    kind = LINK_STATUS.get(link.text("status"), FactKind.UNKNOWN)
    if kind is FactKind.PENDING and link.attributes.get("archived") is True:
        in_flight = any(fact.kind not in _ENDED for fact in facts)
        kind = FactKind.PENDING if in_flight else FactKind.CANCELLED
    return [*facts, _own(link, about, kind)]


def _identified(checkout: Resource, about: About, gateway_ref: str | None) -> About:
    return replace(
        about,
        reference=checkout.reference(about.reference),
        gateway_ref=gateway_ref,
        livemode=livemode_of(checkout, about),
    )


def _own(checkout: Resource, about: About, kind: FactKind, money: Money | None = None) -> Fact:
    return Fact(
        kind,
        Weight.PROOF,
        reference=about.reference,
        gateway_ref=about.gateway_ref,
        money=money,
        occurred_at=checkout.moment("updated_at", "created_at"),
        livemode=about.livemode,
        detail=said(checkout, about),
        raw=raw_of(checkout, about),
    )


def _unpaid_session(session: Resource, intent_statuses: set[str], attempts: list[Fact]) -> FactKind:
    """Where a session without a paid payment stands."""
    status = session.text("status")
    if "succeeded" in intent_statuses or session.moment("paid_at"):
        return FactKind.UNKNOWN  # it is paid, and the payment is not shown yet
    in_flight = bool(intent_statuses & INTENT_IN_FLIGHT)
    if status == "expired" and not in_flight and all(fact.kind in _ENDED for fact in attempts):
        return FactKind.EXPIRED
    return FactKind.PENDING if status in {"active", "expired"} else FactKind.UNKNOWN


def _unpaid_intent(intent: Resource, facts: list[Fact], *, attached: bool) -> FactKind:
    """Where an intent without a paid payment stands."""
    kind = INTENT_STATUS.get(intent.text("status"), FactKind.UNKNOWN)
    only_ended = all(fact.kind in _ENDED for fact in facts)
    if kind is FactKind.CANCELLED and not only_ended:
        return FactKind.PENDING
    if attached and intent.text("status") == "awaiting_payment_method" and only_ended:
        if facts:
            return FactKind.FAILED
        # The wallets state an error when their time is over; QR Ph states none.
        is_code = intent.attributes.get("payment_method_allowed") == ["qrph"]
        return FactKind.EXPIRED if is_code else kind
    return kind


def _own_payment(payment: Resource, intent: Resource, facts: list[Fact]) -> list[Fact]:
    """The facts of a payment inside an intent, unless the two contradict each other: then we ask again."""
    named = payment.ref("payment_intent_id")
    why = ""
    if named not in {None, intent.id}:
        why = f"payment {payment.id} is listed by {intent.id} and names {named}"
    elif facts[0].kind is FactKind.PAID and intent.text("status") == "awaiting_capture":
        why = f"payment {payment.id} says paid, and its intent {intent.id} that it is not captured"
    return [replace(facts[0], kind=FactKind.UNKNOWN, fee=None, detail=why)] if why else facts


def _unlisted_failure(intent: Resource, about: About, listed: set[str | None]) -> list[Fact]:
    """The last attempt's failure where `payments` does not hold it."""
    error = intent.child("last_payment_error")
    if error is None or not error.text("failed_code") or error.ref("payment") in listed:
        return []
    words = f"{intent.type} {intent.text('status')}: {decline(error.text('failed_code'))}"
    return [
        replace(_own(intent, about, FactKind.ATTEMPT_FAILED), charge_ref=error.ref("payment"), detail=words)
    ]


def _each_once(listed: Iterable[Resource]) -> list[Resource]:
    """Session and intent may both list a payment."""
    found: dict[str | int, Resource] = {}
    for number, item in enumerate(listed):
        found.setdefault(item.id or number, item)
    return list(found.values())
