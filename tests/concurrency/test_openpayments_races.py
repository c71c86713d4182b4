"""Open Payments at the same moment in several processes: one consent taken up, one payment, one rotation."""

import os

import pytest
from django.db import connection
from django.test import Client

import raseed
from raseed.core.states import State
from raseed.payments.flows.check_payment import check_payment
from raseed.payments.models import MemoryStep, Payment
from tests.payments.wallet_market import now

pytestmark = pytest.mark.django_db(transaction=True)


def in_processes(*actions):
    """Each in a process with a connection of its own, all let go at the same moment."""
    connection.close()
    gate, opener = os.pipe()
    children = []
    for action in actions:
        child = os.fork()
        if child == 0:
            outcome = 3
            try:
                os.close(opener)
                os.read(gate, 1)  # until the parent closes its end
                action()
                outcome = 0
            finally:
                os._exit(outcome)
        children.append(child)
    os.close(gate)
    os.close(opener)
    for child in children:
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.parametrize("_round", range(3))
def test_the_return_is_opened_in_many_windows_while_the_worker_looks(market, new_book, _round):
    book = new_book()
    checkout = market.start(book)
    path = market.decide(checkout)
    in_processes(*[lambda: Client().get(path)] * 4, *[lambda: check_payment(checkout.payment)] * 2)
    market.pass_time(120)
    assert (market.calls("/auth/continue"), market.calls("/op/outgoing-payments")) == (1, 1)
    market.assert_sent_once(book, checkout.payment)


def test_a_token_is_rotated_by_one_of_many(market, new_book):
    market.sandbox.arm("wallet-slow")
    market.setting(token_seconds=60)
    book = new_book()
    checkout = market.start(book)
    market.come_back(market.decide(checkout))
    for rotation in range(1, 4):
        market.travel(100)
        in_processes(*[lambda: check_payment(checkout.payment)] * 4)
        if market.calls("/auth/token") < rotation:  # all of them found the others' lease
            raseed.check_payment(checkout.payment)
        assert market.calls("/auth/token") == rotation
        assert MemoryStep.objects.filter(step__startswith="rotation:").count() == rotation
    market.pass_time(600, step=300)
    market.assert_sent_once(book, checkout.payment)


def test_an_accounts_token_is_had_by_one_of_many(market, new_book):
    """Four purchases at once need the same two tokens: one to be paid, one for quotes."""
    books = [new_book() for _ in range(4)]
    in_processes(*[lambda book=book: market.start(book) for book in books])
    assert Payment.objects.filter(state=State.PENDING).count() == 4
    kinds = [row["access"][0]["type"] for row in market.books("grants")]
    assert sorted(kinds) == ["incoming-payment", *["outgoing-payment"] * 4, "quote"]


def test_two_clicks_at_once_open_one_checkout(market, new_book):
    book = new_book()
    in_processes(*[lambda: market.start(book)] * 3)
    assert len(market.books("incoming_payments")) == 1
    assert Payment.objects.get().state == State.PENDING


@pytest.mark.parametrize("_round", range(3))
def test_the_time_is_over_at_the_moment_the_payer_comes_back(market, new_book, _round):
    """Either it is paid and not closed, or closed and not paid."""
    book = new_book()
    checkout = market.start(book)
    path = market.decide(checkout)
    market.travel(15 * 60 + 1)
    in_processes(lambda: Client().get(path), lambda: check_payment(checkout.payment))
    market.pass_time(1800, step=300)
    book.refresh_from_db()
    assert (now(checkout.payment).state, book.given, market.received()) in {
        (State.PAID, 1, 20_000),
        (State.CANCELLED, 0, 0),
    }
