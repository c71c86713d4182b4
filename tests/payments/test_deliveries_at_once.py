"""Deliveries that come at the same moment, over real connections; and connections that die on the way."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection

from raseed import testing
from raseed.payments.flows import statements
from raseed.payments.flows.read_delivery import read_delivery
from raseed.payments.flows.receive_delivery import receive_delivery
from raseed.payments.models import (
    Charge,
    Delivery,
    Fulfilment,
    Payment,
    Posting,
    RejectedDelivery,
    RejectedMinute,
)
from tests.bookshop.payments import BuyBook
from tests.payments.looks import state_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*tasks):
    """Run all of them on connections of their own, started together."""
    start = threading.Barrier(len(tasks))

    def one(task):
        try:
            start.wait(10)
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(one, tasks))


def given(book):
    book.refresh_from_db()
    return book.given


def test_eight_copies_at_once_are_one_delivery(start, book):
    payment = start().payment
    raw = testing.delivery_of([testing.pay(payment)])
    receipts = at_once(*[lambda: receive_delivery("fake", raw)] * 8)
    assert [receipt.is_copy for receipt in receipts].count(False) == 1
    assert (Delivery.objects.get().copies, Charge.objects.count(), Posting.objects.count()) == (8, 1, 1)
    assert (state_of(payment), given(book), Fulfilment.objects.count()) == ("paid", 1, 1)


def test_eight_different_deliveries_of_one_payment_at_once_give_once(start, book):
    payment = start().payment
    fact = testing.pay(payment)
    raws = [testing.delivery_of([fact], salt=str(number)) for number in range(8)]
    at_once(*[lambda raw=raw: receive_delivery("fake", raw) for raw in raws])
    assert set(Delivery.objects.values_list("state", flat=True)) == {"read"}
    assert (Charge.objects.count(), given(book), Delivery.objects.count()) == (1, 1, 8)


def test_forged_and_genuine_copies_at_once(start, book):
    payment = start().payment
    raw = testing.delivery_of([testing.pay(payment)])
    forged = replace(raw, headers={"X-Fake-Signature": "0" * 64})
    at_once(*[lambda one=one: receive_delivery("fake", one) for one in [forged, raw] * 4])
    assert (state_of(payment), given(book)) == ("paid", 1)
    assert RejectedMinute.objects.get().count == 4


def test_thirty_forged_at_once_are_counted_exactly(start):
    payment = start().payment
    raw = replace(testing.delivery_of([testing.pay(payment)]), headers={"X-Fake-Signature": "0" * 64})
    at_once(*[lambda: [receive_delivery("fake", raw) for _ in range(5)]] * 6)
    assert sum(RejectedMinute.objects.values_list("count", flat=True)) == 30
    assert RejectedDelivery.objects.count() in range(20, 31)  # 20, unless the minute turned meanwhile


def test_two_workers_read_one_delivery_at_once(start, gateway, book):
    payment = start().payment
    testing.pay(payment)
    gateway.trouble["read"] = [RuntimeError("not yet")]
    delivery = testing.deliver(payment).delivery_id
    assert at_once(*[lambda: read_delivery(delivery, testing.clock())] * 2) == ["read", "read"]
    assert (Charge.objects.count(), given(book)) == (1, 1)


@pytest.mark.parametrize("round_number", range(5))
def test_parking_and_opening_at_once_lose_nothing(start, gateway, book, round_number):
    """The delivery names only the gateway's id, which the payment gains in the same moment."""
    hurry = threading.Event()
    told = []

    def announce():
        told.append(replace(testing.pay(Payment.objects.get()), reference=None))
        hurry.set()

    def deliver():
        assert hurry.wait(10)
        receive_delivery("fake", testing.delivery_of(told))

    gateway.before["open"] = announce
    at_once(deliver, start)
    Payment.objects.update(next_check_at=None)  # nobody polls
    assert Delivery.objects.get().state in {"read", "parked", "foreign"}
    testing.travel(61)
    testing.work()
    assert (Delivery.objects.get().state, Payment.objects.get().state, given(book)) == ("read", "paid", 1)


def test_a_delivery_that_misses_the_payment_by_a_hair_is_read_by_the_schedule(
    start, gateway, book, monkeypatch
):
    """Both transactions overlap: the delivery does not see the id, nor the opening the delivery."""
    asked, looked, woken = threading.Event(), threading.Event(), threading.Event()
    insert, wake, told = statements.insert_delivery, statements.name_payment, []

    def insert_and_linger(*args, **kwargs):
        kept = insert(*args, **kwargs)
        looked.set()
        assert woken.wait(10)
        return kept

    def wake_and_tell(*args):
        wake(*args)
        woken.set()

    def announce():
        told.append(replace(testing.pay(Payment.objects.get()), reference=None))
        asked.set()
        assert looked.wait(10)

    def deliver():
        assert asked.wait(10)
        receive_delivery("fake", testing.delivery_of(told))

    gateway.before["open"] = announce
    monkeypatch.setattr(statements, "insert_delivery", insert_and_linger)
    monkeypatch.setattr(statements, "name_payment", wake_and_tell)
    at_once(start, deliver)
    Payment.objects.update(next_check_at=None)  # nobody polls
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.payment) in {("parked", None), ("foreign", None)}
    assert delivery.next_read_at > testing.clock()
    testing.travel(61)
    testing.work()
    assert (Payment.objects.get().state, given(book)) == ("paid", 1)


def _cut_once(monkeypatch):
    """The connection is cut while the shop's code runs, the first time."""
    real, cut = BuyBook.fulfil, []

    def fulfil(self, book, payment):
        if not cut:
            cut.append(True)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return real(self, book, payment)

    monkeypatch.setattr(BuyBook, "fulfil", fulfil)
    return cut


def test_a_connection_that_is_cut_in_the_middle_costs_nothing(start, book, monkeypatch):
    payment = start().payment
    testing.pay(payment)
    cut = _cut_once(monkeypatch)
    receipt = testing.deliver(payment)
    assert (cut, receipt.refused, Delivery.objects.get().state) == ([True], None, "read")
    assert (state_of(payment), Fulfilment.objects.get().state, given(book)) == ("paid", "due", 0)
    testing.work()
    assert (Fulfilment.objects.get().state, given(book)) == ("done", 1)


def test_the_workers_connection_may_be_cut_as_well(start, gateway, book, monkeypatch):
    payment = start().payment
    testing.pay(payment)
    gateway.trouble["read"] = [RuntimeError("not yet")]
    testing.deliver(payment)
    cut = _cut_once(monkeypatch)
    testing.work()
    assert (cut, state_of(payment), given(book)) == ([True], "paid", 1)
