"""Which channel said first that the money came, and how long the others took. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from raseed.core.facts import Channel, Weight
from raseed.payments.admin.words import CHANNEL_WORDS, SAYS_PAID, duration
from raseed.payments.models import PaymentFact


@dataclass(frozen=True)
class Evidence:
    """What one channel said of the money, and when first. `at` None: it has said nothing of it."""

    channel: str
    meaning: str
    at: datetime | None = None
    words: str = ""
    weight: str = ""
    lag: str = ""


def evidence(facts: Iterable[PaymentFact]) -> list[Evidence]:
    """One row per channel, in the order in which they spoke; the silent ones last."""
    said: dict[str, PaymentFact] = {}
    for fact in sorted(facts, key=lambda fact: (fact.created_at, fact.pk)):
        if fact.kind not in SAYS_PAID:
            continue
        kept = said.setdefault(fact.channel, fact)
        if kept.weight == Weight.HINT and fact.weight == Weight.PROOF:
            said[fact.channel] = fact
    first = first_said(said.values())
    spoke = [_row(fact, first) for fact in sorted(said.values(), key=lambda fact: fact.created_at)]
    silent = [Evidence(channel, CHANNEL_WORDS[channel]) for channel in Channel if channel not in said]
    return spoke + silent


def first_said(facts: Iterable[PaymentFact]) -> PaymentFact | None:
    """The earliest proof that the money came."""
    proofs = (fact for fact in facts if fact.kind in SAYS_PAID and fact.weight == Weight.PROOF)
    return min(proofs, key=lambda fact: (fact.created_at, fact.pk), default=None)


def _row(fact: PaymentFact, first: PaymentFact | None) -> Evidence:
    lag = ""
    if fact is first:
        lag = "first"
    elif first is not None:
        lag = f"{duration(fact.created_at - first.created_at)} after the first"
    words = " · ".join(str(word) for word in (fact.money, fact.charge_ref, fact.detail) if word)
    return Evidence(
        fact.channel, CHANNEL_WORDS[Channel(fact.channel)], fact.created_at, words, fact.weight, lag
    )
