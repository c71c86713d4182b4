"""Leases: one worker at a time makes outside calls for a payment, and a late one changes nothing."""

from datetime import timedelta

import pytest
from django.db import transaction

from raseed import testing
from raseed.core.errors import InsideTransaction
from raseed.payments.flows import leases
from raseed.payments.models import Payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(start):
    testing.freeze()
    return start().payment


def take(payment, seconds=60):
    return leases.take(payment.pk, testing.clock(), seconds)


def test_the_second_worker_gets_none_until_the_first_gives_it_back(payment):
    first = take(payment)
    assert first is not None
    assert take(payment) is None
    leases.release(payment.pk, first, next_check_at=None)
    assert take(payment) == first + 1


def test_the_lease_of_a_dead_worker_runs_out_on_the_second(payment):
    first = take(payment)
    testing.travel(59.999)
    assert take(payment) is None
    testing.travel(0.001)
    assert take(payment) == first + 1


def test_a_worker_that_dies_is_followed_by_a_check_at_the_end_of_its_lease(payment):
    Payment.objects.update(next_check_at=None)
    take(payment)
    payment.refresh_from_db()
    assert payment.next_check_at == payment.lease_until == testing.clock() + timedelta(seconds=60)


def test_a_late_worker_gives_back_nothing_that_is_not_its_own(payment):
    late = take(payment)
    testing.travel(61)
    take(payment)
    before = Payment.objects.values().get()
    leases.release(payment.pk, late, next_check_at=testing.clock(), checked_at=testing.clock(), error="late")
    assert Payment.objects.values().get() == before


def test_giving_back_sets_the_next_check_and_what_went_wrong(payment):
    number, soon = take(payment), testing.clock() + timedelta(seconds=7)
    leases.release(payment.pk, number, next_check_at=soon, checked_at=testing.clock(), error="no answer")
    payment.refresh_from_db()
    assert (payment.lease_until, payment.next_check_at, payment.check_error) == (None, soon, "no answer")
    assert payment.checked_at == testing.clock()


def test_a_call_that_asked_nothing_leaves_the_time_of_the_last_answer(payment):
    Payment.objects.update(checked_at=testing.clock())
    asked_at = testing.clock()
    testing.travel(10)
    leases.release(payment.pk, take(payment), next_check_at=None)
    payment.refresh_from_db()
    assert payment.checked_at == asked_at


def test_a_check_that_was_brought_forward_meanwhile_stays_forward(payment):
    number, now = take(payment), testing.clock()
    Payment.objects.update(next_check_at=now, check_channel="webhook")
    leases.release(payment.pk, number, next_check_at=now + timedelta(hours=1))
    payment.refresh_from_db()
    assert (payment.next_check_at, payment.check_channel) == (now, "webhook")


def test_nobody_takes_the_lease_of_a_payment_that_does_not_exist(db):
    assert leases.take(10**9, testing.clock(), 60) is None


def test_outside_a_transaction_all_is_well_also_inside_a_test_cases_own():
    leases.outside_transaction("check_payment")


def test_inside_the_sites_transaction_the_remedy_is_named():
    remedy = r"start_payment.*on_commit.*non_atomic_requests"
    with pytest.raises(InsideTransaction, match=remedy), transaction.atomic():
        leases.outside_transaction("start_payment")


@pytest.mark.django_db(transaction=True)
def test_the_same_without_a_test_cases_transaction():
    leases.outside_transaction("check_payment")
    with pytest.raises(InsideTransaction), transaction.atomic():
        leases.outside_transaction("check_payment")
