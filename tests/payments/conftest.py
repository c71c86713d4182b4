"""A book to pay for, and a shop that starts each test with empty books and real time."""

import pytest

import raseed
from raseed import testing


@pytest.fixture(autouse=True)
def _fresh(request):
    testing.reset()
    from tests.bookshop.payments import BuyBook

    BuyBook.failures = 0
    yield
    testing.reset()


@pytest.fixture
def book(db):
    from tests.bookshop.models import Book

    return Book.objects.create(title="Noli Me Tangere")


@pytest.fixture
def start(book):
    """Start paying for the book; keywords go to start_payment."""

    def begin(payable=None, **more):
        options = {"purpose": "book", "account": "fake", "method": "card"} | more
        return raseed.start_payment(payable or book, **options)

    return begin


@pytest.fixture
def payment(start):
    return start().payment


@pytest.fixture
def gateway():
    from raseed.payments import conf

    fake = conf.current().gateway("fake")
    fake.trouble.clear()
    fake.before.clear()
    fake.calls.clear()
    return fake
