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


@pytest.fixture
def payments(db):
    """Twelve payments of twelve books; the first is due for the longest time."""
    from datetime import timedelta

    from raseed.payments.models import Payment
    from tests.bookshop.models import Book

    testing.freeze()
    made = []
    for number in range(12):
        book = Book.objects.create(title=f"Book {number}")
        made.append(raseed.start_payment(book, purpose="book", account="fake", method="card").payment)
        due = testing.clock() - timedelta(seconds=100 - number)
        Payment.objects.filter(pk=made[-1].pk).update(next_check_at=due)
    return made


@pytest.fixture
def facts_go(monkeypatch):
    """Retention lets facts go as well, which a site must ask for; and the books agree afterwards."""
    from raseed.payments import conf
    from tests.payments.books import assert_books

    testing.freeze()
    monkeypatch.setitem(conf.current().retention_days, "facts", 400)
    yield
    assert_books()
