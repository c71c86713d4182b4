"""The flows as a machine: people, a gateway, webhooks and workers in any order, against the gateway's books.

The gateway is the fake one, so that a step costs a few statements; `raseed torture simulate` does the same
with four real ones.
"""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

import raseed
from raseed import testing
from raseed.core.errors import GatewayUnavailable, RaseedError, RefusedRefund
from raseed.core.facts import FactKind
from raseed.core.states import MOVES, OPEN, State
from raseed.payments import conf
from raseed.payments.flows.check_payment import check_payment
from raseed.payments.flows.receive_delivery import receive_delivery
from raseed.payments.flows.receive_return import receive_return
from raseed.payments.ledger_check import check_ledger
from raseed.payments.models import Charge, Fulfilment, FulfilmentState, Payment, Refund, Revocation
from tests.bookshop.models import Book

#: Past every lease, retry and poll of the longest story.
REST_ROUNDS, REST_SECONDS = 8, 4_000
LOST = GatewayUnavailable("no answer in time")
OPEN_STATES = {state.value for state in OPEN}


class Shop(RuleBasedStateMachine):
    """One book, everybody who wants to pay for it, and what the gateway tells about it."""

    @initialize()
    def print_a_book(self) -> None:
        testing.freeze()
        self.book = Book.objects.create(title="Noli Me Tangere")
        self.kept: list = []
        self.fake = conf.current().gateway("fake")
        for held in (self.fake.trouble, self.fake.before, self.fake.calls):
            held.clear()

    def _payments(self) -> list[Payment]:
        return list(Payment.objects.filter(payable_key=str(self.book.pk)).order_by("pk"))

    def _one(self, data, payments: list[Payment] | None = None) -> Payment:
        return data.draw(st.sampled_from(payments or self._payments()))

    # -- people ---------------------------------------------------------------------------------------------

    @rule(is_lost=st.booleans())
    def press_pay(self, is_lost) -> None:
        if is_lost:
            self.fake.trouble["open"] = [LOST]
        with contextlib.suppress(RaseedError):
            raseed.start_payment(self.book, purpose="book", account="fake", method="card")
        self.fake.trouble.clear()

    @precondition(lambda self: self._payments())
    @rule(data=st.data())
    def pay(self, data) -> None:
        testing.pay(self._one(data))

    @precondition(lambda self: self._payments())
    @rule(data=st.data())
    def agree(self, data) -> None:
        payment = self._one(data)
        if not testing.BOOKS[payment.reference].facts:
            testing.agree(payment)

    @precondition(lambda self: self._payments())
    @rule(data=st.data())
    def come_back(self, data) -> None:
        receive_return(self._one(data), None)

    @precondition(lambda self: self._payments())
    @rule(data=st.data(), key=st.sampled_from(["one", "two"]), is_lost=st.booleans())
    def ask_for_it_back(self, data, key, is_lost) -> None:
        payment = self._one(data)
        if is_lost:
            self.fake.trouble["refund"] = [LOST]
        with contextlib.suppress(RefusedRefund):
            raseed.request_refund(payment, key=f"{payment.pk}-{key}")

    # -- the gateway ----------------------------------------------------------------------------------------

    @precondition(lambda self: self._payments())
    @rule(data=st.data())
    def refund_there(self, data) -> None:
        payment = self._one(data)
        told = testing.BOOKS[payment.reference].facts
        left = Counter()
        for fact in told:
            if fact.kind is FactKind.PAID:
                left[fact.charge_ref] += fact.money.minor
            elif fact.kind is FactKind.REFUNDED:
                left[fact.charge_ref] -= fact.money.minor
        first = next((fact for fact in told if fact.kind is FactKind.PAID), None)
        if first is not None and left[first.charge_ref] == first.money.minor and not payment.refunds.exists():
            testing.refund_at_gateway(payment)

    @precondition(lambda self: self._payments())
    @rule(data=st.data())
    def deliver(self, data) -> None:
        payment = self._one(data)
        facts = testing.BOOKS[payment.reference].facts
        if facts:
            self.kept.append(testing.delivery_of([data.draw(st.sampled_from(facts))]))
            receive_delivery("fake", self.kept[-1])

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def deliver_again(self, data) -> None:
        receive_delivery("fake", data.draw(st.sampled_from(self.kept)))

    @precondition(lambda self: self._payments())
    @rule(data=st.data(), kind=st.sampled_from([FactKind.FAILED, FactKind.EXPIRED, FactKind.ATTEMPT_FAILED]))
    def deliver_stale_news(self, data, kind) -> None:
        payment = self._one(data)
        if any(fact.kind is FactKind.PAID for fact in testing.BOOKS[payment.reference].facts):
            testing.deliver(payment, testing.say(payment, kind))

    @precondition(lambda self: self._payments())
    @rule(data=st.data())
    def forge(self, data) -> None:
        payment = self._one(data)
        paid = testing.say(payment, FactKind.PAID, charge_ref="charge_forged", money=payment.money)
        testing.deliver(payment, paid, signed=False)

    # -- workers and time -----------------------------------------------------------------------------------

    @precondition(lambda self: self._payments())
    @rule(data=st.data(), is_lost=st.booleans())
    def poll(self, data, is_lost) -> None:
        if is_lost:
            self.fake.trouble["query"] = [LOST]
        check_payment(self._one(data))
        self.fake.trouble.clear()

    @rule()
    def sweep(self) -> None:
        testing.work(2)

    @rule(seconds=st.sampled_from([1, 6, 61, 700, 4_000]))
    def let_time_pass(self, seconds) -> None:
        testing.travel(seconds)

    # -- what must hold, always and at rest -----------------------------------------------------------------

    @invariant()
    def never(self) -> None:
        """At any moment: allowed moves, one open at most, nothing invented, nothing given twice."""
        if not hasattr(self, "book"):
            return
        payments = self._payments()
        assert sum(payment.state in OPEN_STATES for payment in payments) <= 1
        theirs = {f.charge_ref for f in _facts(payments) if f.kind is FactKind.PAID}
        ours = set(Charge.objects.filter(payment__in=payments).values_list("ref", flat=True))
        assert ours <= theirs
        assert self._still_given() in {0, 1}
        told = Revocation.objects.filter(fulfilment__payable_key=self.book.pk, state=FulfilmentState.DONE)
        assert self.book.revoked == told.count()
        for payment in payments:
            _moved_as_allowed(payment)

    def teardown(self) -> None:
        """Everything goes well again, time passes, and the books agree."""
        if not hasattr(self, "book"):
            return
        self.fake.trouble.clear()
        for _ in range(REST_ROUNDS):
            testing.travel(REST_SECONDS)
            testing.work()
        testing.travel(86_400)
        testing.work()
        payments = self._payments()
        _books_agree(payments)
        assert [str(line) for line in check_ledger() if not line.is_right] == []
        is_earned = any(payment.is_paid and not payment.attention for payment in payments)
        assert self._still_given() >= int(is_earned)

    def _still_given(self) -> int:
        """How often it was given, less how often it was taken back whole. Each refund is told to the shop."""
        self.book.refresh_from_db()
        taken_back = Fulfilment.objects.filter(payable_key=self.book.pk, state=FulfilmentState.REVOKED)
        return self.book.given - taken_back.count()


def _facts(payments):
    return [fact for payment in payments for fact in testing.BOOKS[payment.reference].facts]


def _moved_as_allowed(payment) -> None:
    at = State.NEW
    for fact in payment.facts.order_by("pk"):
        if fact.is_move:
            assert fact.from_state == at
            assert State(fact.to_state) in MOVES[at]
            at = State(fact.to_state)
    assert payment.state == at


def _books_agree(payments) -> None:
    told = _facts(payments)
    paid = {f.charge_ref: f.money.minor for f in told if f.kind is FactKind.PAID}
    back = {f.refund_ref: f.money.minor for f in told if f.kind is FactKind.REFUNDED}
    charges = Charge.objects.filter(payment__in=payments)
    refunds = Refund.objects.filter(payment__in=payments, state="succeeded")
    assert dict(charges.values_list("ref", "minor")) == paid
    assert sorted(refunds.values_list("minor", flat=True)) == sorted(back.values())
    for charge in charges.select_related("payment"):
        assert charge.payment.state in {State.PAID, State.REVIEW, State.CANCELLED}


@pytest.mark.django_db(transaction=True)
def test_any_order_of_steps_comes_to_rest_with_the_books_in_agreement() -> None:
    run(
        Shop,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
