"""Starting: what is refused and how, which checkout is shown again, and what a lost answer leaves."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

import raseed
from raseed import testing
from raseed.core.errors import (
    AlreadyPaid,
    AmountBelowMinimum,
    ConfigurationError,
    GatewayRefused,
    GatewayUnavailable,
    InsideTransaction,
    NotAllowed,
    RaseedError,
    RefusedStart,
    StartInProgress,
    UnderReview,
    Unsupported,
)
from raseed.core.states import State
from raseed.gateways.base import Opened
from raseed.payments.flows import standing as standing_flow
from raseed.payments.flows import start_payment as flow
from raseed.payments.models import GatewayId, Payment, PaymentFact
from tests.bookshop.models import Book, Parcel
from tests.bookshop.payments import BuyBook
from tests.payments.books import again, paid, php, stands, use_capabilities, work

pytestmark = pytest.mark.django_db


class TestRefusals:
    """Each is a typed error, and nothing is stored or sent."""

    @pytest.fixture(autouse=True)
    def _nothing_happens(self, gateway):
        yield
        assert not Payment.objects.exists()
        assert "open" not in gateway.calls

    def test_not_allowed(self, start, monkeypatch):
        seen = []
        monkeypatch.setattr(BuyBook, "may_pay", lambda self, user, book: seen.append(user))
        with pytest.raises(NotAllowed):
            start(user=AnonymousUser())
        assert seen == [None]

    @pytest.mark.parametrize("minor", [99, 0, -5])
    def test_below_the_minimum(self, start, book, minor):
        book.price_minor = minor
        with pytest.raises(AmountBelowMinimum, match=r"PHP 1\.00"):
            start()

    def test_a_minimum_of_the_method(self, start, book, gateway, monkeypatch):
        use_capabilities(monkeypatch, gateway, minimum={("wallet", "PHP"): 30000, ("", "PHP"): 100})
        with pytest.raises(AmountBelowMinimum, match=r"PHP 300\.00"):
            start(method="wallet")

    def test_a_method_or_currency_the_account_does_not_take(self, start, monkeypatch):
        with pytest.raises(Unsupported, match="card, card_hold, wallet"):
            start(method="cheque")
        monkeypatch.setattr(BuyBook, "price", lambda self, book: raseed.Money(1000, "EUR"))
        with pytest.raises(Unsupported, match="EUR"):
            start()

    def test_names_that_are_not_in_the_settings(self, start):
        with pytest.raises(ConfigurationError, match="basket, book, book-egp, book-inr, book-omr"):
            start(purpose="bok")
        with pytest.raises(ConfigurationError, match="fake, other"):
            start(account="fak")

    def test_a_payable_of_another_kind(self, start, book):
        with pytest.raises(TypeError, match="Book"):
            start(payable=Parcel.objects.create(book=book))
        with pytest.raises(ValueError, match="save this Book"):
            start(payable=Book(title="unsaved"))

    @pytest.mark.parametrize("option", ["return_url", "cancel_url"])
    def test_addresses_of_another_site(self, start, option):
        with pytest.raises((RaseedError, ValueError)):
            start(**{option: "https://evil.example/"})

    def test_inside_a_transaction_names_the_remedy(self, start):
        with pytest.raises(InsideTransaction, match="on_commit"), transaction.atomic():
            start()


class TestWhatIsThereAlready:
    def test_paid(self, start):
        paid(start)
        with pytest.raises(AlreadyPaid):
            start()

    def test_in_review(self, start):
        testing.deliver(*_short(start().payment))
        with pytest.raises(UnderReview):
            start()

    def test_refusals_are_told_apart_from_gateways_trouble(self):
        assert all(issubclass(e, RefusedStart) for e in (AlreadyPaid, UnderReview, NotAllowed))
        assert not issubclass(GatewayUnavailable, RefusedStart)

    def test_the_same_checkout_is_shown_again(self, start, gateway):
        first, second = start(), start()
        assert (second.reused, second.payment, second.url) == (True, first.payment, first.url)
        assert gateway.calls.count("open") == 1

    @pytest.mark.parametrize("change", ["method", "account", "price"])
    def test_another_one_takes_its_place(self, start, book, gateway, change):
        old = start().payment
        if change == "price":
            book.price_minor += 1
        options = {"method": {"method": "wallet"}, "account": {"account": "other"}, "price": {}}[change]
        new = start(**options)
        assert not new.reused
        assert (again(old).state, new.payment.state) == (State.EXPIRED, State.PENDING)
        assert "close" in gateway.calls

    def test_one_whose_time_is_over_is_not_shown_again(self, start):
        old = start().payment
        testing.travel(3601)
        assert start().payment != old
        assert again(old).state == State.EXPIRED

    def test_where_closing_is_impossible_it_lapses_and_is_watched(self, start, gateway, monkeypatch):
        use_capabilities(monkeypatch, gateway, can_close=False)
        old = start().payment
        new = start(method="wallet").payment
        assert (again(old).state, new.state) == (State.LAPSED, State.PENDING)
        assert again(old).next_check_at is not None
        testing.pay(old)
        work(60)
        assert stands(old) == ("paid", "late", 0)

    @pytest.mark.parametrize("can_close", [True, False])
    def test_paid_with_the_webhook_on_its_way(self, start, gateway, monkeypatch, can_close):
        """Closing is refused, or impossible: the gateway is asked before the customer pays again."""
        use_capabilities(monkeypatch, gateway, can_close=can_close)
        old = start().payment
        testing.pay(old)
        with pytest.raises(AlreadyPaid):
            start(method="wallet")
        assert stands(old) == ("paid", "", 1)
        assert Payment.objects.count() == 1

    def test_agreed_to_but_not_charged_yet(self, start, gateway, monkeypatch):
        use_capabilities(monkeypatch, gateway, can_close=False)
        old = start().payment
        testing.agree(old)
        with pytest.raises(AlreadyPaid):
            start(method="wallet")
        assert stands(old) == ("paid", "", 1)

    def test_a_gateway_that_is_down_does_not_keep_the_customer(self, start, gateway):
        old = start().payment
        gateway.trouble["close"] = [GatewayUnavailable("down")]
        gateway.trouble["query"] = [GatewayUnavailable("down")]
        assert start(method="wallet").payment.state == State.PENDING
        assert again(old).state == State.LAPSED

    def test_paid_in_the_very_moment_of_setting_aside(self, start, monkeypatch):
        old = start().payment
        genuine = standing_flow.apply_ruling

        def too_late(*args, **more):
            testing.pay(old)
            testing.deliver(old)
            return genuine(*args, **more)

        monkeypatch.setattr(standing_flow, "apply_ruling", too_late)
        monkeypatch.setattr(standing_flow, "close_checkout", lambda gateway, standing: True)
        with pytest.raises(AlreadyPaid):
            start(method="wallet")
        assert Payment.objects.count() == 1

    def test_it_goes_to_review_while_it_is_opened(self, start, monkeypatch):
        payment = start().payment
        Payment.objects.update(state="new", lease_until=testing.clock().replace(year=2999))
        naps = []

        def meanwhile(seconds):
            naps.append(seconds)
            Payment.objects.update(state="review")

        monkeypatch.setattr(standing_flow.time, "sleep", meanwhile)
        with pytest.raises(UnderReview):
            start()
        assert naps
        assert Payment.objects.get() == payment

    def test_still_being_opened_by_another_request(self, start, monkeypatch):
        start()
        Payment.objects.update(state="new", lease_until=testing.clock().replace(year=2999))
        monkeypatch.setattr(standing_flow, "WAIT_FOR_WINNER_SECONDS", 0)
        monkeypatch.setattr(standing_flow.time, "sleep", lambda seconds: None)
        with pytest.raises(StartInProgress):
            start()

    def test_a_process_died_while_opening(self, start):
        old = start().payment
        Payment.objects.update(state="new", gateway_ref="", checkout_url="", lease_until=testing.clock())
        new = start().payment
        assert new != old
        assert again(old).state == State.LAPSED

    def test_the_index_picks_the_winner(self, start, monkeypatch):
        """Both found nothing standing: the loser shows the winner's checkout."""
        winner = start()
        genuine, looks = flow._standing, []

        def blind_at_first(request):
            looks.append(request)
            return genuine(request) if len(looks) > 1 else None

        monkeypatch.setattr(flow, "_standing", blind_at_first)
        assert start().payment == winner.payment
        assert Payment.objects.count() == 1


