"""The same moment, many hands: real threads, each with its own connection to the database."""

# ruff: noqa: B023 at_once has done all of it before the loop goes on
import threading
import time

import pytest

import raseed
from raseed import testing
from raseed.core.errors import RaseedError, RefusedRefund
from raseed.payments import schedule
from raseed.payments.flows.fulfil import retry_fulfilment, retry_revocation
from raseed.payments.flows.refund import send_refund
from raseed.payments.models import (
    Charge,
    Delivery,
    Fulfilment,
    Payment,
    Refund,
    Revocation,
)
from tests.bookshop.models import Book, Parcel
from tests.bookshop.payments import BuyBook
from tests.payments.books import (
    again,
    assert_books,
    paid,
    php,
    stands,
    the_refund,
    use_capabilities,
    use_policies,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)

PRICE = 20000


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


def no_errors(results):
    assert [result for result in results if isinstance(result, Exception)] == []
    return results


def given_once(payment):
    assert stands(payment) == ("paid", "", 1)
    assert Parcel.objects.filter(book_id=payment.payable_key).count() == 1
    assert Fulfilment.objects.filter(payable_key=payment.payable_key).count() == 1
    assert payment.charges.count() == payment.postings.count() == 1


class TestOneNews:
    def test_eight_copies_of_one_delivery(self, start, at_once, rounds):
        for _ in rounds:
            payment = start().payment
            testing.pay(payment)
            receipts = no_errors(at_once(*[lambda: testing.deliver(payment)] * 8))
            assert sorted(receipt.is_copy for receipt in receipts) == [False] + [True] * 7
            assert Delivery.objects.get(payment=payment).copies == 8
            given_once(payment)

    def test_eight_deliveries_of_one_news(self, start, at_once, rounds):
        for _ in rounds:
            payment = start().payment
            testing.pay(payment)
            no_errors(at_once(*[lambda s=s: testing.deliver(payment, salt=s) for s in "abcdefgh"]))
            assert Delivery.objects.filter(payment=payment, state="read").count() == 8
            given_once(payment)

    def test_webhook_return_and_poll(self, start, at_once, rounds):
        channels = set()
        for _ in rounds:
            payment = start().payment
            testing.pay(payment)
            no_errors(
                at_once(
                    lambda: testing.deliver(payment),
                    lambda: raseed.check_payment(payment, "return"),
                    lambda: raseed.check_payment(payment, "poll"),
                    lambda: testing.deliver(payment, salt="more"),
                )
            )
            given_once(payment)
            channels.add(again(payment).first_channel)
        assert channels <= {"webhook", "return", "poll"}

    def test_an_agreement_is_charged_once(self, start, at_once, rounds, gateway):
        for number in rounds:
            payment = start().payment
            agreed = testing.agree(payment)
            no_errors(
                at_once(
                    *[lambda: raseed.check_payment(payment, "poll")] * 3,
                    lambda: testing.deliver(payment, agreed),
                )
            )
            assert gateway.calls.count("advance") == number + 1
            given_once(payment)

    def test_paid_in_the_moment_it_lapses(self, start, at_once, rounds):
        """Whoever is first: the money is never lost, and nothing is given without a decision."""
        for _ in rounds:
            payment = start().payment
            testing.travel(3601)
            paid_now = testing.say(payment, "paid", charge_ref=f"ch_{payment.pk}", money=php(PRICE))
            no_errors(
                at_once(lambda: raseed.check_payment(payment), lambda: testing.deliver(payment, paid_now))
            )
            assert stands(payment) in {("paid", "", 1), ("paid", "late", 0)}
            assert Charge.objects.get(payment=payment).held == (again(payment).concern == "late")
            testing.reset()


