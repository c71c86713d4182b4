"""Every channel confirms, and what was paid for is given once."""

import pytest

import raseed
from raseed import testing
from raseed.core.errors import AlreadyPaid
from raseed.core.states import State
from raseed.payments.models import Charge, Delivery, Fulfilment, Payment, PaymentFact, Posting
from tests.bookshop.models import Parcel

pytestmark = pytest.mark.django_db


def given(book):
    book.refresh_from_db()
    return book.given


def test_webhook_confirms(start, book):
    payment = start().payment
    testing.pay(payment)
    testing.deliver(payment)
    payment.refresh_from_db()
    assert (payment.state, payment.first_channel, given(book)) == (State.PAID, "webhook", 1)
    fulfilment = Fulfilment.objects.get()
    assert fulfilment.created_label == "bookshop.Parcel"
    assert fulfilment.created_key == str(Parcel.objects.get().pk)


def test_poll_confirms(start, book):
    payment = start().payment
    testing.pay(payment)
    assert testing.work() == 0  # nothing is due yet
    testing.travel(6)
    testing.work()
    payment.refresh_from_db()
    assert (payment.state, payment.first_channel, given(book)) == (State.PAID, "poll", 1)


def test_return_confirms(start, book, client):
    checkout = start()
    testing.pay(checkout.payment)
    from raseed.payments.links import gateway_return_url

    url = gateway_return_url("/back/", checkout.payment.reference)
    answer = client.get(url.removeprefix("https://shop.example"))
    assert answer.status_code == 303
    page = client.get(answer["Location"])
    assert "Paid. Thank you!" in page.content.decode()
    checkout.payment.refresh_from_db()
    assert (checkout.payment.first_channel, given(book)) == ("return", 1)


def test_all_channels_and_copies_give_once(start, book, client):
    payment = start().payment
    testing.pay(payment)
    for salt in ("", "", "other", "another"):
        testing.deliver(payment, salt=salt)
    raseed.check_payment(payment)
    testing.travel(100)
    testing.work()
    assert given(book) == 1
    assert Charge.objects.count() == 1
    assert Posting.objects.count() == 1
    assert Delivery.objects.get(copies=2)
    assert Delivery.objects.count() == 3


def test_the_books_balance_and_fees_are_booked_when_known(start):
    payment = start().payment
    paid = testing.pay(payment)
    testing.deliver(payment)
    from dataclasses import replace

    testing.deliver(payment, replace(paid, fee=raseed.Money(500, "PHP")))
    rows = set(Posting.objects.values_list("debit", "credit", "minor"))
    assert rows == {("gateway:fake", "sales:book", 20000), ("fees", "gateway:fake", 500)}


def test_start_again_reuses_the_open_checkout(start):
    first, second = start(), start()
    assert second.reused
    assert first.payment == second.payment
    assert Payment.objects.count() == 1


def test_start_after_payment_is_refused(start):
    payment = start().payment
    testing.pay(payment)
    testing.deliver(payment)
    with pytest.raises(AlreadyPaid):
        start()


def test_another_method_sets_the_open_checkout_aside(start):
    first = start().payment
    second = start(method="wallet").payment
    first.refresh_from_db()
    assert (first.state, second.state) == (State.EXPIRED, State.PENDING)


def test_history_tells_every_move(start):
    payment = start().payment
    testing.pay(payment)
    testing.deliver(payment)
    moves = [(f.from_state, f.to_state, f.channel) for f in PaymentFact.objects.order_by("pk") if f.is_move]
    assert moves == [("new", "pending", "poll"), ("pending", "paid", "webhook")]


def test_a_mistake_in_an_adapter_keeps_no_lease_and_stops_no_worker(start, gateway):
    payment = start().payment
    gateway.trouble["query"] = [KeyError("a bug")]
    testing.travel(6)
    testing.work()
    payment.refresh_from_db()
    assert (payment.state, payment.lease_until) == (State.PENDING, None)
    assert "KeyError" in payment.check_error
    assert payment.next_check_at > testing.clock()
