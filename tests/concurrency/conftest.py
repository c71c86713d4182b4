"""The shop of the payment tests, and a way to do things at the same moment with real connections."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.payments.conftest import _fresh, gateway  # noqa: F401 fixtures


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