class TestOneThing:
    def test_two_tabs_starting(self, start, new_book, at_once, rounds, gateway, monkeypatch):
        genuine = gateway.open

        def slow(order, memory):
            time.sleep(0.02)
            return genuine(order, memory)

        monkeypatch.setattr(gateway, "open", slow)
        for _ in rounds:
            book = new_book()
            checkouts = no_errors(at_once(*[lambda book=book: start(book)] * 3))
            assert len({checkout.payment.pk for checkout in checkouts}) == 1
            assert len({checkout.url for checkout in checkouts}) == 1
            assert Payment.objects.filter(payable_key=book.pk).count() == 1

    def test_two_tabs_with_different_methods(self, start, new_book, at_once, rounds):
        """One wins, the other is told to try again or takes its place; never two that are open."""
        for _ in rounds:
            book = new_book()
            results = at_once(lambda book=book: start(book), lambda book=book: start(book, method="wallet"))
            assert all(isinstance(r, (raseed.Checkout, RaseedError)) for r in results), results
            assert any(isinstance(r, raseed.Checkout) for r in results)
            assert Payment.objects.filter(payable_key=book.pk, state__in=["new", "pending"]).count() == 1

    def test_two_payments_for_one_thing(self, start, new_book, at_once, rounds, monkeypatch):
        use_policies(monkeypatch, late="fulfil")
        for _ in rounds:
            book = new_book()
            old = start(book).payment
            testing.deliver(old, testing.say(old, "expired"))
            new = start(book).payment
            testing.pay(old)
            testing.pay(new)
            no_errors(at_once(lambda: testing.deliver(old), lambda: testing.deliver(new)))
            both = {stands(old)[:2], stands(new)[:2]}
            assert both == {("paid", ""), ("paid", "double")}
            assert again(book).given == 1
            assert Charge.objects.filter(payment__in=[old, new], held=True).count() == 1

    def test_paid_while_another_checkout_is_started(self, start, new_book, at_once, rounds):
        for _ in rounds:
            book = new_book()
            old = start(book).payment
            testing.pay(old)
            _, result = at_once(lambda: testing.deliver(old), lambda book=book: start(book, method="wallet"))
            assert isinstance(result, (raseed.Checkout, RaseedError)), result
            assert again(old).state == "paid"
            assert again(book).given == 1
            assert Charge.objects.filter(payment=old).count() == 1

    def test_one_charge_told_for_two_payments(self, start, at_once, rounds):
        """The same movement of money cannot pay for two things."""
        for number in rounds:
            payments = [start().payment, start().payment]
            about = {"charge_ref": f"shared_{number}", "money": php(PRICE)}
            no_errors(
                at_once(*[lambda p=p: testing.deliver(p, testing.say(p, "paid", **about)) for p in payments])
            )
            assert Charge.objects.filter(ref=about["charge_ref"]).count() == 1
            assert sorted(again(p).state for p in payments) == ["paid", "pending"]
            assert sorted(stands(p)[2] for p in payments) == [0, 1]


class TestMoneyBack:
    def test_a_refund_and_copies_of_the_payment(self, start, at_once, rounds):
        for _ in rounds:
            payment = paid(start)
            refund = testing.refund_at_gateway(payment)
            no_errors(
                at_once(
                    lambda: testing.deliver(payment, refund),
                    lambda: testing.deliver(payment, salt="x"),
                    lambda: testing.deliver(payment, refund, salt="y"),
                    lambda: raseed.check_payment(payment),
                )
            )
            assert Refund.objects.filter(payment=payment).count() == 1
            book = Book.objects.get(pk=payment.payable_key)
            assert (book.given, book.revoked) == (1, 1)
            assert again(payment).is_fully_refunded

    def test_payment_and_refund_together(self, start, at_once, rounds):
        for _ in rounds:
            payment = start().payment
            fact = testing.pay(payment)
            refund = testing.refund_at_gateway(payment)
            no_errors(
                at_once(
                    lambda: testing.deliver(payment, fact),
                    lambda: testing.deliver(payment, refund),
                    lambda: testing.deliver(payment, salt="both"),
                )
            )
            work()
            book = Book.objects.get(pk=payment.payable_key)
            assert again(payment).is_fully_refunded
            assert book.given == book.revoked <= 1
            assert not Fulfilment.objects.filter(payment=payment, state__in=["done", "due"]).exists()

    def test_requests_never_exceed_what_came(self, start, at_once, rounds):
        for _ in rounds:
            payment = paid(start)
            results = at_once(*[lambda: raseed.request_refund(payment, php(15000))] * 4)
            assert sum(isinstance(r, Refund) for r in results) == 1
            assert sum(isinstance(r, RefusedRefund) for r in results) == 3
            assert again(payment).refundable() == php(5000)

    def test_one_key_is_one_refund(self, start, at_once, rounds):
        for _ in rounds:
            payment = paid(start)
            results = no_errors(at_once(*[lambda: raseed.request_refund(payment, php(1), key="k")] * 4))
            assert len({refund.pk for refund in results}) == 1

    def test_two_workers_with_one_refund_send_it_once(self, start, at_once, rounds, gateway):
        for number in rounds:
            refund = raseed.request_refund(paid(start))
            no_errors(at_once(*[lambda: send_refund(refund.pk)] * 3))
            assert gateway.calls.count("refund") == number + 1
            assert again(refund).state == "succeeded"

    def test_one_at_a_time_where_the_gateway_demands_it(self, start, at_once, rounds, gateway, monkeypatch):
        use_capabilities(monkeypatch, gateway, one_refund_at_a_time=True)
        inside, most, guard = [], [], threading.Lock()
        genuine = gateway.refund

        def watched(*about):
            with guard:
                inside.append(1)
                most.append(len(inside))
            time.sleep(0.005)
            facts = genuine(*about)
            with guard:
                inside.pop()
            return facts

        monkeypatch.setattr(gateway, "refund", watched)
        for _ in rounds[:8]:
            payment = paid(start)
            refunds = [raseed.request_refund(payment, php(minor)) for minor in (1000, 2000, 3000)]
            no_errors(at_once(*[lambda r=r: send_refund(r.pk) for r in refunds]))
            for _ in refunds:
                work(31)
            assert {again(r).state for r in refunds} == {"succeeded"}
        assert max(most) == 1


