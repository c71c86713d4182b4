"""A person's word from the command line: accept, reject, and what is refused."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

import raseed
from raseed import testing
from raseed.core.states import State
from raseed.payments.models import PaymentFact

pytestmark = pytest.mark.django_db


@pytest.fixture
def underpaid(book):
    payment = testing.make_payment(book, purpose="book")
    testing.pay(payment, raseed.Money(1, "PHP"))
    testing.deliver(payment)
    payment.refresh_from_db()
    assert payment.state == State.REVIEW
    return payment


def decide(payment, decision):
    said = StringIO()
    call_command("raseed_review", payment.reference, decision, "--reason", "agreed by phone", stdout=said)
    payment.refresh_from_db()
    return said.getvalue()


def test_accepted_money_gives_what_was_paid_for(underpaid, book):
    assert "is paid" in decide(underpaid, "accept")
    book.refresh_from_db()
    assert (underpaid.state, book.given) == (State.PAID, 1)
    assert PaymentFact.objects.get(kind="accepted").reason == "agreed by phone"


def test_rejected_money_gives_nothing_and_stays_visible(underpaid, book):
    said = decide(underpaid, "reject")
    book.refresh_from_db()
    assert (underpaid.state, book.given) == (State.CANCELLED, 0)
    assert "should be refunded" in said


def test_a_payment_without_a_question_is_refused(book):
    payment = testing.make_payment(book, purpose="book", paid=True)
    with pytest.raises(CommandError, match="cannot be accepted"):
        decide(payment, "accept")


def test_an_unknown_reference_is_named():
    with pytest.raises(CommandError, match="no payment with reference 'nobody'"):
        call_command("raseed_review", "nobody", "accept", "--reason", "why")
