"""The hot path, statement by statement: one more would cost every shop on every delivery."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import raseed
from raseed import testing
from tests.bookshop.models import Basket
from tests.bookshop.payments import BuyBook
from tests.payments.books import again, paid, php

#: Real transactions, so that BEGIN, SAVEPOINT and COMMIT stand where a site has them.
pytestmark = pytest.mark.django_db(transaction=True)

_KINDS = [
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(BEGIN|COMMIT|SAVEPOINT|RELEASE|ROLLBACK)",
        r"(INSERT) INTO \"?(\w+)",
        r"(UPDATE) \"?(\w+)",
        r"(DELETE) FROM \"?(\w+)",
        r"(SELECT) .*? FROM \"?(?:raseed_deliveryref\b.* FROM )?\"?(\w+)",
    )
]


def kind(sql):
    """`INSERT raseed_charge`, or the statement itself where it is none that is known."""
    found = next(filter(None, (pattern.match(sql.strip()) for pattern in _KINDS)), None)
    return " ".join(found.groups()) if found else sql


def statements(do):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        do()
    return [kind(query["sql"]) for query in captured]


@pytest.fixture(autouse=True)
def _giving_costs_nothing(monkeypatch):
    """The shop's own statements are not ours to count."""
    monkeypatch.setattr(BuyBook, "fulfil", lambda self, book, payment: None)


OPENING = ["BEGIN", "INSERT raseed_delivery", "SELECT raseed_payment"]

CONFIRMING = [
    *OPENING,
    "INSERT raseed_charge",
    "INSERT raseed_fulfilment",
    "UPDATE raseed_payment",
    "INSERT raseed_paymentfact",
    "INSERT raseed_posting",
    "SAVEPOINT",
    "SELECT bookshop_book",
    "RELEASE",
    "COMMIT",
]


def test_a_delivery_that_confirms(start):
    payment = start().payment
    testing.pay(payment)
    assert statements(lambda: testing.deliver(payment)) == CONFIRMING
    assert again(payment).state == "paid"


def test_with_a_fee_it_costs_no_more(start):
    payment = start().payment
    testing.pay(payment, fee=php(500))
    assert statements(lambda: testing.deliver(payment)) == CONFIRMING


def test_filling_a_wallet_costs_one_more(db):
    basket = Basket.objects.create()
    payment = raseed.start_payment(basket, purpose="deposit", account="fake", method="card").payment
    testing.pay(payment)
    expected = [kind.replace("bookshop_book", "bookshop_basket") for kind in CONFIRMING]
    expected.insert(expected.index("UPDATE raseed_payment"), "INSERT raseed_wallet")
    assert statements(lambda: testing.deliver(payment)) == expected


def test_an_object_that_was_made_costs_one_more(start, monkeypatch):
    monkeypatch.setattr(BuyBook, "fulfil", lambda self, book, payment: book)
    payment = start().payment
    testing.pay(payment)
    expected = [*CONFIRMING[:-1], "UPDATE raseed_fulfilment", "COMMIT"]
    assert statements(lambda: testing.deliver(payment)) == expected


def test_a_copy(start):
    payment = paid(start)
    expected = ["BEGIN", "INSERT raseed_delivery", "UPDATE raseed_delivery", "COMMIT"]
    assert statements(lambda: testing.deliver(payment)) == expected


def test_the_same_news_in_another_delivery(start):
    payment = paid(start)
    expected = [
        *OPENING,
        "SELECT raseed_charge",
        "SELECT raseed_refund",
        "INSERT raseed_paymentfact",
        "COMMIT",
    ]
    assert statements(lambda: testing.deliver(payment, salt="other")) == expected


def test_a_delivery_that_ends_it(start):
    payment = start().payment
    fact = testing.say(payment, "expired")
    expected = [*OPENING, "UPDATE raseed_payment", "INSERT raseed_paymentfact", "COMMIT"]
    assert statements(lambda: testing.deliver(payment, fact)) == expected


def test_a_refused_one_changes_little(start):
    """Anybody may send it: it costs a trace and a counter, and never a lock on a payment."""
    payment = start().payment
    testing.pay(payment)
    seen = statements(lambda: testing.deliver(payment, signed=False))
    assert not {s for s in seen if s.endswith(("_charge", "_fulfilment", "_posting", "_paymentfact"))}
    assert len(seen) <= 6
    assert again(payment).state == "pending"
