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
from raseed.gateways.base import Gateway, GatewayRef
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

    `money` None takes all of it; a part releases the rest, and the payment then counts as paid with that
    part. Raises RefusedCapture, GatewayRefused (nothing was done) or GatewayUnavailable (not known yet:
    the worker asks, and so does another call).
    """
    with _held(payment, "capture", {State.AUTHORIZED}) as call:
        if not call.gateway.capabilities.can_capture:
            raise RefusedCapture(f"account {call.payment.account!r} cannot take held money.")
        amount = _amount(call.payment, money)
        if call.is_still_held("capture"):
            call.expect(amount)
            try:
                call.once(
                    "capture",
                    lambda: call.gateway.capture(call.ref, call.charge_ref, amount, call.memory),
                )
            except GatewayRefused:
                call.expect(None)
                raise
    return Payment.objects.get(pk=call.payment.pk)


def void(payment: Payment | int) -> Payment:
    """Let held money go back to the customer. The payment afterwards. Raises as `capture` does."""
    with _held(payment, "void", {State.AUTHORIZED, State.LAPSED}) as call:
        if not call.gateway.capabilities.can_void:
            raise RefusedCapture(f"account {call.payment.account!r} cannot let held money go.")
        call.once("void", lambda: call.gateway.void(call.ref, call.charge_ref, call.memory))
    return Payment.objects.get(pk=call.payment.pk)


def _amount(payment: Payment, money: Money | None) -> Money:
    if money is None:
        return payment.money
    if money.currency != payment.currency or not 0 < money.minor <= payment.minor:
        raise RefusedCapture(f"{money} cannot be taken: {payment.money} is held.")
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

    def is_still_held(self, step: str) -> bool:
        """Where this was begun before: what became of it? Applies the answer. Raises GatewayUnavailable."""
        begun = MemoryStep.objects.filter(payment=self.payment, step=step).first()
        if begun is None:
            return True
        self.apply(self.gateway.query(self.ref, self.memory))
        if not Payment.objects.filter(pk=self.payment.pk, state=State.AUTHORIZED).exists():
            return False
        if begun.answered_at is not None:
            raise GatewayUnavailable("the gateway took the request and does not show its effect yet.")
        return True

    def expect(self, money: Money | None) -> None:
        """Fix the amount that proofs are compared with; None: what was agreed. Raises RefusedCapture."""
        minor = None if money is None or money == self.payment.money else money.minor
        mine = Payment.objects.filter(pk=self.payment.pk, lease_number=self.number, state=State.AUTHORIZED)
        if not mine.update(capture_minor=minor) and money is not None:
            raise RefusedCapture(f"payment {self.payment.reference} changed meanwhile; look again.")

    def once(self, step: str, act: Callable[[], list[Fact]]) -> None:
        """Make the call, or look up what became of an earlier one; apply what it says."""
        facts: list[Fact] = []

        def call() -> bool:
            facts.extend(act())
            return True

        def look_up() -> bool | None:
            facts.extend(self.gateway.query(self.ref, self.memory))
            return True if any(fact.kind in _NOT_HELD for fact in facts) else None

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
            raise RefusedCapture(f"no money of payment {current.reference} ({current.state}) is held.")
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
