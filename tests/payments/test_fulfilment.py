"""Giving what was paid for: once, whatever the shop's own code does."""

import pytest
from django.db import IntegrityError, OperationalError, transaction

import raseed
from raseed import testing
from raseed.core.states import State
from raseed.payments import conf
from raseed.payments.flows.fulfil import retry_fulfilment
from raseed.payments.models import Fulfilment, FulfilmentState, Payment
from tests.bookshop.models import Book, Parcel
from tests.bookshop.payments import BuyBook
from tests.payments.books import again, assert_books, paid, stands, work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


@pytest.fixture
def shop_does(monkeypatch):
    """Replace the shop's fulfil for one test."""

    def use(fulfil):
        monkeypatch.setattr(BuyBook, "fulfil", lambda self, book, payment: fulfil(book, payment))

    return use


def due():
    fulfilment = Fulfilment.objects.get()
    assert fulfilment.state == FulfilmentState.DUE
    assert fulfilment.fulfilled_at is None
    return fulfilment


class TestRaising:
    def test_the_payment_stays_paid_and_nothing_is_half_given(self, start):
        BuyBook.failures = 1
        payment = paid(start)
        assert stands(payment) == ("paid", "", 0)
        assert not Parcel.objects.exists()
        assert "the shop's own mistake" in due().error
        assert due().tries == 1

    def test_twice_and_then_it_is_given_once(self, start):
        testing.freeze()
        BuyBook.failures = 2
        payment = paid(start)
        pauses = []
        while Fulfilment.objects.get().state == FulfilmentState.DUE:
            pauses.append(round((due().next_try_at - testing.clock()).total_seconds()))
            assert work(pauses[-1] - 2) == 0
            assert work(3) == 1
        assert pauses == [10, 20]
        assert stands(payment) == ("paid", "", 1)
        done = Fulfilment.objects.get()
        assert (done.state, done.next_try_at) == ("done", None)
        assert "the shop's own mistake" in done.error  # why it had failed stays to be read
        assert done.fulfilled_at is not None
        assert done.created_key == str(Parcel.objects.get().pk)

    def test_the_pauses_end_at_an_hour(self, start):
        BuyBook.failures = 20
        paid(start)
        for _ in range(15):
            work(3601)
        assert (due().next_try_at - testing.clock()).total_seconds() == pytest.approx(3600, abs=5)

    def test_other_channels_do_not_give_in_between(self, start):
        BuyBook.failures = 1
        payment = paid(start)
        testing.deliver(payment, salt="other")
        raseed.check_payment(payment)
        assert stands(payment) == ("paid", "", 0)
        assert Fulfilment.objects.count() == 1

    def test_a_full_refund_cancels_what_is_owed(self, start, book):
        BuyBook.failures = 1
        payment = paid(start)
        testing.deliver(payment, testing.refund_at_gateway(payment))
        assert Fulfilment.objects.get().state == FulfilmentState.CANCELLED
        work(3600)
        assert (again(book).given, again(book).revoked) == (0, 0)
        assert stands(paid(start)) == ("paid", "", 1)

    def test_a_partial_refund_does_not(self, start):
        BuyBook.failures = 1
        payment = paid(start)
        raseed.request_refund(payment, raseed.Money(5000, "PHP"))
        work()
        work(11)
        assert stands(payment) == ("paid", "", 1)

    def test_a_retry_looks_at_the_payment_again(self, start, book):
        """Refunded by hand in the database, say: what is owed is decided when it is given."""
        BuyBook.failures = 1
        payment = paid(start)
        testing.refund_at_gateway(payment)
        raseed.check_payment(payment)
        Fulfilment.objects.update(state="due", next_try_at=testing.clock())
        assert retry_fulfilment(Fulfilment.objects.get().pk, testing.clock())
        assert Fulfilment.objects.get().state == FulfilmentState.CANCELLED
        assert again(book).given == 0

    def test_words_that_a_database_cannot_store(self, start, shop_does):
        def fulfil(book, payment):
            raise RuntimeError("\x00 and \ud800")

        shop_does(fulfil)
        assert stands(paid(start)) == ("paid", "", 0)
        assert "\ufffd and ?" in due().error


class TestPaidAgain:
    def test_after_a_full_refund_it_is_given_again(self, start, book):
        first = paid(start)
        testing.deliver(first, testing.refund_at_gateway(first))
        second = paid(start)
        assert first != second
        assert stands(second) == ("paid", "", 2)
        assert list(Fulfilment.objects.order_by("pk").values_list("state", flat=True)) == ["revoked", "done"]
        testing.deliver(first, salt="late copy")
        assert (again(book).given, again(book).revoked) == (2, 1)


class TestWhatItReturns:
    def test_a_saved_object_is_remembered(self, start):
        paid(start)
        done = Fulfilment.objects.get()
        assert (done.created_label, done.created_key) == ("bookshop.Parcel", str(Parcel.objects.get().pk))

    @pytest.mark.parametrize(
        "made",
        [None, True, 1, "done", [], object()],
        ids=["nothing", "true", "number", "text", "list", "object"],
    )
    def test_anything_else_is_no_matter(self, start, shop_does, made):
        shop_does(lambda book, payment: made)
        payment = paid(start)
        assert again(payment).state == State.PAID
        assert Fulfilment.objects.get().state == "done"
        assert Fulfilment.objects.get().created_label == ""

    def test_nor_an_object_without_a_key(self, start, shop_does):
        shop_does(lambda book, payment: Parcel(book=book))
        paid(start)
        assert Fulfilment.objects.get().created_key == ""


