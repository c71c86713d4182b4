"""PhonePe through the door: hints that only make us ask, proofs that count once, and refunds told by name."""

import pytest
import stamina

import raseed
from raseed import testing
from raseed.core.errors import GatewayUnavailable
from raseed.core.states import State
from raseed.payments import conf
from raseed.payments.flows import ask_refunds, hints
from raseed.payments.flows.check_payment import check_payment
from raseed.payments.models import Charge, Delivery, Fulfilment, Payment, PaymentFact, Refund
from tests.bookshop.models import Book
from tests.gateways import phonepe_account as pp
from tests.payments.books import assert_books
from tests.payments.phonepe_server import ACCOUNT, PhonePeServer, completed, tell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _books_agree():
    with stamina.set_testing(True, attempts=10, cap=True):  # no waiting between attempts
        yield
    assert_books()


@pytest.fixture
def server(settings):
    server = PhonePeServer()
    accounts = {**settings.RASEED["ACCOUNTS"], "phonepe": {**ACCOUNT, "HTTP": server}}
    settings.RASEED = {**settings.RASEED, "ACCOUNTS": accounts}
    return server


@pytest.fixture
def book():
    return Book.objects.create(title="Gitanjali", price_minor=49_900)


@pytest.fixture
def payment(server, book):
    return begin(book)


def begin(book):
    return raseed.start_payment(book, purpose="book-inr", account="phonepe", method="checkout").payment


def now(payment):
    return Payment.objects.get(pk=payment.pk)


def assert_given_once(payment):
    assert (now(payment).state, now(payment).attention) == (State.PAID, "")
    assert Charge.objects.filter(payment=payment).count() == 1
    assert Fulfilment.objects.get(payment=payment).state == "done"
    assert Book.objects.get(pk=payment.payable_key).given == 1


class TestHints:
    def test_a_webhook_gives_nothing_and_makes_us_ask_at_once(self, server, payment):
        server.attempt(payment)
        assert tell("checkout.order.completed", completed(payment, server)).refused is None
        assert now(payment).state == State.PENDING
        assert now(payment).next_check_at <= testing.clock()
        testing.work()
        assert_given_once(payment)
        assert now(payment).first_channel == "webhook"

    def test_a_forged_webhook_gives_nothing_at_all(self, server, payment):
        forged = completed(payment, server, state="COMPLETED", paymentDetails=[])
        tell("checkout.order.completed", forged)
        testing.work()
        assert now(payment).state == State.PENDING
        assert server.asked(payment) == 1

    def test_what_does_not_fit_is_told_to_whoever_reads_the_history(self, server, payment):
        tell("checkout.order.completed", completed(payment, server, state="COMPLETED", amount=1))
        said = PaymentFact.objects.get(payment=payment, weight="hint")
        assert "the amount is INR 0.01 instead of INR 499.00" in said.reason
        tell("checkout.order.completed", completed(payment, server, state="COMPLETED", orderId="OMO77"))
        said = PaymentFact.objects.filter(payment=payment, weight="hint").last()
        assert "another than the one opened" in said.reason

    def test_another_amount_or_order_in_the_answer_is_held(self, server, payment, book):
        server.attempt(payment)["amount"] = 1
        tell("checkout.order.completed", completed(payment, server))
        testing.work()
        assert (now(payment).state, now(payment).concern) == (State.REVIEW, "under")
        assert Book.objects.get(pk=book.pk).given == 0

    def test_a_wrong_password_is_refused_and_asked_about_once(self, server, payment):
        receipt = tell("checkout.order.completed", completed(payment, server), password="wrong-1234")
        assert receipt.refused is not None
        testing.work()
        assert server.asked(payment) == 1
        assert now(payment).state == State.PENDING

    def test_copies_and_other_channels_change_nothing_more(self, server, payment):
        server.attempt(payment)
        for salt in range(5):
            tell("checkout.order.completed", completed(payment, server), salt=salt)
            tell("checkout.order.completed", completed(payment, server), salt=salt)
            testing.work()
        check_payment(payment)
        assert_given_once(payment)
        assert Delivery.objects.count() == 5

    def test_a_failed_attempt_fails_no_order(self, server, payment):
        server.attempt(payment, "FAILED")
        tell("checkout.transaction.attempt.failed", completed(payment, server))
        testing.travel(30)
        testing.work()
        assert now(payment).state == State.PENDING
        assert "PIN" in now(payment).detail
        server.attempt(payment)
        tell("checkout.order.completed", completed(payment, server))
        testing.work()
        assert_given_once(payment)


