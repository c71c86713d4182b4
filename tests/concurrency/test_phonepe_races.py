"""PhonePe's hints, the browser's return and the worker at the same moment: one charge, given once."""

# ruff: noqa: B023 at_once has done all of it before the loop goes on
import pytest

import raseed
from raseed import testing
from raseed.core.facts import Channel
from raseed.core.states import State
from raseed.payments.flows.check_payment import check_on_return, check_payment
from raseed.payments.models import Charge, Fulfilment, Payment
from tests.bookshop.models import Book
from tests.payments.books import assert_books
from tests.payments.phonepe_server import ACCOUNT, PhonePeServer, completed, tell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings):
    server = PhonePeServer()
    accounts = {**settings.RASEED["ACCOUNTS"], "phonepe": {**ACCOUNT, "HTTP": server}}
    settings.RASEED = {**settings.RASEED, "ACCOUNTS": accounts}
    return server


def test_six_hints_a_return_and_two_checks(server, at_once, rounds):
    for _ in rounds:
        book = Book.objects.create(title="Shesher Kabita", price_minor=49_900)
        payment = raseed.start_payment(book, purpose="book-inr", account="phonepe", method="checkout").payment
        server.attempt(payment)
        said = completed(payment, server)
        results = at_once(
            *[lambda n=n: tell("checkout.order.completed", said, salt=n) for n in range(6)],
            lambda: check_on_return(payment),
            lambda: check_payment(payment, Channel.POLL),
            lambda: check_payment(payment, Channel.POLL),
        )
        assert [result for result in results if isinstance(result, Exception)] == []
        testing.travel(30)
        testing.work()
        assert Payment.objects.get(pk=payment.pk).state == State.PAID
        assert Charge.objects.filter(payment=payment).count() == 1
        assert Fulfilment.objects.filter(payment=payment).count() == 1
        book.refresh_from_db()
        assert book.given == 1
    assert server.tokens == 1
    assert_books()
