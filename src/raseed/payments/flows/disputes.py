"""The rows of disputes: opened and closed by the facts that tell of them, inside the one door."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.snapshot import Ask, Decision, Move
from raseed.payments.models import Dispute, DisputeState, Payment

_ABOUT_DISPUTES = {FactKind.DISPUTED, FactKind.DISPUTE_CLOSED}


def is_known(payment: Payment, fact: Fact) -> bool:
    """It tells again of a dispute that has its row: gateways go on saying so after it has ended."""
    if fact.kind is not FactKind.DISPUTED or fact.weight is Weight.HINT:
        return False
    return Dispute.objects.filter(payment=payment, charge_ref=fact.charge_ref or "").exists()


def follow(payment: Payment, fact: Fact, decision: Decision, *, now: datetime, user_id: int | None) -> bool:
    """Keep the row up to date. True where no dispute of this payment is open any more."""
    if fact.kind not in _ABOUT_DISPUTES or fact.weight is Weight.HINT or isinstance(decision, Ask):
        return False
    stated = {"minor": fact.money.minor, "currency": fact.money.currency} if fact.money else {}
    said: dict[str, Any] = {"reason": fact.detail, "user_id": user_id}
    its = {"payment": payment, "charge_ref": fact.charge_ref or ""}
    if fact.kind is FactKind.DISPUTED:
        opened = {"state": DisputeState.OPEN, "opened_at": now, **stated, **said}
        Dispute.objects.get_or_create(**its, defaults=opened)
        return False
    if fact.money is None or (fact.money.minor > 0 and not isinstance(decision, Move)):
        return False
    is_lost = isinstance(decision, Move)
    ended = {"state": DisputeState.LOST if is_lost else DisputeState.WON, "closed_at": now, **said}
    if Dispute.objects.filter(**its, state=ended["state"]).exists():
        ended = {}  # it is told again: it ended when it did, by whoever said so first
    ended |= stated if is_lost else {}
    Dispute.objects.update_or_create(**its, defaults=ended, create_defaults={**ended, "opened_at": now})
    return not Dispute.objects.filter(payment=payment, state=DisputeState.OPEN).exists()
