"""What `raseed.testing` offers to a site's own tests."""

from datetime import timedelta

import pytest

from raseed import testing
from raseed.core.states import State
from raseed.payments import conf


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


def test_an_account_of_the_site_is_replaced_under_its_own_name_and_methods(book, settings):
    fake = {"GATEWAY": "raseed.testing.FakeGateway", "METHODS": ["gcash"], "CURRENCIES": ["INR"]}
    settings.RASEED = settings.RASEED | {"ACCOUNTS": settings.RASEED["ACCOUNTS"] | {"paymongo": fake}}
    payment = testing.make_payment(book, purpose="book", account="paymongo", method="gcash", paid=True)
    assert payment.is_paid
    capabilities = conf.current().gateway("paymongo").capabilities
    assert capabilities.methods == testing.FakeGateway.capabilities.methods | {"gcash"}
    assert capabilities.currencies == testing.FakeGateway.capabilities.currencies | {"INR"}


@pytest.mark.django_db
def test_an_unsigned_delivery_is_refused(book):
    payment = testing.make_payment(book, purpose="book")
    testing.pay(payment)
    assert testing.deliver(payment, signed=False).refused is not None
    payment.refresh_from_db()
    assert payment.state == State.PENDING
