"""What `raseed.testing` offers to a site's own tests."""

from datetime import timedelta

import pytest

from raseed import testing
from raseed.core.states import State


def test_a_payment_is_made_open_or_paid(book):
    assert testing.make_payment(book, purpose="book").state == State.PENDING
    assert testing.make_payment(book, purpose="gift", paid=True).is_paid
    book.refresh_from_db()
    assert book.given == 1


def test_the_clock_is_moved_and_put_back():
    before = testing.freeze()
    assert testing.clock() == before
    assert testing.travel(3600) == before + timedelta(hours=1)
    testing.reset()
    assert testing.clock() - before < timedelta(minutes=1)


@pytest.mark.django_db
def test_an_unsigned_delivery_is_refused(book):
    payment = testing.make_payment(book, purpose="book")
    testing.pay(payment)
    assert testing.deliver(payment, signed=False).refused is not None
    payment.refresh_from_db()
    assert payment.state == State.PENDING
