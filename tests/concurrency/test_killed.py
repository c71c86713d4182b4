"""A process that is killed at the worst moment leaves nothing half done, and all of it is done later.

The child is a fork of this process with connections of its own; SIGKILL lets it clean up nothing.
"""

import os
import signal
import time

import pytest
from django.db import connection

import raseed
from raseed import testing
from raseed.core.states import State
from raseed.payments.flows import round_trips, statements
from raseed.payments.flows.fulfil import retry_fulfilment
from raseed.payments.flows.refund import send_refund
from raseed.payments.models import Charge, Delivery, Fulfilment, MemoryStep, Payment, Posting, Refund
from tests.bookshop.models import Book, Parcel
from tests.bookshop.payments import BuyBook
from tests.payments.books import again, assert_books, paid, php, stands, work

pytestmark = pytest.mark.django_db(transaction=True)


def die(*args, **more):
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def killed_while(act):
    """Run it in a child that kills itself on the way. No connection is shared over the fork."""
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(3)  # it lived: the test is wrong
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the child was not killed: it ended with {status}"
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


def nothing_happened(payment):
    assert again(payment).state == State.PENDING
    for model in (Charge, Posting, Fulfilment, Parcel, Delivery):
        assert not model.objects.exists()


POINTS = [
    (statements, "insert_delivery"),
    (round_trips, "insert_both"),
    (round_trips, "execute_together"),
]


@pytest.mark.parametrize(("module", "point"), POINTS)
def test_in_the_middle_of_the_transaction(start, module, point):
    payment = start().payment
    testing.pay(payment)

    def act():
        genuine = getattr(module, point)
        setattr(module, point, lambda *args, **more: (genuine(*args, **more), die()))
        testing.deliver(payment)

    killed_while(act)
    nothing_happened(payment)
    testing.deliver(payment)  # no answer, so the gateway sends it again
    assert stands(payment) == ("paid", "", 1)


def test_inside_fulfil(start):
    payment = start().payment
    testing.pay(payment)

    def act():
        BuyBook.fulfil = lambda self, book, paying: (Parcel.objects.create(book=book), die())
        testing.deliver(payment)

    killed_while(act)
    nothing_happened(payment)
    work(10)  # and if it does not, the worker asks
    assert stands(payment) == ("paid", "", 1)
    assert Parcel.objects.count() == 1


def test_inside_a_retry(start):
    BuyBook.failures = 1
    payment = paid(start)
    owed = Fulfilment.objects.get()

    def act():
        BuyBook.fulfil = lambda self, book, paying: (Book.objects.update(given=7), die())
        retry_fulfilment(owed.pk, testing.clock())

    killed_while(act)
    assert (again(owed).state, again(owed).tries, stands(payment)[2]) == ("due", 1, 0)
    work(11)
    assert stands(payment) == ("paid", "", 1)


def test_between_taking_the_money_and_noting_it(start, gateway):
    """The charge is made, its answer dies with the process: looked up, never made again."""
    payment = start().payment
    testing.agree(payment)

    def act():
        gateway.before["advance"] = die
        raseed.check_payment(payment)

    killed_while(act)
    step = MemoryStep.objects.get(payment=payment)
    assert step.answered_at is None
    assert not raseed.check_payment(payment).asked  # its lease still stands
    testing.pay(payment)  # what the gateway's books say now; the child's were its own
    books = testing.BOOKS[payment.reference]
    books.facts.reverse()
    work(61)
    assert "advance" not in gateway.calls
    assert stands(payment) == ("paid", "", 1)
    assert Charge.objects.count() == 1


def test_while_opening(start, new_book, gateway):
    """The reference is committed: if the customer did reach that page, its money finds us."""
    book = new_book()

    def act():
        gateway.before["open"] = die
        start(book)

    killed_while(act)
    lost = Payment.objects.get()
    assert (lost.state, lost.gateway_ref) == (State.NEW, "")
    testing.travel(61)
    new = start(book).payment
    assert (again(lost).state, new.state) == (State.LAPSED, State.PENDING)
    testing.BOOKS[lost.reference] = testing.Books(lost.reference, "checkout_lost", lost.money)
    testing.pay(lost)
    testing.deliver(lost)
    assert stands(lost) == ("paid", "late", 0)


def test_while_sending_a_refund(start, gateway):
    payment = paid(start)
    refund = raseed.request_refund(payment)

    def act():
        gateway.before["refund"] = die
        send_refund(refund.pk)

    killed_while(act)
    assert again(refund).state == "sending"
    work(30)
    assert again(refund).state == "sending"  # leased still
    work(31)
    assert again(refund).state == "succeeded"
    assert gateway.calls.count("query_refund") == 1  # it looked before it sent
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("arrived", [True, False])
def test_while_taking_held_money(start, gateway, arrived):
    """A part was to be taken: whether or not it was, it is taken once, and is no underpayment."""
    payment = start(method="card_hold").payment
    testing.hold(payment)
    raseed.check_payment(payment)

    def act():
        gateway.before["capture"] = die
        raseed.capture(payment, php(15000))

    killed_while(act)
    assert (again(payment).state, again(payment).capture_minor) == (State.AUTHORIZED, 15000)
    if arrived:
        testing.BOOKS[payment.reference].facts = []
        testing.pay(payment, php(15000))
    work(61)
    assert again(payment).state == (State.PAID if arrived else State.AUTHORIZED)
    if not arrived:
        raseed.capture(payment, php(15000))
    assert stands(payment) == ("paid", "", 1)
    assert gateway.calls.count("capture") == (0 if arrived else 1)
