"""What follows from decisions about one locked payment: money, state, goods and history.

`Change` collects while `apply_facts` decides, and writes at the end. Nothing else uses it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from raseed.core.disputes import DISPUTED
from raseed.core.errors import ConfigurationError
from raseed.core.facts import Channel, Fact, FactKind, Weight, reason_in
from raseed.core.snapshot import Concern, Decision, Move, Review
from raseed.core.states import CLOSED, OPEN, UNPAID_ENDS, State
from raseed.payments import conf, schedule
from raseed.payments.flows import (
    disputes,
    fulfil,
    hints,
    kept_returns,
    reserve,
    round_trips,
    save_card,
    statements,
    wallets,
)
from raseed.payments.flows.bookings import Bookings
from raseed.payments.flows.rows import fact_row
from raseed.payments.models import GatewayId, Payment, Ruling

_FAILURES = {FactKind.ATTEMPT_FAILED, FactKind.FAILED, FactKind.EXPIRED, FactKind.CANCELLED}


@dataclass
class Change(Bookings):
    """One payment, locked, and all that this transaction does to it."""

    _turn: datetime | None = None

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
        if decision.concern is Concern.LATE:
            self.ask(fact)  # a void may have been told before the payment that it sends back
        if self.snapshot.state is State.REVIEW and decision.charge is not None and self._price_went_back():
            self.move_to(State.CANCELLED)  # all of it is in the payer's wallet: nothing is left to decide

    def review(self, fact: Fact, decision: Review) -> None:
        """A person must look; money that came is booked to suspense."""
        if decision.charge is not None:
            self._insert_charge(fact, decision.charge, held=True, concern="identity")
        self.move_to(decision.to)
        self._flag("identity", decision.reason)

    def follow_dispute(self, fact: Fact, decision: Decision) -> None:
        """Keep the row of a dispute; where none is open any more, nobody needs to look for its sake."""
        ended = disputes.follow(self.payment, fact, decision, now=self.now, user_id=self.user_id)
        if ended and self.payment.attention == DISPUTED and self.snapshot.state is not State.REVIEW:
            self._flag("", "")

    def ask(self, fact: Fact) -> None:
        """Bring the next check forward, if a delivery says so and not the answer to a check it woke."""
        if self.delivery_id is None:
            return
        turn = self.now if fact.weight is Weight.PROOF else self._hint_turn()
        due = self.payment.next_check_at
        self._set(next_check_at=min(due, turn) if due else turn, check_channel=Channel.WEBHOOK.value)

    def _hint_turn(self) -> datetime:
        """When the hints of this delivery may be followed: all of them make one question."""
        if self._turn is None:
            self._turn = hints.turn(self.payment, self.now)
            if self._turn == self.now:
                self._set(hinted_at=self.now)
        return self._turn

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

    def learn_ids(self, fact: Fact) -> None:
        """Ids that the checkout gained after it was opened, by which staff and deliveries may name it."""
        new = {name: value for name, value in fact.ids.items() if self.payment.ids.get(name) != value}
        if not new or fact.weight is Weight.HINT or self.account != self.payment.account:
            return
        self.payment.ids = {**self.payment.ids, **new}
        Payment.objects.filter(pk=self.payment.pk).update(ids=self.payment.ids)
        known = [
            GatewayId(account=self.payment.account, value=value, payment=self.payment)
            for value in new.values()
        ]
        GatewayId.objects.bulk_create(known, ignore_conflicts=True)
        statements.wake_deliveries(self.payment.account, sorted(new.values()), self.now)

    def learn_card(self, fact: Fact) -> None:
        """A card that the gateway kept with this payment, told by whom we believe."""
        if fact.card is not None and fact.weight is Weight.PROOF and self.account == self.payment.account:
            save_card.keep_card(self.payment, fact.card, self.now, told=self.delivery_id is not None)

    def move_to(self, state: State) -> None:
        """Set the state, and what depends on it."""
        if state is self.snapshot.state:
            return
        self.snapshot = replace(self.snapshot, state=state)
        self._set(state=state.value)
        if state is State.PAID:
            self._set(paid_at=self.now, first_channel=self._first_channel(), detail="")
        if state in CLOSED and self.delivery_id is not None:
            # An old delivery may have overtaken the one that told of money, and that one may be lost.
            soon = self.now + timedelta(seconds=schedule.FIRST_CHECK_SECONDS)
            self._set(next_check_at=soon, check_channel=Channel.WEBHOOK.value)
        elif not self._stays_forward(state):
            self._set(next_check_at=self._next_check(), check_channel=Channel.POLL.value)

    def _stays_forward(self, state: State) -> bool:
        """A check that a webhook brought forward stays so: while the checkout is being opened, and for hints.

        A hint that money went back may come before the proof that it came, and only asking tells how much.
        """
        if self.payment.check_channel != Channel.WEBHOOK.value:
            return False
        is_told = self.delivery_id is not None and self.payment.next_check_at is not None
        return state in OPEN or (state is State.PAID and is_told)

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
        says_why = reason_in(said) or not reason_in(self.payment.detail)
        if said and says_why and said != self.payment.detail and self.snapshot.state is not State.PAID:
            self._set(detail=said)
        self._facts.append(self._fact_row(fact, type(decision).__name__.lower(), decision.reason, before))

    def keep_ruling(self, ruling: Ruling, reason: str, before: State, said: Fact | None = None) -> None:
        """Remember a ruling, with the money it states; it reads like a fact of our own."""
        fact = said or Fact(FactKind.UNKNOWN, Weight.PROOF, detail=reason)
        row = self._fact_row(fact, "move", reason, before)
        digest = hashlib.sha256(f"{ruling}:{self.now.isoformat()}".encode()).hexdigest()
        self._facts.append(row | {"kind": ruling.value, "digest": digest})  # every ruling is news

    def _fact_row(self, fact: Fact, decision: str, reason: str, before: State) -> dict[str, Any]:
        is_return = self.channel is Channel.RETURN and fact.weight is Weight.HINT
        secrets = kept_returns.secrets_in(fact, self.account) if is_return else {}
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
            secrets=secrets,
            sealed=kept_returns.sealed(secrets),
        )

    def write(self) -> None:
        """Write what was collected; then give and take back, last in the lock order."""
        self._postings, owed = wallets.follow(self._postings, self.now)
        if owed:
            self._flag_shortfall(owed)
        round_trips.execute_together(list(self._rows()))
        if self._gained_ids and self.is_awaited:
            statements.wake_deliveries(self.payment.account, self._gained_ids, self.now)
        if self.is_rehearsal:
            return
        if self._fulfilment_id is not None and self._price_went_back():
            fulfil.cancel(self._fulfilment_id)  # it came and went before we heard of either
        elif self._fulfilment_id is not None and not self.giving.later:
            fulfil.give(self._fulfilment_id, self.payment, self.now, bare=self.giving.bare)
        if self._refunded:
            fulfil.take_back(self.payment, self._refunded, everything=self._price_went_back(), now=self.now)
        if self._dirty and self._gives_nothing() and reserve.reserves(self.payment):
            reserve.let_go(self.payment, self.now)

    def _rows(self) -> Iterator[round_trips.Statement]:
        """History, ledger and the payment's own row."""
        yield round_trips.insertion("raseed_paymentfact", self._facts, ignore_conflicts=True)
        if self._postings:
            yield round_trips.insertion("raseed_posting", self._postings)
        if self._dirty:
            yield statements.payment_update(self.payment)

    def _flag_shortfall(self, owed: str) -> None:
        """More left a wallet than was in it: its owner owes the rest, and a person must know."""
        words = (
            f"{owed} went back that the wallet {self.payment.wallet_owner} no longer had; its owner owes it"
        )
        said = f"{self.payment.attention}; {words}" if self.payment.attention else words
        self._flag(self.payment.concern or wallets.SHORTFALL, said)

    def _gives_nothing(self) -> bool:
        """It ended without money, or all of it went back: what is still set aside for it is let go."""
        return self.snapshot.state in UNPAID_ENDS or self._price_went_back()

    @property
    def history(self) -> list[dict[str, Any]]:
        """One row for each fact that was decided, as it is written."""
        return self._facts

    @property
    def gives(self) -> bool:
        """What was paid for is given now."""
        return self._fulfilment_id is not None and not self._price_went_back()

    @property
    def takes_back(self) -> bool:
        """The shop's rule for refunds runs now."""
        return bool(self._refunded)

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
