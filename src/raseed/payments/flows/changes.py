"""What follows from decisions about one locked payment: money, state, goods and history.

`Change` collects while `apply_facts` decides, and writes at the end. Nothing else uses it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from raseed.core.errors import ConfigurationError
from raseed.core.facts import Channel, Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.core.snapshot import Charge, Concern, Decision, Move, Policy, Refund, Review, Snapshot
from raseed.core.states import OPEN, RefundState, State
from raseed.payments import conf, schedule
from raseed.payments.flows import fulfil, statements
from raseed.payments.flows.postings import charge_posting, fee_posting, refund_posting, release_posting
from raseed.payments.flows.rows import charge_row, fact_row, refund_row
from raseed.payments.models import Charge as ChargeRow
from raseed.payments.models import GatewayId, Payment, Ruling
from raseed.payments.models import Refund as RefundRow

_FAILURES = {FactKind.ATTEMPT_FAILED, FactKind.FAILED, FactKind.EXPIRED, FactKind.CANCELLED}


@dataclass
class Change:
    """One payment, locked, and all that this transaction does to it."""

    payment: Payment
    snapshot: Snapshot
    channel: Channel
    now: datetime
    delivery_id: int | None = None
    user_id: int | None = None
    defer_fulfilment: bool = False
    _dirty: bool = False
    _fulfilment_id: int | None = None
    _refunded: list[int] = field(default_factory=list)
    _facts: list[dict[str, Any]] = field(default_factory=list)
    _postings: list[dict[str, Any]] = field(default_factory=list)
    _gained_ids: list[str] = field(default_factory=list)

    # What decisions ask for

    def move(self, fact: Fact, decision: Move) -> None:
        """Carry out a move: money first, then the state."""
        if decision.charge is not None and not self._take_charge(fact, decision.charge, decision):
            return
        if decision.refund is not None:
            self._take_refund(fact, decision.refund)
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
        self.payment.gateway_ref = fact.gateway_ref
        self.snapshot = replace(self.snapshot, gateway_refs=frozenset({fact.gateway_ref}))
        Payment.objects.filter(pk=self.payment.pk).update(gateway_ref=fact.gateway_ref)
        known = GatewayId(account=self.payment.account, value=fact.gateway_ref, payment=self.payment)
        GatewayId.objects.bulk_create([known], ignore_conflicts=True)
        statements.wake_deliveries(self.payment.account, [fact.gateway_ref], self.now)

    def learn_fee(self, fact: Fact) -> None:
        """A fee that is stated later than its charge is booked when it becomes known."""
        if fact.weight is Weight.HINT or fact.fee is None or self.snapshot.charge(fact.charge_ref) is None:
            return
        unknown = ChargeRow.objects.filter(
            account=self.payment.account, ref=fact.charge_ref, currency=fact.fee.currency, fee_minor=None
        )
        if unknown.update(fee_minor=fact.fee.minor) and fact.charge_ref:
            self._postings += fee_posting(self.payment, fact.charge_ref, fact.fee, self.now)

    def accept(self) -> None:
        """A person takes the money as good: it becomes a sale, and what was paid for is given."""
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
            self._set(paid_at=self.now, first_channel=self.channel.value, detail="")
        if state not in OPEN or self.payment.check_channel != Channel.WEBHOOK.value:
            # A check that a webhook brought forward while the checkout was being opened stays forward.
            self._set(next_check_at=self._next_check(state), check_channel=Channel.POLL.value)

    # Money that comes

    def _take_charge(self, fact: Fact, charge: Charge, decision: Move) -> bool:
        """Record money that came and what it is good for. False: it belongs to another payment."""
        concern, policy = decision.concern, decision.then
        had_charges = bool(self.snapshot.charges)
        gives = concern is not Concern.DOUBLE and (
            policy is Policy.FULFIL or (concern is Concern.OVER and policy is Policy.REFUND)
        )
        held = policy is not Policy.FULFIL and not gives
        if not self._record_charge(fact, charge, held=held, concern=concern or ""):
            return False
        if gives and not self._claim():
            concern, policy = Concern.DOUBLE, self.snapshot.policies.double
            if policy is not Policy.FULFIL:
                self._hold(charge)
        elif gives and had_charges:
            self._release(ChargeRow.objects.filter(payment=self.payment, held=True, counts=True))
        self._follow_policy(charge, concern, policy)
        return True

    def _follow_policy(self, charge: Charge, concern: Concern | None, policy: Policy | None) -> None:
        """Tell staff, or queue the refund, or (money as agreed) clear what a review had left."""
        if concern is None or policy is Policy.FULFIL:
            self._flag("", "")
            return
        words = f"{_IN_WORDS[concern]} ({charge.money}, charge {charge.ref})"
        if policy is Policy.HOLD:
            self._flag(concern.value, f"{words}; held until a person decides")
            return
        self._flag(concern.value, f"{words}; being sent back")
        minor = charge.money.minor
        if concern is Concern.OVER:
            minor = min(minor, self.snapshot.collected_minor() - self.snapshot.money.minor)
        row = refund_row(
            self.payment,
            charge.ref,
            Money(minor, charge.money.currency),
            state=RefundState.WAITING.value,
            key=f"policy-{hashlib.sha256(f'{concern}:{charge.ref}'.encode()).hexdigest()[:24]}",
            reason=words,
            now=self.now,
            next_try_at=self.now,
        )
        statements.insert_row("raseed_refund", row, conflict="(payment_id, key)")

    def _record_charge(self, fact: Fact, charge: Charge, *, held: bool, concern: str) -> bool:
        """A new charge is inserted; a known one that grew or was corrected is updated."""
        known = self.snapshot.charge(charge.ref)
        if known is None:
            return self._insert_charge(fact, charge, held=held, concern=concern)
        row = ChargeRow.objects.get(account=self.payment.account, ref=charge.ref)
        difference = Money(charge.money.minor - known.money.minor, charge.money.currency)
        self._postings.append(
            charge_posting(
                self.payment, charge.ref, difference, held=row.held, now=self.now, memo="correction"
            )
        )
        ChargeRow.objects.filter(pk=row.pk).update(minor=charge.money.minor)
        self._know(charge)
        return True

    def _insert_charge(self, fact: Fact, charge: Charge, *, held: bool, concern: str) -> bool:
        row = charge_row(self.payment, fact, charge, held=held, concern=concern, now=self.now)
        if statements.insert_row("raseed_charge", row, conflict="(account, ref)") is None:
            owner = ChargeRow.objects.get(account=self.payment.account, ref=charge.ref).payment
            self._flag("identity", f"charge {charge.ref} is recorded under payment {owner.reference}")
            return False
        self._know(charge)
        self._gained_ids.append(charge.ref)
        self._postings.append(charge_posting(self.payment, charge.ref, charge.money, held=held, now=self.now))
        if row["fee_minor"] is not None and fact.fee is not None:
            self._postings += fee_posting(self.payment, charge.ref, fact.fee, self.now)
        return True

    def _know(self, charge: Charge) -> None:
        others = tuple(c for c in self.snapshot.charges if c.ref != charge.ref)
        self.snapshot = replace(self.snapshot, charges=(*others, charge))

    def _hold(self, charge: Charge) -> None:
        """Money booked as a sale a moment ago turns out to be a second payment for the same thing."""
        rows = ChargeRow.objects.filter(account=self.payment.account, ref=charge.ref)
        rows.update(held=True, concern=Concern.DOUBLE.value)
        for entry in self._postings:
            if entry["charge_ref"] == charge.ref and entry["memo"] == "charge":
                entry["credit"] = "suspense"

    def _release(self, held: Any) -> None:
        """Held money becomes a sale."""
        for row in held:
            ChargeRow.objects.filter(pk=row.pk).update(held=False, counts=True)
            self._know(Charge(row.ref, row.money))
            left = Money(self.snapshot.refundable_minor(Charge(row.ref, row.money)), row.currency)
            self._postings += release_posting(self.payment, row.ref, left, self.now)

    # Money that goes back

    def _take_refund(self, fact: Fact, refund: Refund) -> None:
        if refund.ref and self._refund_taken(refund):
            self._flag("identity", f"refund {refund.ref} is recorded under another payment")
            return
        refund_id = refund.id
        if refund_id is None:
            row = refund_row(
                self.payment,
                refund.charge_ref,
                refund.money,
                state=refund.state.value,
                key=f"gateway:{refund.ref}",
                reason=fact.detail,
                now=self.now,
                ref=refund.ref,
                is_external=True,
                is_void=refund.is_void,
            )
            refund_id = statements.insert_row("raseed_refund", row, conflict="(payment_id, key)")
            if refund_id is None:
                return
        others = tuple(r for r in self.snapshot.refunds if r.id != refund.id or r.id is None)
        self.snapshot = replace(self.snapshot, refunds=(*others, replace(refund, id=refund_id)))
        self._settle_refund(refund_id, refund, fact)

    def _refund_taken(self, refund: Refund) -> bool:
        same = RefundRow.objects.filter(account=self.payment.account, ref=refund.ref)
        if refund.id is not None:
            same = same.exclude(pk=refund.id)
        return same.exists()

    def _settle_refund(self, refund_id: int, refund: Refund, fact: Fact) -> None:
        final = refund.state in {RefundState.SUCCEEDED, RefundState.FAILED}
        RefundRow.objects.filter(pk=refund_id).update(
            ref=refund.ref,
            state=refund.state.value,
            error=fact.detail if refund.state is RefundState.FAILED else "",
            settled_at=self.now if final else None,
            next_try_at=None if final else schedule.retry_at(self.now, 1, schedule.FIRST_CHECK_SECONDS),
        )
        if refund.state is not RefundState.SUCCEEDED:
            return
        held = ChargeRow.objects.get(account=self.payment.account, ref=refund.charge_ref).held
        self._postings.append(
            refund_posting(self.payment, refund.charge_ref, refund.money, refund_id, held=held, now=self.now)
        )
        self._refunded.append(refund_id)
        if self._all_went_back() or self._all_held_went_back():
            self._flag("", "")

    def _all_held_went_back(self) -> bool:
        """Nothing is left of the money about which a person was to decide."""
        if self.payment.concern not in set(Concern):
            return False
        refs = ChargeRow.objects.filter(payment=self.payment, held=True).values_list("ref", flat=True)
        held = [charge for charge in self.snapshot.charges if charge.ref in set(refs)]
        return bool(held) and all(self.snapshot.refundable_minor(charge) <= 0 for charge in held)

    def _all_went_back(self) -> bool:
        snapshot = self.snapshot
        return bool(snapshot.charges) and all(snapshot.refundable_minor(c) <= 0 for c in snapshot.charges)

    # Goods, history, writing

    def _claim(self) -> bool:
        """Claim the one fulfilment of this purpose, payable and occasion. False: another payment has it."""
        if self._fulfilment_id is not None:
            return True
        self._fulfilment_id = fulfil.claim(self.payment, self.now, deferred=self.defer_fulfilment)
        return self._fulfilment_id is not None or fulfil.is_ours(self.payment)

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
        self._facts.append(row | {"kind": ruling.value})

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
        if self._fulfilment_id is not None and not self.defer_fulfilment:
            fulfil.give(self._fulfilment_id, self.payment, self.now)
        if self._refunded:
            fulfil.take_back(self.payment, self._refunded, everything=self._all_went_back(), now=self.now)

    def _next_check(self, state: State) -> datetime | None:
        try:
            capabilities = conf.current().gateway(self.payment.account).capabilities
        except ConfigurationError:
            return None
        return schedule.next_check(
            state,
            created_at=self.payment.created_at,
            paid_at=self.payment.paid_at,
            now=self.now,
            poll_seconds=capabilities.poll_seconds,
            can_query_refunds=capabilities.can_query_refunds,
        )

    def _flag(self, concern: str, attention: str) -> None:
        if (self.payment.concern, self.payment.attention) != (concern, attention):
            self._set(concern=concern, attention=attention)

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self.payment, name, value)
        self._dirty = True


_IN_WORDS = {
    Concern.LATE: "the money came after the checkout had ended",
    Concern.OVER: "more money came than was agreed",
    Concern.UNDER: "less money came than was agreed",
    Concern.DOUBLE: "this was paid for a second time",
}
