"""docs/howto/partition-facts.sql: the history in parts, and everything goes on as before."""

from pathlib import Path

import pytest
from django.db import connection

from raseed import testing
from raseed.core.facts import FactKind
from raseed.payments.models import Charge, Delivery, PaymentFact
from tests.payments.ages import ages_later, gone, money
from tests.payments.books import again, assert_books, paid

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

SQL = Path(__file__).parents[2] / "docs/howto/partition-facts.sql"


@pytest.fixture
def in_parts(start):
    """One payment from before, then the page's own SQL. The test's transaction undoes it."""
    testing.freeze()
    payment = paid(start)
    statements = SQL.read_text().replace("BEGIN;\nLOCK", "LOCK").replace("COMMIT;", "")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statements)
    yield payment
    assert_books()


def parts():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'raseed_paymentfact'::regclass")
        return cursor.fetchone()[0]


def test_the_history_is_all_there_and_goes_on(in_parts, start, book):
    assert parts() == 16
    kept = set(in_parts.facts.values_list("pk", flat=True))
    assert kept
    testing.deliver(in_parts, testing.say(in_parts, FactKind.FAILED), salt="late")
    new = set(in_parts.facts.values_list("pk", flat=True)) - kept
    assert min(new) > max(kept)


def test_copies_and_repeated_news_are_known_as_before(in_parts):
    facts = PaymentFact.objects.count()
    before = money()
    assert testing.deliver(in_parts).is_copy
    testing.deliver(in_parts, *testing.BOOKS[in_parts.reference].facts, salt="again")
    testing.deliver(in_parts, *testing.BOOKS[in_parts.reference].facts, salt="and again")
    assert PaymentFact.objects.count() <= facts + 1
    assert (money(), Charge.objects.count()) == (before, 1)


def test_another_payment_runs_through(in_parts, start):
    from tests.bookshop.models import Book

    other = paid(start, payable=Book.objects.create(title="El Filibusterismo"))
    assert (again(other).state, other.facts.filter(kind="paid").count()) == ("paid", 1)


def test_retention_takes_the_same_rows(in_parts, monkeypatch):
    from raseed.payments import conf

    monkeypatch.setitem(conf.current().retention_days, "facts", 400)
    testing.deliver(in_parts, testing.say(in_parts, FactKind.FAILED), salt="late")
    ages_later()
    assert gone()["facts"] >= 1
    assert Delivery.objects.count() == 0
