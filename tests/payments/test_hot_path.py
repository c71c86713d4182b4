"""The hot path, statement by statement: one more would cost every shop on every delivery."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import raseed
from raseed import testing
from raseed.payments.models import Delivery, Fulfilment
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
    if sql.lstrip().startswith("WITH kept AS ("):
        return "INSERT raseed_delivery + SELECT raseed_payment"
    if re.match(r"\s*WITH (also_0|one) AS \(", sql):
        return " + ".join(
            " ".join(part) for part in re.findall(r"(INSERT|UPDATE) (?:INTO )?(raseed_\w+)", sql)
        )
    found = next(filter(None, (pattern.match(sql.strip()) for pattern in _KINDS)), None)
    return " ".join(found.groups()) if found else sql


def statements(do):
    with CaptureQueriesContext(connection) as captured:
        do()
    return [kind(query["sql"]) for query in captured]


@pytest.fixture(autouse=True)
def _giving_costs_nothing(monkeypatch):
    """The shop's own statements are not ours to count."""
    monkeypatch.setattr(BuyBook, "fulfil", lambda self, book, payment: None)


def together(*kinds):
    """These go in one round trip where the database can do that."""
    return [" + ".join(kinds)] if connection.vendor == "postgresql" else list(kinds)


OPENING = ["BEGIN", *together("INSERT raseed_delivery", "SELECT raseed_payment")]

CONFIRMING = [
    *OPENING,
    *together("INSERT raseed_charge", "INSERT raseed_fulfilment"),
    *together("INSERT raseed_paymentfact", "INSERT raseed_posting", "UPDATE raseed_payment"),
    "SELECT bookshop_book",
    "COMMIT",
]


def test_starting(db):
    """Not the hot path, and yet what a customer waits for."""
    basket = Basket.objects.create()
    expected = [
        "SELECT raseed_payment",
        "INSERT raseed_payment",
        "BEGIN",
        "UPDATE raseed_payment",
        *together("INSERT raseed_paymentfact", "UPDATE raseed_payment"),
        *together("INSERT raseed_gatewayid", "UPDATE raseed_delivery"),
        "UPDATE raseed_payment",
        "COMMIT",
    ]
    made = statements(lambda: raseed.start_payment(basket, purpose="deposit", account="fake", method="card"))
    assert made == expected


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
    claimed = next(at for at, kind in enumerate(expected) if "raseed_fulfilment" in kind)
    expected.insert(claimed + 1, "INSERT raseed_wallet")
    assert statements(lambda: testing.deliver(payment)) == expected


def test_an_object_that_was_made_costs_one_more(start, monkeypatch):
    monkeypatch.setattr(BuyBook, "fulfil", lambda self, book, payment: book)
    payment = start().payment
    testing.pay(payment)
    expected = [*CONFIRMING[:-1], "UPDATE raseed_fulfilment", "COMMIT"]
    assert statements(lambda: testing.deliver(payment)) == expected


def test_a_copy(start):
    payment = paid(start)
    expected = ["BEGIN", *together("INSERT raseed_delivery", "SELECT raseed_payment")[:1], "COMMIT"]
    assert statements(lambda: testing.deliver(payment)) == expected
    assert Delivery.objects.get().copies == 2


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
    ending = together("INSERT raseed_paymentfact", "UPDATE raseed_payment")
    expected = [*OPENING, *ending, "COMMIT"]
    assert statements(lambda: testing.deliver(payment, fact)) == expected


def test_an_error_of_the_shop_is_paid_for_by_the_shop(start, monkeypatch):
    """Without one there is no savepoint; with one all is done once more, and the giving put off."""
    monkeypatch.setattr(BuyBook, "fulfil", _raise)
    payment = start().payment
    testing.pay(payment)
    giving = CONFIRMING.index("SELECT bookshop_book")
    expected = [*CONFIRMING[: giving + 1], "ROLLBACK", *CONFIRMING[:giving], "COMMIT"]
    assert statements(lambda: testing.deliver(payment)) == expected
    owed = Fulfilment.objects.get()
    assert (again(payment).state, owed.state, owed.tries) == ("paid", "due", 1)
    assert "the shop's own mistake" in owed.error


def _raise(self, book, payment):
    raise RuntimeError("the shop's own mistake")


def test_a_refused_one_changes_little(start):
    """Anybody may send it: it costs a trace and a counter, and never a lock on a payment."""
    payment = start().payment
    testing.pay(payment)
    seen = statements(lambda: testing.deliver(payment, signed=False))
    assert not {s for s in seen if s.endswith(("_charge", "_fulfilment", "_posting", "_paymentfact"))}
    assert len(seen) <= 6
    assert again(payment).state == "pending"
