"""What reading a kept delivery again would change: done for real in a transaction, and undone at once.

No code of the shop runs, so nothing outside the database can happen either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from raseed.core.facts import Channel, Fact, Weight
from raseed.core.money import Money
from raseed.payments.flows import statements
from raseed.payments.flows.apply_facts import begin_change, decide_all
from raseed.payments.flows.read_delivery import read_kept
from raseed.payments.models import Charge, Delivery, Payment, Posting, Refund


@dataclass(frozen=True)
class Said:
    """One fact of the delivery and what was decided about it."""

    kind: str
    weight: Weight
    money: Money | None
    decision: str
    reason: str
    from_state: str
    to_state: str


@dataclass(frozen=True)
class Rehearsal:
    """What would change. `payment` None: the delivery names none of ours, and nothing would."""

    payment: Payment | None
    said: tuple[Said, ...] = ()
    state: tuple[str, str] = ("", "")
    attention: tuple[str, str] = ("", "")
    charges: tuple[Charge, ...] = ()
    refunds: tuple[Refund, ...] = ()
    postings: tuple[Posting, ...] = ()
    gives: bool = False
    takes_back: bool = False

    @property
    def is_news(self) -> bool:
        """Something would change."""
        moves = self.state[0] != self.state[1] or self.attention[0] != self.attention[1]
        return moves or bool(self.charges or self.refunds or self.postings) or self.gives or self.takes_back


def rehearse_delivery(delivery: Delivery, now: datetime) -> Rehearsal:
    """Read it, decide, and tell. Raises what reading raises: an adapter's mistake, a key that is gone."""
    with transaction.atomic():
        facts, payment_id = read_kept(delivery)
        if payment_id is None:
            return Rehearsal(None, tuple(_unheard(fact) for fact in facts))
        rehearsal = _rehearse(payment_id, facts, delivery, now)
        transaction.set_rollback(True)
    return rehearsal


def _rehearse(payment_id: int, facts: Sequence[Fact], delivery: Delivery, now: datetime) -> Rehearsal:
    locked = statements.lock_payment(payment_id)
    before = _Rows(locked)
    was = (locked.state, locked.attention)
    change = begin_change(
        payment_id,
        facts,
        channel=Channel.WEBHOOK,
        now=now,
        account=delivery.account,
        delivery_id=delivery.pk,
        is_rehearsal=True,
    )
    decide_all(change, facts, delivery.account)
    change.write()
    after = _Rows(change.payment)
    return Rehearsal(
        payment=change.payment,
        said=tuple(_said(row, fact) for row, fact in zip(change.history, facts, strict=True)),
        state=(was[0], change.payment.state),
        attention=(was[1], change.payment.attention),
        charges=tuple(row for row in after.charges if row not in before.charges),
        refunds=tuple(row for row in after.refunds if _differs(row, before.refunds)),
        postings=tuple(row for row in after.postings if row not in before.postings),
        gives=change.gives,
        takes_back=change.takes_back,
    )


@dataclass
class _Rows:
    """The money of a payment as it stands."""

    payment: Payment
    charges: list[Charge] = field(init=False)
    refunds: list[Refund] = field(init=False)
    postings: list[Posting] = field(init=False)

    def __post_init__(self) -> None:
        mine = {"payment": self.payment.pk}
        self.charges = list(Charge.objects.filter(**mine).order_by("pk"))
        self.refunds = list(Refund.objects.filter(**mine).order_by("pk"))
        self.postings = list(Posting.objects.filter(**mine).order_by("pk"))


def _differs(refund: Refund, before: Sequence[Refund]) -> bool:
    return all((refund.pk, refund.state) != (other.pk, other.state) for other in before)


def _said(row: dict[str, object], fact: Fact) -> Said:
    return Said(
        kind=fact.kind.value,
        weight=fact.weight,
        money=fact.money,
        decision=str(row["decision"]),
        reason=str(row["reason"]),
        from_state=str(row["from_state"]),
        to_state=str(row["to_state"]),
    )


def _unheard(fact: Fact) -> Said:
    return Said(fact.kind.value, fact.weight, fact.money, "", "no payment of ours is named", "", "")
