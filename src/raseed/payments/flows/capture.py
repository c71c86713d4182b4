"""Money that is held at the gateway: take it, all or a part, or let it go. Once, outside any transaction.

What is to be taken is written down before the gateway is asked, because the proof may come by another
channel first: from then on it is the amount that proofs are compared with. A lost answer is looked up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from raseed.core.errors import (
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    LeaseLost,
    OutcomeUnknown,
    RefusedCapture,
)
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.core.states import State
from raseed.gateways.base import Capabilities, Gateway, GatewayRef
from raseed.payments import conf, schedule
from raseed.payments.flows import leases
from raseed.payments.flows.apply_facts import apply_answer
from raseed.payments.flows.check_payment import ref_of
from raseed.payments.flows.words import words_of
from raseed.payments.memory import DatabaseMemory
from raseed.payments.models import MemoryStep, Payment

#: How long to wait while a worker asks about the payment; such a question is short.
WAIT_FOR_WORKER_SECONDS = 5.0

#: What tells that the money is held no longer.
_NOT_HELD = frozenset(
    {
        FactKind.PAID,
        FactKind.CAPTURED,
        FactKind.VOIDED,
        FactKind.CANCELLED,
        FactKind.EXPIRED,
        FactKind.FAILED,
    }
)


def capture(payment: Payment | int, money: Money | None = None) -> Payment:
    """Take held money; what was paid for is then given. The payment afterwards.

    `money` None takes all that is left; after a part the payment counts as paid with that part. The rest is
    released, or, at a gateway that captures in parts, may be taken by further calls. Raises RefusedCapture,
    GatewayRefused (nothing was done) or GatewayUnavailable (not known yet: the worker asks, and so does
    another call).
    """
    with _held(payment, "capture", {State.AUTHORIZED, State.PAID}) as call:
        if not call.gateway.capabilities.can_capture:
            raise RefusedCapture(f"account {call.payment.account!r} cannot take held money.")
        if call.repeats_a_lost_one():
            return call.payment
        amount, step = _amount(call, money), call.capture_step(len(call.taken) + 1)
        if call.is_still_held(step):
            call.expect(call.taken_minor + amount.minor)
            try:
                call.once(
                    step,
                    lambda: call.gateway.capture(call.ref, call.charge_ref, amount, call.memory),
                )
            except GatewayRefused:
                call.expect(call.payment.capture_minor)
                raise
    return Payment.objects.get(pk=call.payment.pk)


def void(payment: Payment | int) -> Payment:
    """Let held money go back to the customer. The payment afterwards. Raises as `capture` does."""
    with _held(payment, "void", {State.AUTHORIZED, State.LAPSED}) as call:
        if not call.gateway.capabilities.can_void:
            raise RefusedCapture(f"account {call.payment.account!r} cannot let held money go.")
        call.once("void", lambda: call.gateway.void(call.ref, call.charge_ref, call.memory))
    return Payment.objects.get(pk=call.payment.pk)


def left_of_hold(payment: Payment, capabilities: Capabilities) -> Money:
    """What is still held of a payment whose money was. Raises RefusedCapture where no more can be taken."""
    minor = payment.minor - sum(charge.minor for charge in payment.charges.all() if charge.counts)
    if payment.state == State.PAID:
        if not capabilities.captures_in_parts or minor <= 0:
            raise _nothing_held(payment)
        if payment.refunds.all():
            raise RefusedCapture(f"money of payment {payment.reference} went back; no more of it is taken.")
    return Money(minor, payment.currency)


def _amount(call: _Call, money: Money | None) -> Money:
    """What is to be taken of what is held. Raises RefusedCapture."""
    left = left_of_hold(call.payment, call.gateway.capabilities)
    if money is None:
        return left
    if money.currency != left.currency or not 0 < money.minor <= left.minor:
        raise RefusedCapture(f"{money} cannot be taken: {left} is held.")
    return money


@dataclass(frozen=True)
class _Call:
    """One payment whose money is held, leased to us."""

    payment: Payment
    gateway: Gateway
    number: int

    @property
    def memory(self) -> DatabaseMemory:
        return DatabaseMemory(self.payment.account, self.payment.pk, self.number)

    @property
    def ref(self) -> GatewayRef:
        return ref_of(self.payment)

    @property
    def charge_ref(self) -> str:
        """What the gateway calls the held money, where it named it."""
        told = self.payment.facts.filter(kind=FactKind.AUTHORIZED.value, weight=Weight.PROOF.value)
        return told.exclude(charge_ref="").order_by("-pk").values_list("charge_ref", flat=True).first() or ""

    @cached_property
    def taken(self) -> dict[str, int]:
        """What was taken of the held money before this call: minor units by charge."""
        return {charge.ref: charge.minor for charge in self.payment.charges.filter(counts=True)}

    @property
    def taken_minor(self) -> int:
        """The sum of it."""
        return sum(self.taken.values())

    def capture_step(self, number: int) -> str:
        """The name of a call: each part has its own."""
        return f"capture:{number}" if number > 1 else "capture"

    def repeats_a_lost_one(self) -> bool:
        """Whether the answer to an earlier call was lost, and what it took has been told meanwhile.

        Whoever calls again after that means the same part, and must not take another.
        """
        told = [self.capture_step(number) for number in range(1, len(self.taken) + 1)]
        lost = MemoryStep.objects.filter(payment=self.payment, step__in=told, answered_at=None).first()
        if lost is not None:
            self._close(lost.step)
        return lost is not None

    def _close(self, step: str) -> None:
        """What became of a call whose answer was lost is known."""
        self.memory.once(step, lambda: True, lambda: True)

    def is_still_held(self, step: str) -> bool:
        """Where this was begun before: what became of it? Applies the answer. Raises GatewayUnavailable."""
        begun = MemoryStep.objects.filter(payment=self.payment, step=step).first()
        if begun is None:
            return True
        self.apply(self.gateway.query(self.ref, self.memory))
        now = Payment.objects.get(pk=self.payment.pk)
        if now.state != self.payment.state or now.charges.filter(counts=True).count() > len(self.taken):
            self._close(step)
            return False
        if begun.answered_at is not None:
            raise GatewayUnavailable("the gateway took the request and does not show its effect yet.")
        return True

    def expect(self, minor: int | None) -> None:
        """Fix the sum that proofs are compared with; None: what was agreed. Raises RefusedCapture."""
        stated = None if minor == self.payment.minor else minor
        mine = Payment.objects.filter(pk=self.payment.pk, lease_number=self.number, state=self.payment.state)
        if not mine.update(capture_minor=stated) and minor != self.payment.capture_minor:
            raise RefusedCapture(f"payment {self.payment.reference} changed meanwhile; look again.")

    def once(self, step: str, act: Callable[[], list[Fact]]) -> None:
        """Make the call, or look up what became of an earlier one; apply what it says."""
        facts: list[Fact] = []

        def call() -> bool:
            facts.extend(act())
            return True

        def look_up() -> bool | None:
            facts.extend(self.gateway.query(self.ref, self.memory))
            told = (fact for fact in facts if fact.kind in _NOT_HELD)
            return True if any(fact.charge_ref not in self.taken for fact in told) else None

        self.memory.once(step, call, look_up)
        self.apply(facts or self.gateway.query(self.ref, self.memory))

    def apply(self, facts: list[Fact]) -> None:
        """Through the one door."""
        apply_answer(self.payment.pk, facts, account=self.payment.account)


@contextmanager
def _held(payment: Payment | int, what: str, states: set[State]) -> Iterator[_Call]:
    """Lease a payment whose money is held, for one call; give it back with the next check."""
    leases.outside_transaction(what)
    payment_id = payment if isinstance(payment, int) else payment.pk
    number = _lease(payment_id)
    current = Payment.objects.get(pk=payment_id)
    gateway = conf.current().gateway(current.account)
    error = ""
    try:
        is_held = current.facts.filter(kind=FactKind.AUTHORIZED.value, weight=Weight.PROOF.value).exists()
        if current.state not in states or not is_held:
            raise _nothing_held(current)
        yield _Call(current, gateway, number)
    except (OutcomeUnknown, LeaseLost) as problem:
        error = words_of(problem)
        raise GatewayUnavailable(
            "what became of it is not known yet; the gateway is asked again."
        ) from problem
    except GatewayError as problem:
        error = words_of(problem)
        raise
    finally:
        now = conf.now()
        left = Payment.objects.get(pk=payment_id)
        soon = now + timedelta(seconds=schedule.FIRST_CHECK_SECONDS)
        due = soon if error else schedule.next_check(left, gateway.capabilities, now)
        leases.release(payment_id, number, next_check_at=due, error=error)


def _nothing_held(payment: Payment) -> RefusedCapture:
    return RefusedCapture(f"no money of payment {payment.reference} ({payment.state}) is held.")


def _lease(payment_id: int) -> int:
    """The payment's lease. Raises RefusedCapture while a worker keeps it."""
    settings = conf.current()
    give_up_at = time.monotonic() + WAIT_FOR_WORKER_SECONDS
    while True:
        number = leases.take(payment_id, settings.clock(), settings.lease_seconds)
        if number is not None:
            return number
        if time.monotonic() > give_up_at:
            raise RefusedCapture("the gateway is being asked about this payment right now; try again soon.")
        time.sleep(0.1)
