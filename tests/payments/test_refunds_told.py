"""Refunds that the gateway tells of, in whatever way and order; and what is taken back after a refund."""

import contextlib

import pytest
from django.db import IntegrityError

import raseed
from raseed import testing
from raseed.core.states import State
from raseed.payments.models import Fulfilment, Refund, Revocation
from tests.bookshop.models import Parcel
from tests.bookshop.payments import BuyBook
from tests.payments.books import again, assert_books, balances, paid, php, stands, the_refund, work

pytestmark = pytest.mark.django_db

PRICE = 20000


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


def the_charge(payment):
    return payment.charges.get().ref


class TestMadeElsewhere:
    def test_by_webhook(self, start, book):
        payment = paid(start)
        testing.deliver(payment, testing.refund_at_gateway(payment, php(5000)))
        refund = the_refund()
        assert (refund.is_external, refund.money, refund.state) == (True, php(5000), "succeeded")
        assert again(book).revoked == 1

    def test_by_the_check_of_the_next_day(self, start, book):
        payment = paid(start)
        testing.refund_at_gateway(payment)
        assert work(23 * 3600) == 0
        work(2 * 3600)
        assert again(payment).is_fully_refunded
        assert again(book).revoked == 1

    def test_told_twice_in_two_ways_it_counts_once(self, start, book):
        payment = paid(start)
        fact = testing.refund_at_gateway(payment, php(5000))
        testing.deliver(payment, fact)
        testing.deliver(payment, fact, salt="copy")
        raseed.check_payment(payment)
        assert Refund.objects.count() == 1
        assert again(book).revoked == 1

    def test_ours_told_by_webhook_before_its_answer(self, start, gateway, book):
        payment = paid(start)
        raseed.request_refund(payment)
        gateway.before["refund"] = lambda: testing.deliver(payment)
        work()
        assert Refund.objects.count() == 1
        assert (the_refund().state, the_refund().is_external) == ("succeeded", False)
        assert again(book).revoked == 1

    def test_before_the_delivery_of_its_payment(self, start, book):
        payment = start().payment
        testing.pay(payment)
        refunded = testing.refund_at_gateway(payment)
        testing.deliver(payment, refunded)
        assert stands(payment)[0] == "pending"
        assert not Refund.objects.exists()
        work()  # it made us ask; the answer holds both
        assert again(payment).state == State.PAID
        assert again(payment).is_fully_refunded
        assert (again(book).given, again(book).revoked) == (0, 0)
        assert Fulfilment.objects.get().state == "cancelled"
        assert balances() == {}
        assert stands(paid(start)) == ("paid", "", 1)

    def test_running_totals(self, start):
        payment = paid(start)
        charge = the_charge(payment)
        for number, total in enumerate((5000, 5000, 12000, 12000, 5000)):
            fact = testing.say(payment, "refunded", charge_ref=charge, money=php(total), is_total=True)
            testing.deliver(payment, fact, salt=str(number))
        assert sorted(Refund.objects.values_list("minor", flat=True)) == [5000, 7000]
        assert again(payment).refunded() == php(12000)

    def test_a_total_that_ours_is_part_of(self, start):
        payment = paid(start)
        charge = the_charge(payment)
        raseed.request_refund(payment, php(5000))
        work()
        for total in (5000, 8000):
            fact = testing.say(payment, "refunded", charge_ref=charge, money=php(total), is_total=True)
            testing.deliver(payment, fact, salt=str(total))
        assert sorted(Refund.objects.values_list("minor", "is_external")) == [(3000, True), (5000, False)]

    def test_more_than_came_is_for_a_person(self, start):
        payment = paid(start)
        fact = testing.say(
            payment, "refunded", charge_ref=the_charge(payment), refund_ref="re_9", money=php(PRICE + 1)
        )
        testing.deliver(payment, fact)
        assert not Refund.objects.exists()
        assert stands(payment) == ("paid", "identity", 1)

    def test_a_void_sends_back_what_is_left(self, start, book):
        payment = paid(start)
        raseed.request_refund(payment, php(5000))
        work()
        testing.deliver(payment, testing.say(payment, "voided", charge_ref=the_charge(payment)))
        testing.deliver(payment, testing.say(payment, "voided", charge_ref=the_charge(payment)), salt="2")
        assert sorted(Refund.objects.values_list("minor", "is_void")) == [(5000, False), (15000, True)]
        assert again(payment).is_fully_refunded
        assert Fulfilment.objects.get().state == "revoked"

    def test_the_name_of_a_refund_of_another_payment(self, start, book):
        payment, other = paid(start), paid(start, purpose="gift")
        testing.deliver(other, testing.refund_at_gateway(other, php(5000)))
        taken = the_refund().ref
        fact = testing.say(
            payment, "refunded", charge_ref=the_charge(payment), refund_ref=taken, money=php(5000)
        )
        testing.deliver(payment, fact)
        assert Refund.objects.count() == 1
        assert stands(payment)[1] == "identity"

    def test_long_names_that_begin_alike_are_two(self, start):
        payment = paid(start)
        for last in "ab":
            fact = testing.say(
                payment,
                "refunded",
                charge_ref=the_charge(payment),
                refund_ref="r" * 200 + last,
                money=php(1000),
            )
            testing.deliver(payment, fact)
        assert again(payment).refunded() == php(2000)


class TestTakingBack:
    def test_once_per_refund_with_retries(self, start, book, monkeypatch):
        payment = paid(start)
        failures = [1, 2]

        def revoke(self, book, payment, refund):
            book.revoked += 1
            book.save()
            if failures:
                failures.pop()
                raise RuntimeError("not now")

        monkeypatch.setattr(BuyBook, "revoke", revoke)
        testing.deliver(payment, testing.refund_at_gateway(payment))
        assert (again(book).revoked, Revocation.objects.get().state) == (0, "due")
        assert again(payment).is_fully_refunded  # the shop's mistake stops no money
        assert "not now" in Revocation.objects.get().error
        work(11)
        assert Revocation.objects.get().tries == 2
        work(21)
        work(3600)
        assert (again(book).revoked, Revocation.objects.get().state) == (1, "done")
        assert Fulfilment.objects.get().state == "revoked"

    def test_not_free_again_while_a_revocation_is_owed(self, start, book, monkeypatch):
        """Else the late one would take back what was paid for anew."""
        payment = paid(start)
        troubled = []

        def revoke(self, book, payment, refund):
            if refund.pk in troubled:
                raise RuntimeError("not now")

        monkeypatch.setattr(BuyBook, "revoke", revoke)
        first = raseed.request_refund(payment, php(5000))
        troubled.append(first.pk)
        work()
        raseed.request_refund(payment)
        work()
        assert again(payment).is_fully_refunded
        assert Fulfilment.objects.get().state == "done"
        troubled.clear()
        work(60)
        assert Fulfilment.objects.get().state == "revoked"

    def test_a_database_error_that_revoke_swallows_takes_nothing_back(self, start, book, monkeypatch):
        payment = paid(start)

        def revoke(self, book, payment, refund):
            type(book).objects.filter(pk=book.pk).update(revoked=1)
            with contextlib.suppress(IntegrityError):
                Parcel.objects.create(pk=Parcel.objects.get().pk, book=book)

        monkeypatch.setattr(BuyBook, "revoke", revoke)
        testing.deliver(payment, testing.refund_at_gateway(payment))
        assert (again(book).revoked, Revocation.objects.get().state) == (0, "due")
        assert "atomic()" in Revocation.objects.get().error