class TestLimits:
    def test_hints_about_one_payment_lead_to_one_question_in_five_seconds(self, server, payment):
        testing.freeze()
        for salt in range(20):
            tell("checkout.order.completed", completed(payment, server, state="COMPLETED"), salt=salt)
            testing.work()
        assert server.asked(payment) == 1
        testing.travel(hints.PAUSE_SECONDS)
        testing.work()
        assert server.asked(payment) == 2  # what had to wait is not lost

    def test_an_account_has_its_share_and_the_rest_waits(self, server):
        testing.freeze()
        payments = [
            begin(Book.objects.create(title=str(number), price_minor=49_900))
            for number in range(hints.PER_SECOND + 3)
        ]
        for payment in payments:
            tell("checkout.order.completed", completed(payment, server, state="COMPLETED"))
        testing.work()
        assert sum(server.asked(payment) for payment in payments) == hints.PER_SECOND
        testing.travel(hints.PAUSE_SECONDS)
        testing.work()
        assert {server.asked(payment) for payment in payments} == {1}


class TestAsking:
    def test_phonepes_own_schedule_is_kept(self, server, payment):
        testing.freeze(payment.created_at)
        pauses = []
        while sum(pauses) < 240:
            before = testing.clock()
            testing.travel((now(payment).next_check_at - before).total_seconds())
            testing.work()
            pauses.append(round((testing.clock() - before).total_seconds()))
        assert server.asked(payment) == len(pauses)
        assert pauses[0] == 24
        assert [pauses.count(seconds) for seconds in (3, 6, 10, 30)] == [10, 10, 6, 2]

    def test_the_first_question_comes_after_twenty_seconds(self, payment):
        assert 20 <= (payment.next_check_at - payment.created_at).total_seconds() <= 25

    def test_twenty_minutes_pending_then_completed(self, server, payment):
        for _ in range(20):
            testing.travel(60)
            testing.work()
        assert now(payment).state == State.PENDING
        server.attempt(payment)
        testing.travel(60)
        testing.work()
        assert_given_once(payment)
        assert now(payment).first_channel == "poll"

    def test_completed_after_our_deadline_follows_the_policy(self, server, payment, book):
        testing.travel(1801)
        testing.work()
        assert now(payment).state == State.LAPSED
        server.attempt(payment)
        testing.travel(600)
        testing.work()
        assert (now(payment).state, now(payment).concern) == (State.PAID, "late")
        assert Book.objects.get(pk=book.pk).given == 0

    def test_a_status_call_that_answers_500_changes_nothing(self, server, payment):
        server.attempt(payment)
        server.trouble["/status"] = [500] * 20
        testing.travel(60)
        testing.work()
        assert now(payment).state == State.PENDING
        assert "500" in now(payment).check_error
        testing.travel(60)
        server.trouble.clear()
        testing.work()
        assert_given_once(payment)

    def test_one_token_serves_all_calls_and_a_refused_one_is_replaced(self, server, payment, book):
        check_payment(payment)
        begin(Book.objects.create(title="Ghare Baire", price_minor=49_900))
        assert server.tokens == 1
        server.tokens = 7  # PhonePe knows the old one no longer
        assert not check_payment(payment).error
        assert server.tokens == 8


class TestOpening:
    def test_an_order_expires_when_we_say(self, server, payment):
        order = server.orders[payment.reference]
        assert abs(order["expireAt"] / 1000 - payment.expires_at.timestamp()) < 2
        assert (payment.expires_at - payment.created_at).total_seconds() <= 1800

    def test_a_lost_answer_is_looked_up_and_the_next_click_opens_another(self, server, book):
        server.trouble["/pay"] = [500]
        with pytest.raises(GatewayUnavailable):
            begin(book)
        lost = Payment.objects.get()
        assert lost.state == State.PENDING
        other = begin(book)
        assert server.asked(lost) == 1
        assert other.reference != lost.reference
        assert now(lost).state == State.LAPSED

    def test_an_order_that_exists_already_is_watched_and_its_page_is_not_guessed(
        self, server, book, monkeypatch
    ):
        monkeypatch.setattr("secrets.token_hex", lambda length: "0" * 2 * length)
        reference = f"{conf.current().reference_prefix}-{'0' * 24}"
        server.orders[reference] = pp.order_document("PENDING", orderId="OMO-before")
        with pytest.raises(GatewayUnavailable, match="page is lost"):
            begin(book)
        payment = Payment.objects.get()
        assert (payment.state, payment.gateway_ref) == (State.PENDING, "OMO-before")
        server.attempt(payment)
        testing.travel(30)
        testing.work()
        assert_given_once(payment)