class TestTheShopsMistakes:
    def test_a_purpose_that_is_gone_from_the_settings(self, start, settings):
        payment = start().payment
        testing.pay(payment)
        complete = settings.RASEED
        settings.RASEED = complete | {"PURPOSES": {}}
        testing.deliver(payment)
        assert again(payment).state == State.PAID
        assert "PURPOSES" in due().error
        settings.RASEED = complete
        work(11)
        assert stands(payment) == ("paid", "", 1)

    def test_a_purpose_that_is_gone_holds_odd_money(self, start, settings):
        payment = start().payment
        complete = settings.RASEED
        settings.RASEED = complete | {"PURPOSES": {}}
        testing.deliver(payment, testing.pay(payment, raseed.Money(1, "PHP")))
        assert again(payment).state == State.REVIEW
        settings.RASEED = complete

    def test_a_payable_that_was_deleted(self, start, book):
        payment = start().payment
        testing.pay(payment)
        Book.objects.all().delete()
        testing.deliver(payment)
        assert again(payment).state == State.PAID
        assert "DoesNotExist" in due().error

    def test_an_integrity_error_is_undone_and_retried(self, start, shop_does, book):
        taken = Parcel.objects.create(book=book)

        def fulfil(book, payment):
            Book.objects.filter(pk=book.pk).update(given=1)
            Parcel.objects.create(pk=taken.pk, book=book)

        shop_does(fulfil)
        payment = paid(start)
        assert stands(payment) == ("paid", "", 0)
        assert "IntegrityError" in due().error

    def test_an_integrity_error_that_is_swallowed_is_told(self, start, shop_does, book):
        """Django undoes the whole savepoint without a word: it must not stand as given."""
        taken = Parcel.objects.create(book=book)

        def fulfil(book, payment):
            Book.objects.filter(pk=book.pk).update(given=1)
            try:
                Parcel.objects.create(pk=taken.pk, book=book)
            except IntegrityError:
                return

        shop_does(fulfil)
        payment = paid(start)
        assert stands(payment) == ("paid", "", 0)
        assert "atomic()" in due().error

    def test_one_that_is_caught_properly_is_no_mistake(self, start, shop_does, book):
        taken = Parcel.objects.create(book=book)

        def fulfil(book, payment):
            Book.objects.filter(pk=book.pk).update(given=1)
            try:
                with transaction.atomic():
                    Parcel.objects.create(pk=taken.pk, book=book)
            except IntegrityError:
                return taken

        shop_does(fulfil)
        assert stands(paid(start)) == ("paid", "", 1)
        assert Fulfilment.objects.get().created_key == str(taken.pk)

    def test_asking_for_a_rollback_is_told(self, start, shop_does):
        def fulfil(book, payment):
            Book.objects.filter(pk=book.pk).update(given=1)
            transaction.set_rollback(True)

        shop_does(fulfil)
        assert stands(paid(start)) == ("paid", "", 0)
        assert "rollback" in due().error or "atomic()" in due().error

    @pytest.mark.parametrize("call", ["start_payment", "check_payment"])
    def test_calling_a_gateway_inside(self, start, shop_does, call):
        def fulfil(book, payment):
            Book.objects.filter(pk=book.pk).update(given=1)
            if call == "start_payment":
                raseed.start_payment(book, purpose="gift", account="fake", method="card")
            else:
                raseed.check_payment(payment)

        shop_does(fulfil)
        payment = paid(start)
        assert stands(payment) == ("paid", "", 0)
        assert "InsideTransaction" in due().error
        assert "on_commit" in due().error
        assert Payment.objects.count() == 1

    def test_asking_for_a_refund_inside_is_allowed(self, start, shop_does):
        """It only queues a row in the same transaction: "sold out" may send the money back at once."""
        shop_does(lambda book, payment: raseed.request_refund(payment, reason="sold out"))
        payment = paid(start)
        work()
        assert again(payment).is_fully_refunded
        assert Fulfilment.objects.get().state == "revoked"


@pytest.mark.django_db(transaction=True)
class TestTheDatabasesTrouble:
    """The whole transaction is done once more, and the giving left to the worker."""

    @pytest.fixture
    def troubled(self, monkeypatch):
        attempts = []
        good = BuyBook.fulfil

        def fulfil(self, book, payment):
            attempts.append(payment.state)
            if len(attempts) == 1:
                raise OperationalError("deadlock detected")
            return good(self, book, payment)

        monkeypatch.setattr(BuyBook, "fulfil", fulfil)
        return attempts

    @pytest.mark.parametrize("channel", ["webhook", "poll", "return"])
    def test_on_every_channel(self, start, troubled, channel):
        payment = start().payment
        testing.pay(payment)
        if channel == "webhook":
            testing.deliver(payment)
        else:
            assert raseed.check_payment(payment, channel).error == ""
        assert stands(payment) == ("paid", "", 0)
        assert again(payment).first_channel == channel
        owed = due()
        assert (owed.tries, owed.error) == (0, "")  # it is no shop's error
        work()
        assert stands(payment) == ("paid", "", 1)
        assert troubled == ["paid", "paid"]

    def test_trouble_that_stays_is_recorded_and_retried_with_pauses(self, start, monkeypatch):
        def fulfil(self, book, payment):
            raise OperationalError("no such table: parcels")

        monkeypatch.setattr(BuyBook, "fulfil", fulfil)
        payment = paid(start)
        work()
        assert again(payment).state == State.PAID
        assert (due().tries, "no such table" in due().error) == (1, True)
        assert work() == 0

    def test_outside_of_any_block_every_promise_is_durable(self, start):
        payment = paid(start)
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            retry_fulfilment(Fulfilment.objects.get(payment=payment).pk, conf.now())
