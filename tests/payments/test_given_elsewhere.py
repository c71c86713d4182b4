"""Money that comes oddly for a thing that another payment has got already: it is a second payment."""

import pytest

import raseed
from raseed import testing
from raseed.core.errors import GatewayUnavailable, LeaseLost, RefusedRuling
from raseed.core.states import State
from raseed.payments.flows.apply_facts import apply_ruling
from raseed.payments.models import Payment, Posting, Ruling

pytestmark = pytest.mark.django_db


@pytest.fixture
def late_second(book):
    """The first checkout lapsed, a second one was paid, and then the first one is paid too."""
    first = testing.make_payment(book, purpose="book")
    apply_ruling(first.pk, Ruling.LAPSED, now=testing.clock())
    testing.make_payment(book, purpose="book", paid=True)
    testing.pay(first)
    testing.deliver(first)
    first.refresh_from_db()
    return first


def test_it_is_called_a_second_payment_and_not_a_late_one(late_second, book):
    book.refresh_from_db()
    assert (late_second.state, late_second.concern, book.given) == (State.PAID, "double", 1)
    assert Posting.objects.get(payment=late_second).credit == "suspense"


def test_accepting_a_second_payment_keeps_the_money_and_gives_nothing_twice(late_second, book):
    apply_ruling(late_second.pk, Ruling.ACCEPTED, now=testing.clock(), reason="a gift")
    book.refresh_from_db()
    assert book.given == 1
    assert Posting.objects.filter(payment=late_second, debit="suspense", credit="sales:book").exists()


def test_money_held_for_another_reason_is_not_accepted_for_what_is_given_already(book):
    first = testing.make_payment(book, purpose="book")
    apply_ruling(first.pk, Ruling.LAPSED, now=testing.clock())
    testing.pay(first)
    testing.deliver(first)
    first.refresh_from_db()
    assert first.concern == "late"
    Payment.objects.filter(pk=first.pk).update(payable_key="0")  # out of the way of the second one
    testing.make_payment(book, purpose="book", paid=True)
    Payment.objects.filter(pk=first.pk).update(payable_key=str(book.pk))
    with pytest.raises(RefusedRuling, match="given for another payment"):
        apply_ruling(first.pk, Ruling.ACCEPTED, now=testing.clock())


def test_a_lease_lost_while_opening_counts_as_no_answer(gateway, book):
    gateway.trouble["open"] = [LeaseLost("another worker took over")]
    with pytest.raises(GatewayUnavailable, match="too long"):
        testing.make_payment(book, purpose="book")
    assert Payment.objects.get().state == State.PENDING


def test_money_that_would_only_be_a_second_payment_is_not_taken(gateway, book):
    first = testing.make_payment(book, purpose="book")
    apply_ruling(first.pk, Ruling.LAPSED, now=testing.clock())
    testing.make_payment(book, purpose="book", paid=True)
    testing.agree(first)
    checked = raseed.check_payment(first)
    assert "not taken" in checked.error
    assert "advance" not in gateway.calls
    assert (checked.payment.state, checked.payment.charges.count()) == (State.LAPSED, 0)
