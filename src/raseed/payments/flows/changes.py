"""What follows from decisions about one locked payment: money, state, goods and history.

`Change` collects while `apply_facts` decides, and writes at the end. Nothing else uses it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from raseed.core.errors import ConfigurationError, RefusedRuling
from raseed.core.facts import Channel, Fact, FactKind, Weight
from raseed.core.snapshot import Concern, Decision, Move, Review
from raseed.core.states import OPEN, State
from raseed.payments import conf, schedule
from raseed.payments.flows import fulfil, statements
from raseed.payments.flows.bookings import Bookings
from raseed.payments.flows.rows import fact_row
from raseed.payments.models import Charge as ChargeRow
from raseed.payments.models import GatewayId, Payment, Ruling

_FAILURES = {FactKind.ATTEMPT_FAILED, FactKind.FAILED, FactKind.EXPIRED, FactKind.CANCELLED}


@dataclass
class Change(Bookings):
    """One payment, locked, and all that this transaction does to it."""

    # What decisions ask for

    def move(self, fact: Fact, decision: Move) -> None:
        """Carry out a move: money first, then the state."""
        if decision.charge is not None and not self._take_charge(fact, decision.charge, decision):
            return
        if decision.refund is not None and not self._take_refund(fact, decision.refund):
            return
        if decision.to in OPEN and self.snapshot.state not in OPEN and self._another_is_open():
            return  # held money of a checkout that another has replaced: it is watched to its end
        self.move_to(decision.to)

    def review(self, fact: Fact, decision: Review) -> None:
        """A person must look; money that came is booked to suspense."""
        if decision.charge is not None:
            self._insert_charge(fact, decision.charge, held=True, concern="identity")
        self.move_to(decision.to)
        self._flag("identity", decision.reason)

    def ask(self) -> None:
        """Bring the next check forward, if a delivery says so and not the answer to a check it woke."""
        if self.delivery_id is not None:
            due = self.payment.next_check_at
            self._set(next_check_at=min(due, self.now) if due else self.now)
            self._set(check_channel=Channel.WEBHOOK.value)

    def learn_identity(self, fact: Fact) -> None:
        """Where opening has no answer (lost, or not yet there), the first proof tells the gateway's id."""
        if self.payment.gateway_ref or not fact.gateway_ref or fact.weight is Weight.HINT:
            return
        if fact.reference not in (None, self.payment.reference) or self.account != self.payment.account:
            return
        if None not in (fact.livemode, self.payment.livemode) and fact.livemode != self.payment.livemode:
            return
        self.payment.gateway_ref = fact.gateway_ref
        self.snapshot = replace(self.snapshot, gateway_refs=frozenset({fact.gateway_ref}))
        Payment.objects.filter(pk=self.payment.pk).update(gateway_ref=fact.gateway_ref)
        known = GatewayId(account=self.payment.account, value=fact.gateway_ref, payment=self.payment)
        GatewayId.objects.bulk_create([known], ignore_conflicts=True)
        statements.wake_deliveries(self.payment.account, [fact.gateway_ref], self.now)

    def accept(self) -> None:
        """A person takes the money as good: it becomes a sale, and what was paid for is given.

        Raises RefusedRuling where it is given for another payment, unless that is what was asked about.
        """
        if self.payment.concern != Concern.DOUBLE and fulfil.is_anothers(self.payment):
            raise RefusedRuling(
                f"what payment {self.payment.reference} is for is given for another payment. Send this money "
                "back, or settle the other payment first."
            )
        self._withdraw_refunds()
        self._release(ChargeRow.objects.filter(payment=self.payment, held=True))
        self.move_to(State.PAID)
        self._flag("", "")
        self._claim()

    def reject(self, reason: str) -> None:
        """A person turns it down. Money that is still here stays visible until it is sent back."""
        self.move_to(State.CANCELLED)
        left = any(self.snapshot.refundable_minor(charge) > 0 for charge in self.snapshot.charges)
        self._flag(
            "identity" if left else "",
            "rejected; the money is still here and should be refunded" if left else "",
        )
        self._set(detail=reason)

    def move_to(self, state: State) -> None:
        """Set the state, and what depends on it."""
        if state is self.snapshot.state:
            return
        self.snapshot = replace(self.snapshot, state=state)
        self._set(state=state.value)
        if state is State.PAID:
            self._set(paid_at=self.now, first_channel=self._first_channel(), detail="")
        if state not in OPEN or self.payment.check_channel != Channel.WEBHOOK.value:
            # A check that a webhook brought forward while the checkout was being opened stays forward.
            self._set(next_check_at=self._next_check(), check_channel=Channel.POLL.value)

    def _first_channel(self) -> str:
        """Who said first that the money came; a person who accepts it says something else."""
        if self.channel is not Channel.MANUAL:
            return self.channel.value
        said = self.payment.facts.filter(kind__in=[FactKind.PAID.value, FactKind.CAPTURED.value])
        first = (
            said.filter(weight=Weight.PROOF.value).order_by("pk").values_list("channel", flat=True).first()
        )
        return first or self.channel.value

    # History, writing

    def keep(self, fact: Fact, decision: Decision, before: State) -> None:
        """Remember the fact for the history."""
        said = fact.detail if fact.kind in _FAILURES and fact.weight is Weight.PROOF else ""
        if said and said != self.payment.detail and self.snapshot.state is not State.PAID:
            self._set(detail=said)
        self._facts.append(self._fact_row(fact, type(decision).__name__.lower(), decision.reason, before))

    def keep_ruling(self, ruling: Ruling, reason: str, before: State) -> None:
        """Remember a ruling; it reads like a fact of our own."""
        fact = Fact(FactKind.UNKNOWN, Weight.PROOF, detail=reason)
        row = self._fact_row(fact, "move", reason, before)
        digest = hashlib.sha256(f"{ruling}:{self.now.isoformat()}".encode()).hexdigest()
        self._facts.append(row | {"kind": ruling.value, "digest": digest})  # every ruling is news

    def _fact_row(self, fact: Fact, decision: str, reason: str, before: State) -> dict[str, Any]:
        return fact_row(
            self.payment,
            fact,
            decision=decision,
            reason=reason,
            from_state=before.value,
            to_state=self.snapshot.state.value,
            channel=self.channel.value,
            delivery_id=self.delivery_id,
            user_id=self.user_id,
            now=self.now,
        )

    def write(self) -> None:
        """Write what was collected; then give and take back, last in the lock order."""
        if self._dirty:
            statements.update_payment(self.payment)
        statements.insert_rows("raseed_paymentfact", self._facts, ignore_conflicts=True)
        statements.insert_rows("raseed_posting", self._postings)
        if self._gained_ids and getattr(self.payment, "awaited", False):
            statements.wake_deliveries(self.payment.account, self._gained_ids, self.now)
        if self._fulfilment_id is not None and self._price_went_back():
            fulfil.cancel(self._fulfilment_id)  # it came and went before we heard of either
        elif self._fulfilment_id is not None and not self.defer_fulfilment:
            fulfil.give(self._fulfilment_id, self.payment, self.now)
        if self._refunded:
            fulfil.take_back(self.payment, self._refunded, everything=self._price_went_back(), now=self.now)

    def _next_check(self) -> datetime | None:
        try:
            capabilities = conf.current().gateway(self.payment.account).capabilities
        except ConfigurationError:
            return None
        return schedule.next_check(self.payment, capabilities, self.now)

    def _another_is_open(self) -> bool:
        """Another checkout for the same thing took this one's place."""
        same = Payment.objects.filter(**self.payment.thing)
        return same.filter(state__in=[state.value for state in OPEN]).exists()
