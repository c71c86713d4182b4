"""The shop of the payment tests, and a way to do things at the same moment with real connections."""

import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from django.db import connection

from raseed.testing_sandbox import LocalSandbox
from tests.gateways.sandbox_process import started
from tests.openapi.open_payments import violations
from tests.payments.books import assert_books
from tests.payments.conftest import _fresh, gateway  # noqa: F401 fixtures
from tests.payments.wallet_market import Market


@pytest.fixture
def rounds():
    """How often a race is run, so that it shows. SQLite has one writer at a time anyway."""
    return range(30 if connection.vendor == "postgresql" else 5)


@pytest.fixture
def new_book(transactional_db):
    from tests.bookshop.models import Book

    return lambda: Book.objects.create(title="La Solidaridad")


@pytest.fixture
def start(new_book):
    import raseed

    def begin(book=None, **more):
        options = {"purpose": "book", "account": "fake", "method": "card"} | more
        return raseed.start_payment(book or new_book(), **options)

    return begin


@pytest.fixture
def at_once():
    """Do all of it at the same moment, each in a thread and connection of its own; what each returned.

    An error is returned instead of raised, so that none is lost.
    """
    with ThreadPoolExecutor(16) as pool:

        def run(*actions):
            gate = threading.Barrier(len(actions))

            def one(action):
                try:
                    gate.wait(10)
                    return action()
                except Exception as error:  # noqa: BLE001 what comes is looked at by the test
                    return error
                finally:
                    connection.close()

            return [future.result(30) for future in [pool.submit(one, action) for action in actions]]

        yield run


@pytest.fixture(scope="module")
def process():
    """The sandbox in a process of its own: this one may fork, and die."""
    with started() as base:
        parts = urlsplit(base)
        yield LocalSandbox(parts.hostname, parts.port)


@pytest.fixture
def market(process, settings):
    market = Market(process, settings)
    yield market
    market.browser.close()
    assert violations(process.log()) == []
    assert_books()
