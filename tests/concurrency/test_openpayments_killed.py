"""A process dies at each saved step of an Open Payments journey, and another one goes on: money moves once.

Three moments of each step: it is begun and its call not made; the call was answered and the answer dies
with the process; the answer is saved. The wallets run in a process of their own and keep their books.
"""

import contextlib

import pytest
from django.test import Client

from raseed import testing
from raseed.core.errors import GatewayError, RefusedStart
from raseed.core.states import State
from raseed.payments.memory import DatabaseMemory
from raseed.payments.models import MemoryStep, Payment
from tests.concurrency.test_killed import die, killed_while
from tests.payments.wallet_market import now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MOMENTS = ["begun", "answered", "saved"]
LEASE_SECONDS = 61


def dies_at(step, moment):
    """To be called in the child: from now on it dies at this moment of this step."""
    begin, answer = DatabaseMemory._begin, DatabaseMemory._answer

    def beginning(self, name):
        begun = begin(self, name)
        if (name, moment) == (step, "begun"):
            die()
        return begun

    def answering(self, kept, made):
        if (kept.step, moment) == (step, "answered"):
            die()
        kept_answer = answer(self, kept, made)
        if (kept.step, moment) == (step, "saved"):
            die()
        return kept_answer

    DatabaseMemory._begin, DatabaseMemory._answer = beginning, answering


def killed(step, moment, act):
    """`act` in a process that dies there. What it left behind is what that moment leaves."""

    def child():
        dies_at(step, moment)
        act()

    killed_while(child)
    left = MemoryStep.objects.get(step=step)
    assert (left.answered_at is not None) == (moment == "saved")


def pays_anew(market, book):
    """Where nothing was sent yet, the customer can start once more, and pays once."""
    checkout = market.start(book)
    market.come_back(market.decide(checkout))
    market.pass_time(60)
    return checkout.payment


def nothing_more_happens(market, book, payment):
    """Hours later the books are the same, and nothing is left open."""
    market.pass_time(2 * 3600, step=1800)
    assert not Payment.objects.filter(state__in=[State.NEW, State.PENDING]).exists()
    market.assert_sent_once(book, payment)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("step", ["payee", "incoming", "payer", "quote", "grant"])
def test_while_opening(market, new_book, step, moment):
    """The customer never saw the wallet's page: nobody can have agreed, and the next click opens anew."""
    book = new_book()
    killed(step, moment, lambda: market.start(book))
    market.travel(LEASE_SECONDS)
    payment = pays_anew(market, book)
    assert now(payment).state == State.PAID
    nothing_more_happens(market, book, payment)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("step", ["continue", "pay:1", "outgoing:1"])
def test_after_consent(market, new_book, step, moment):
    book = new_book()
    checkout = market.start(book)
    path = market.decide(checkout)
    killed(step, moment, lambda: Client().get(path))
    assert len(market.delivered()) == (1 if step == "outgoing:1" and moment != "begun" else 0)
    market.pass_time(LEASE_SECONDS + 60)
    payment = checkout.payment
    if (step, moment) == ("continue", "answered"):  # the wallet gives this token out once: nothing was paid
        assert (now(payment).state, market.grants(), market.delivered()) == (State.FAILED, ["revoked"], [])
        payment = pays_anew(market, book)
    assert market.calls("/op/outgoing-payments") == 1
    nothing_more_happens(market, book, payment)


@pytest.mark.parametrize("who", ["browser", "worker"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_whoever_comes_first_goes_on(market, new_book, moment, who):
    """The payer reloads the page, or nobody does."""
    book = new_book()
    checkout = market.start(book)
    path = market.decide(checkout)
    killed("outgoing:1", moment, lambda: Client().get(path))
    market.travel(LEASE_SECONDS)
    if who == "browser":
        market.come_back(path)
    market.pass_time(60)
    assert market.calls("/op/outgoing-payments") == 1
    nothing_more_happens(market, book, checkout.payment)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("step", ["void:1", "pay:2", "outgoing:2"])
def test_while_paying_with_a_second_quote(market, new_book, step, moment):
    """The first one ends between our look at the clock and the wallet's."""
    book = new_book()
    market.setting(quote_seconds=60)
    checkout = market.start(book)
    path = market.decide(checkout)
    market.sandbox.advance(61)  # the wallet's clock is ahead of ours
    killed(step, moment, lambda: Client().get(path))
    market.pass_time(LEASE_SECONDS + 60)
    nothing_more_happens(market, book, checkout.payment)


@pytest.mark.parametrize("moment", MOMENTS)
def test_while_a_token_is_rotated_before_the_payment(market, new_book, moment):
    book = new_book()
    market.sandbox.arm("token-expired")
    checkout = market.start(book)
    path = market.decide(checkout)
    killed("rotation:1", moment, lambda: Client().get(path))
    market.pass_time(LEASE_SECONDS + 60)
    payment = checkout.payment
    if moment == "answered":  # the new token is lost, and the old one gone: nothing was paid
        assert (now(payment).state, market.delivered()) == (State.FAILED, [])
        payment = pays_anew(market, book)
    nothing_more_happens(market, book, payment)


@pytest.mark.parametrize("moment", MOMENTS)
def test_while_a_token_is_rotated_after_the_payment(market, new_book, moment):
    book = new_book()
    market.sandbox.arm("wallet-slow")
    market.setting(token_seconds=60)
    checkout = market.start(book)
    market.come_back(market.decide(checkout))
    market.travel(70)
    killed("rotation:1", moment, testing.work)
    market.pass_time(900, step=300)
    nothing_more_happens(market, book, checkout.payment)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("step", ["cancel", "complete", "ended"])
def test_while_the_consent_is_given_back(market, new_book, step, moment):
    """The time was over. The payer agreed, and their browser comes late: it pays nothing any more."""
    book = new_book()
    checkout = market.start(book)
    path = market.decide(checkout)
    market.travel(16 * 60)
    killed(step, moment, testing.work)
    market.travel(LEASE_SECONDS)
    market.come_back(path)
    market.pass_time(120)
    assert (now(checkout.payment).state, market.delivered()) == (State.CANCELLED, [])
    assert market.grants() == ["revoked"]
    nothing_more_happens(market, book, pays_anew(market, book))


@pytest.mark.parametrize("moment", MOMENTS)
def test_while_the_customer_clicks_again(market, new_book, moment):
    """A second click closes the first checkout, and dies doing so."""
    book = new_book()
    first = market.start(book)
    market.come_back(market.decide(first, "reject"))
    killed("cancel", moment, lambda: market.start(book))
    with contextlib.suppress(RefusedStart, GatewayError):
        market.start(book)  # its lease still stands
    market.travel(LEASE_SECONDS)
    nothing_more_happens(market, book, pays_anew(market, book))
