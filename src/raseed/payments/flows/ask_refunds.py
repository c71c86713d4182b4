"""Ask about refunds one by one, where a gateway does not tell of them when it is asked about the payment.

Asked about: every refund of ours that is under way, and those that hints have named.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from raseed.core.errors import GatewayError
from raseed.core.facts import Channel, Fact, FactKind, Weight
from raseed.core.states import OPEN, RefundState
from raseed.gateways.base import Capabilities, Gateway, GatewayRef, Memory
from raseed.payments import conf
from raseed.payments.flows.apply_facts import apply_answer
from raseed.payments.flows.words import words_of
from raseed.payments.models import Payment, PaymentFact

_TOLD = [FactKind.REFUNDED.value, FactKind.REFUND_PENDING.value, FactKind.REFUND_FAILED.value]

#: Names asked about at one time, newest first: whoever sends hints may send many.
MOST_NAMES = 5

#: A hint that could not be settled is forgotten after this time.
LONGEST_DAYS = 3

#: A gateway may tell of a refund before it can be asked about it; afterwards its "no such refund" counts.
CERTAIN_SECONDS = 600

_FIRST_PAUSE = timedelta(seconds=30)


def ask_refunds(gateway: Gateway, payment: Payment, ref: GatewayRef, memory: Memory, channel: Channel) -> str:
    """Ask about each and apply what the gateway says; what went wrong in words, or an empty text."""
    if not _one_by_one(gateway.capabilities) or payment.state in OPEN:
        return ""
    now = conf.now()
    facts: list[Fact] = []
    errors: list[str] = []
    for charge_ref, key, name in _asked_about(payment, now):
        try:
            facts += gateway.query_refund(ref, charge_ref, key, name, memory) or _none(payment, name, now)
        except GatewayError as problem:
            errors.append(words_of(problem))
    if facts:
        apply_answer(payment.pk, facts, channel=channel, account=payment.account)
    return "; ".join(dict.fromkeys(errors))


def next_look(payment: Payment, capabilities: Capabilities, now: datetime) -> datetime | None:
    """When to ask again because of hints that are not settled; ever more slowly, and None without one."""
    if not _one_by_one(capabilities) or payment.state in OPEN:
        return None
    came_at = _hints(payment, now).order_by("pk").values_list("created_at", flat=True).first()
    return None if came_at is None else now + max(_FIRST_PAUSE, (now - came_at) / 10)


def _one_by_one(capabilities: Capabilities) -> bool:
    return capabilities.can_refund and not capabilities.can_query_refunds


def _asked_about(payment: Payment, now: datetime) -> Iterator[tuple[str, str, str | None]]:
    """Charge, our key and name at the gateway of each."""
    refunds = list(payment.refunds.filter(account=payment.account))
    for refund in refunds:
        if refund.state in {RefundState.UNKNOWN, RefundState.PENDING}:
            yield refund.charge_ref, refund.key, refund.ref
    charges = [charge.ref for charge in payment.charges.filter(account=payment.account)[:2]]
    only = charges[0] if len(charges) == 1 else ""
    names = dict.fromkeys(_hints(payment, now).order_by("-pk").values_list("refund_ref", flat=True))
    known = {name for refund in refunds for name in (refund.ref, refund.key)}
    for name in [name for name in names if name not in known][:MOST_NAMES]:
        yield only, "", name


def _hints(payment: Payment, now: datetime) -> QuerySet[PaymentFact]:
    """Hints of refunds that no proof has answered since."""
    told = payment.facts.exclude(refund_ref="")
    proofs = dict(told.filter(weight=Weight.PROOF.value).values_list("refund_ref").annotate(newest=Max("pk")))
    recent = told.filter(weight=Weight.HINT.value, kind__in=_TOLD).filter(
        created_at__gte=now - timedelta(days=LONGEST_DAYS)
    )
    answered = [pk for pk, name in recent.values_list("pk", "refund_ref") if pk < proofs.get(name, 0)]
    return recent.exclude(pk__in=answered)


def _none(payment: Payment, name: str | None, now: datetime) -> list[Fact]:
    """The gateway has no refund of this name: that settles the hint, unless it may have come too early."""
    hint = _hints(payment, now).filter(refund_ref=name).order_by("pk").first() if name else None
    if hint is None or now - hint.created_at < timedelta(seconds=CERTAIN_SECONDS):
        return []
    return [Fact(FactKind.UNKNOWN, Weight.PROOF, refund_ref=name, detail="the gateway has no such refund")]