def _short(payment):
    return payment, testing.pay(payment, php(1))


class TestOpening:
    def test_what_the_gateway_is_given(self, start, gateway, monkeypatch):
        orders = []
        genuine = gateway.open

        def note(order, memory):
            orders.append(order)
            return genuine(order, memory)

        monkeypatch.setattr(gateway, "open", note)
        user = get_user_model().objects.create(username="reader")
        payment = start(user=user, return_url="/thanks/?book=1", customer={"name": "Reader"}).payment
        (order,) = orders
        assert (order.reference, order.money, order.method) == (payment.reference, php(20000), "card")
        assert order.return_url.startswith("https://shop.example/thanks/?book=1&payment=")
        assert order.customer == {"name": "Reader"}
        assert (payment.user, payment.description) == (user, "Noli Me Tangere")
        assert len(payment.reference) <= 34

    def test_the_reference_is_committed_before_the_call(self, start, gateway):
        seen = []
        gateway.before["open"] = lambda: seen.append(Payment.objects.get().state)
        start()
        assert seen == ["new"]

    def test_ids_are_known_for_later_deliveries(self, start):
        payment = start().payment
        ref = payment.gateway_ref
        assert set(GatewayId.objects.values_list("value", flat=True)) == {ref, f"intent_of_{ref}"}

    def test_an_earlier_end_of_the_gateway_counts(self, start, gateway, monkeypatch):
        ends = testing.clock().replace(microsecond=0)
        monkeypatch.setattr(gateway, "open", lambda order, memory: Opened("c_1", url="u", expires_at=ends))
        assert start().payment.expires_at == ends

    def test_refused_it_has_failed_and_says_why(self, start, gateway):
        gateway.trouble["open"] = [GatewayRefused("the card type is not enabled", code="x")]
        with pytest.raises(GatewayRefused):
            start()
        failed = Payment.objects.get()
        assert (failed.state, failed.detail) == (State.FAILED, "the card type is not enabled")
        assert (failed.next_check_at, failed.lease_until) == (None, None)
        assert start().payment != failed

    def test_the_answer_is_lost(self, start, gateway):
        """It stays pending and is watched; the next click opens another, under another reference."""
        gateway.trouble["open"] = [GatewayUnavailable("time-out")]
        with pytest.raises(GatewayUnavailable):
            start()
        lost = Payment.objects.get()
        assert (lost.state, lost.lease_until) == (State.PENDING, None)
        assert lost.next_check_at is not None
        new = start().payment
        assert new.reference != lost.reference
        assert again(lost).state == State.LAPSED
        testing.pay(lost)
        work(60)
        assert stands(lost) == ("paid", "late", 0)

    def test_the_answer_is_lost_and_the_customer_pays_it_anyway(self, start, gateway):
        gateway.trouble["open"] = [GatewayUnavailable("time-out")]
        with pytest.raises(GatewayUnavailable):
            start()
        lost = Payment.objects.get()
        testing.pay(lost)
        testing.deliver(lost)
        assert stands(lost) == ("paid", "", 1)
        assert again(lost).gateway_ref == testing.BOOKS[lost.reference].gateway_ref

    def test_the_webhook_comes_before_opening_is_answered(self, start, gateway):
        def early():
            payment = Payment.objects.get()
            testing.pay(payment)
            testing.deliver(payment)
            assert stands(payment) == ("paid", "", 1)

        gateway.before["open"] = early
        payment = start().payment
        assert stands(payment) == ("paid", "", 1)
        assert again(payment).gateway_ref
        assert PaymentFact.objects.filter(kind="opened", decision="record").exists()
        assert again(payment).lease_until is None

    def test_an_agreement_comes_before_opening_is_answered(self, start, gateway):
        def early():
            testing.deliver(Payment.objects.get(), testing.agree(Payment.objects.get()))

        gateway.before["open"] = early
        payment = start().payment
        work()  # at once, not with the first poll
        assert (stands(payment), again(payment).first_channel) == (("paid", "", 1), "webhook")