class TestOwedWork:
    def test_two_workers_with_one_fulfilment(self, start, at_once, rounds):
        for _ in rounds:
            BuyBook.failures = 1
            payment = paid(start)
            owed = Fulfilment.objects.get(payment=payment)
            assert owed.state == "due"
            no_errors(at_once(*[lambda: retry_fulfilment(owed.pk, testing.clock())] * 3))
            given_once(payment)

    def test_a_retry_and_a_full_refund(self, start, at_once, rounds):
        for _ in rounds:
            BuyBook.failures = 1
            payment = paid(start)
            owed = Fulfilment.objects.get(payment=payment)
            refund = testing.refund_at_gateway(payment)
            no_errors(
                at_once(
                    lambda: retry_fulfilment(owed.pk, testing.clock()),
                    lambda: testing.deliver(payment, refund),
                )
            )
            book = Book.objects.get(pk=payment.payable_key)
            assert (book.given, book.revoked) in {(0, 0), (1, 1)}
            assert again(owed).state in {"cancelled", "revoked"}

    def test_two_workers_with_one_revocation(self, start, at_once, rounds, monkeypatch):
        genuine, trouble = BuyBook.revoke, []

        def revoke(self, book, payment, refund):
            if trouble:
                raise RuntimeError(trouble.pop())
            genuine(self, book, payment, refund)

        monkeypatch.setattr(BuyBook, "revoke", revoke)
        for _ in rounds:
            payment = paid(start)
            trouble.append("not now")
            testing.deliver(payment, testing.refund_at_gateway(payment))
            owed = Revocation.objects.get(refund__payment=payment)
            assert owed.state == "due"
            no_errors(at_once(*[lambda: retry_revocation(owed.pk, testing.clock())] * 3))
            assert Book.objects.get(pk=payment.payable_key).revoked == 1

    def test_workers_share_what_is_due(self, start, at_once):
        payments = [start().payment for _ in range(12)]
        for payment in payments:
            testing.pay(payment)
        testing.travel(schedule.FIRST_CHECK_SECONDS + 1)
        no_errors(at_once(*[lambda: testing.work()] * 4))
        for payment in payments:
            given_once(payment)


@pytest.mark.postgres
class TestTheShopsLocks:
    """PostgreSQL finds the deadlock and ends one of two: that payment is made once more, the giving later."""

    def test_a_deadlock_in_fulfil(self, start, new_book, at_once, monkeypatch):
        books = [new_book(), new_book()]
        meeting, attempts = threading.Barrier(2), []

        def fulfil(self, book, payment):
            attempts.append(book.pk)
            mine, other = sorted(books, key=lambda b: b.pk != book.pk)
            Book.objects.select_for_update().get(pk=mine.pk)
            if len(attempts) <= 2:
                meeting.wait(10)
            Book.objects.select_for_update().get(pk=other.pk)
            Book.objects.filter(pk=mine.pk).update(given=again(mine).given + 1)

        monkeypatch.setattr(BuyBook, "fulfil", fulfil)
        payments = [start(book).payment for book in books]
        for payment in payments:
            testing.pay(payment)
        no_errors(at_once(*[lambda p=p: testing.deliver(p) for p in payments]))
        assert [again(p).state for p in payments] == ["paid", "paid"]
        assert sorted(again(book).given for book in books) == [0, 1]
        owed = Fulfilment.objects.get(state="due")
        assert (owed.tries, owed.error) == (0, "")
        assert set(Delivery.objects.values_list("state", flat=True)) == {"read"}
        work()
        assert [again(book).given for book in books] == [1, 1]
        assert len(attempts) == 3


def test_the_refund_is_one(start, at_once):
    """Asked for by three people and told by two channels while it is sent."""
    payment = paid(start)
    refund = raseed.request_refund(payment, key="one")
    no_errors(
        at_once(
            lambda: send_refund(refund.pk),
            lambda: raseed.request_refund(payment, key="one"),
            lambda: raseed.check_payment(payment),
        )
    )
    work(600)
    assert the_refund().state == "succeeded"
    assert again(payment).refunded() == php(PRICE)