class TestRefunds:
    @pytest.fixture
    def paid(self, server, payment):
        server.attempt(payment)
        testing.travel(30)
        testing.work()
        return now(payment)

    def test_a_refund_is_sent_once_and_ends_when_phonepe_says_so(self, server, paid):
        refund = raseed.request_refund(paid, raseed.Money(10_000, "INR"), key="r-1")
        testing.work()
        refund.refresh_from_db()
        assert (refund.state, refund.ref) == ("pending", "r-1")
        server.refunds["r-1"]["state"] = "CONFIRMED"
        testing.travel(60)
        testing.work()
        refund.refresh_from_db()
        assert refund.state == "pending"
        server.refunds["r-1"]["state"] = "COMPLETED"
        payload = {"merchantRefundId": "r-1", "originalMerchantOrderId": paid.reference}
        tell("pg.refund.completed", {**payload, "amount": 10_000, "state": "COMPLETED"})
        testing.work()
        refund.refresh_from_db()
        assert refund.state == "succeeded"
        assert server.calls.count("POST /payments/v2/refund") == 1

    def test_a_refund_made_in_the_dashboard_is_found_by_its_name(self, server, paid):
        server.refunds["DASH-1"] = {
            "merchantRefundId": "DASH-1",
            "originalMerchantOrderId": paid.reference,
            "amount": 9_900,
            "state": "COMPLETED",
        }
        tell("pg.refund.completed", dict(server.refunds["DASH-1"]))
        assert not Refund.objects.exists()
        testing.work()
        refund = Refund.objects.get()
        assert (refund.ref, refund.minor, refund.state, refund.is_external) == (
            "DASH-1",
            9_900,
            "succeeded",
            True,
        )
        testing.travel(7 * 24 * 3600)
        testing.work()
        assert server.calls.count("GET /payments/v2/refund/DASH-1/status") == 1

    def test_a_forged_refund_changes_nothing_and_is_forgotten(self, server, paid):
        named = {"merchantRefundId": "NONE", "originalMerchantOrderId": paid.reference}
        tell("pg.refund.completed", {**named, "amount": 49_900, "state": "COMPLETED"})
        testing.work()
        assert not Refund.objects.exists()
        testing.travel(ask_refunds.CERTAIN_SECONDS)
        testing.work()
        assert now(paid).next_check_at is None
        assert now(paid).state == State.PAID
        assert not now(paid).attention

    def test_somebody_elses_refund_is_not_taken_for_ours(self, server, paid):
        server.refunds["OTHERS"] = {
            "merchantRefundId": "OTHERS",
            "originalMerchantOrderId": "DS-another",
            "amount": 9_900,
            "state": "COMPLETED",
        }
        forged = {**server.refunds["OTHERS"], "originalMerchantOrderId": paid.reference}
        tell("pg.refund.completed", forged)
        testing.work()
        assert not Refund.objects.exists()

    def test_asking_goes_on_where_phonepe_does_not_answer(self, server, paid):
        server.refunds["DASH-1"] = {
            "merchantRefundId": "DASH-1",
            "originalMerchantOrderId": paid.reference,
            "amount": 9_900,
            "state": "COMPLETED",
        }
        server.trouble["/DASH-1/status"] = [503] * 3
        tell("pg.refund.completed", dict(server.refunds["DASH-1"]))
        testing.work()
        assert "503" in now(paid).check_error
        testing.travel(60)
        testing.work()
        assert Refund.objects.get().state == "succeeded"

    def test_many_names_are_asked_about_a_few_at_a_time(self, server, paid):
        testing.freeze()
        for number in range(12):
            named = {"merchantRefundId": f"N{number}", "originalMerchantOrderId": paid.reference}
            tell("pg.refund.completed", {**named, "amount": 100, "state": "COMPLETED"})
        testing.work()
        asked = [call for call in server.calls if "/payments/v2/refund/N" in call]
        assert len(asked) == ask_refunds.MOST_NAMES
