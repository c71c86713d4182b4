"""The invariants hold for a shop that is well, and each of them is broken by what breaks it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.db import connection

import raseed
from raseed import testing
from raseed.core.money import Money
from raseed.core.states import RefundState, State
from raseed.payments.models import (
    Charge,
    Delivery,
    DeliveryRef,
    Fulfilment,
    Notice,
    Payment,
    PaymentFact,
    Posting,
    Refund,
    Wallet,
)
from raseed.proof.gateway_books import GatewayBooks, Movement
from raseed.proof.invariants import breaches

pytestmark = pytest.mark.django_db

PROMISE_SECONDS = 60


@pytest.fixture
def paid(payment):
    testing.pay(payment)
    testing.deliver(payment)
    testing.work()
    payment.refresh_from_db()
    assert payment.state == State.PAID
    return payment


def held(payment, **changes):
    """What the gateway's books say of the payment's one charge."""
    charge = payment.charges.get()
    at = charge.created_at.timestamp() - 1
    told = Movement("fake", charge.ref, payment.reference, charge.minor, charge.currency, None, 0, at)
    return replace(told, **changes)


def broken(*movements, **more):
    """The names of the invariants that do not hold."""
    books = GatewayBooks(movements, more.pop("acknowledged", ()), more.pop("refused", {}))
    found = breaches(books, promise_seconds=PROMISE_SECONDS, **more)
    return sorted({breach.invariant for breach in found})


def test_a_payment_that_both_sides_know_breaks_nothing(paid):
    assert broken(held(paid)) == []


def test_money_that_is_not_known_here(paid, start):
    other = replace(held(paid), ref="ch_other")
    assert broken(held(paid), other) == ["paid there, paid here"]
    stranger = replace(other, reference="of-another-site")
    assert broken(held(paid), stranger) == []


def test_money_that_came_and_counts_for_nothing(paid):
    Payment.objects.update(state=State.PENDING)
    assert "paid there, paid here" in broken(held(paid))


def test_money_that_came_and_went_back_before_anybody_decided(paid):
    Payment.objects.update(state=State.CANCELLED)
    whole = held(paid)
    assert "paid there, paid here" not in broken(replace(whole, back=whole.minor))
    assert "paid there, paid here" in broken(replace(whole, back=whole.minor - 1))
    more = replace(whole, minor=whole.minor * 2, back=whole.minor)  # we were told of half of it
    assert "paid there, paid here" not in broken(more, misstated={paid.reference})
    assert "paid there, paid here" in broken(more)


@pytest.mark.parametrize("change", [{"minor": 1}, {"currency": "USD"}, {"fee": 5}])
def test_another_amount_than_the_gateway_holds(paid, change):
    assert broken(held(paid, **change)) == ["paid there, paid here"]
    assert broken(held(paid, **change), misstated={paid.reference}) == []


def test_money_that_became_known_late(paid):
    at = paid.charges.get().created_at.timestamp() - PROMISE_SECONDS - 1
    assert broken(held(paid, at=at)) == ["within the promised time"]


def test_money_that_no_gateway_holds(paid):
    assert broken() == ["paid here, held there"]


def test_paid_without_money(paid):
    Posting.objects.all().delete()
    Charge.objects.all().delete()
    assert broken() == ["paid here, held there"]


def test_given_twice(paid):
    (first,) = Fulfilment.objects.all()
    Fulfilment.objects.create(
        payment=paid, **{**paid.thing, "occasion": "again"}, state="done", created_at=first.created_at
    )
    assert broken(held(paid)) == []  # another thing
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX raseed_fulfilled_once")  # the transaction of the test undoes it
    Fulfilment.objects.exclude(pk=first.pk).update(occasion=first.occasion)
    assert broken(held(paid)) == ["given once"]


def test_paid_and_not_given(paid):
    Fulfilment.objects.all().delete()
    assert broken(held(paid)) == ["given once"]
    Payment.objects.update(attention="a person looks at it")
    assert broken(held(paid)) == []


def test_owed_without_anybody_being_told(paid):
    Fulfilment.objects.update(state="due")
    assert broken(held(paid)) == ["given once", "nothing is left undone"]


def test_given_although_it_is_not_paid(paid):
    PaymentFact.objects.all().delete()
    Payment.objects.update(state=State.CANCELLED)
    assert "given once" in broken(held(paid))


def test_refunds_to_the_cent(paid):
    testing.refund_at_gateway(paid, Money(100, paid.currency))
    testing.deliver(paid)
    testing.work()
    raseed.check_payment(paid)
    testing.work()
    assert paid.refunded().minor == 100
    assert broken(held(paid, back=100)) == []
    assert broken(held(paid, back=101)) == ["refunds to the cent"]
    assert broken(held(paid)) == ["refunds to the cent"]


def test_a_refund_without_an_end(paid):
    raseed.request_refund(paid, key="one")
    Refund.objects.update(state=RefundState.UNKNOWN, next_try_at=None)
    assert broken(held(paid)) == ["nothing is left undone"]


def test_a_ledger_that_does_not_balance(paid):
    posting = Posting.objects.filter(memo="charge").get()
    Posting.objects.bulk_create([replace_row(posting, pk=None)])
    assert broken(held(paid)) == ["the ledger balances"]


def test_a_wallet_without_history(paid):
    Wallet.objects.create(owner="somebody", currency="PHP", balance_minor=5, created_at=paid.created_at)
    assert broken(held(paid)) == ["wallets equal their history"]


def test_a_delivery_that_vanished(paid):
    told = json.loads(bytes(Delivery.objects.get().body))
    assert broken(held(paid), acknowledged=(("fake", told),)) == []
    assert broken(held(paid), acknowledged=(("fake", {**told, "n": 2}),)) == ["no delivery vanished"]


@pytest.mark.parametrize("state", ["due", "parked", "stuck"])
def test_a_delivery_that_was_not_read(paid, state):
    Delivery.objects.update(state=state)
    assert broken(held(paid)) == ["no delivery vanished"]


def test_a_delivery_that_was_taken_for_somebody_elses(paid):
    Delivery.objects.update(state="foreign")
    assert broken(held(paid)) == []
    DeliveryRef.objects.create(delivery=Delivery.objects.get(), account="fake", value=paid.reference)
    assert broken(held(paid)) == ["no delivery vanished"]


def test_a_move_that_is_not_allowed(paid):
    last = PaymentFact.objects.filter(to_state="paid").exclude(from_state="paid").get()
    row = replace_row(last, pk=None, from_state="paid", to_state="cancelled", digest="another")
    PaymentFact.objects.bulk_create([row])
    assert broken(held(paid)) == ["allowed moves"]


def test_a_failure_that_no_gateway_told(payment):
    testing.deliver(payment, testing.say(payment, "failed"))
    about = payment.reference
    assert broken() == []
    assert broken(refused={"fake": {about}}) == []
    assert broken(refused={"fake": set()}) == ["unknown stays pending"]
    assert broken(refused={"fake": set()}, misstated={about}) == []


def test_a_state_without_a_history(start, paid):
    Payment.objects.update(state=State.REVIEW)
    assert "allowed moves" in broken(held(paid))


def test_a_notice_that_was_never_sent(paid):
    raseed.send_email("ana@shop.example", "Paid", "Thank you.")
    assert broken(held(paid)) == ["nothing is left undone"]
    Notice.objects.update(state="sent")
    assert broken(held(paid)) == []


def replace_row(row, **changes):
    """A copy of a model's row with other values."""
    made = type(row).objects.get(pk=row.pk)
    for name, value in changes.items():
        setattr(made, name, value)
    return made
