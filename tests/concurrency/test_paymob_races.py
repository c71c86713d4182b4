"""Paymob's callbacks, each of them twice, the browser's return and the worker at the same moment."""

# ruff: noqa: B023 at_once has done all of it before the loop goes on
import pytest

import raseed
from raseed import testing
from raseed.core.facts import Channel
from raseed.core.states import State
from raseed.payments.flows.check_payment import check_payment
from raseed.payments.models import Charge, Fulfilment, Payment, Refund
from tests.bookshop.models import Book
from tests.gateways import paymob_account as pm
from tests.payments.books import assert_books
from tests.payments.paymob_server import ACCOUNT, PaymobServer, came_back, card_told, posted

pytestmark = pytest.mark.django_db(transaction=True)

PRICE = 49_900


@pytest.fixture
def server(settings):
    server = PaymobServer()
    accounts = {**settings.RASEED["ACCOUNTS"], "paymob": {**ACCOUNT, "HTTP": server}}
    settings.RASEED = {**settings.RASEED, "ACCOUNTS": accounts}
    return server


@pytest.fixture
def start(server):
    def begin():
        book = Book.objects.create(title="Sugar Street", price_minor=PRICE)
        return raseed.start_payment(book, purpose="book-egp", account="paymob", method="card").payment

    return begin


def assert_paid_once(payment, refunded):
    payment = Payment.objects.get(pk=payment.pk)
    assert (payment.state, payment.attention) == (State.PAID, "")
    assert Charge.objects.filter(payment=payment).count() == 1
    assert payment.refunded().minor == refunded
    assert Fulfilment.objects.filter(payment=payment).count() == 1
    assert Book.objects.get(pk=payment.payable_key).given == 1


def test_a_whole_orders_events_at_once(server, start, at_once, rounds):
    for _ in rounds:
        payment = start()
        failed = server.tell(payment, pm.declined(), number=1)
        paid = server.tell(payment, number=2)
        first = server.tell(payment, pm.refunded(3_000), number=2)
        second = server.tell(payment, pm.refunded(9_900), number=2)
        events = [lambda told=told: posted(told) for told in (failed, paid, first, second)] * 2
        results = at_once(
            *events,
            lambda: card_told(payment),
            lambda: card_told(payment),
            lambda: came_back(paid, payment),
            lambda: came_back(paid, payment),
            lambda: check_payment(payment, Channel.POLL),
        )
        assert [result for result in results if isinstance(result, Exception)] == []
        testing.travel(30)
        testing.work()
        assert_paid_once(payment, refunded=9_900)
        assert sum(Refund.objects.filter(payment=payment).values_list("minor", flat=True)) == 9_900
    assert_books()


def test_the_return_and_the_callback_are_one_charge(server, start, at_once, rounds):
    for _ in rounds:
        payment = start()
        paid = server.tell(payment)
        results = at_once(
            *[lambda: posted(paid)] * 4,
            *[lambda: came_back(paid, payment)] * 4,
            lambda: check_payment(payment, Channel.POLL),
        )
        assert [result for result in results if isinstance(result, Exception)] == []
        assert_paid_once(payment, refunded=0)
    assert_books()
