"""Money under a wrong identity is kept apart until an exact proof, a full refund, or a person ends it."""

from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

import raseed
from raseed import testing
from raseed.core.errors import AlreadyPaid, GatewayUnavailable, RefusedRuling, UnderReview
from raseed.core.states import State
from raseed.payments.flows.apply_facts import apply_ruling
from raseed.payments.models import Charge, Payment, PaymentFact, Refund, Ruling
from tests.payments.books import again, assert_books, balances, paid, php, stands, use_policies, work

pytestmark = pytest.mark.django_db

USD = raseed.Money(20000, "USD")


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


def rule(payment, ruling, reason="", user=None):
    return apply_ruling(payment.pk, ruling, now=testing.clock(), reason=reason, user=user)


def in_dollars(payment, salt=""):
    fact = testing.say(payment, "paid", charge_ref="ch_usd", money=USD)
    testing.deliver(payment, fact, salt=salt)
    return fact


class TestWhatGoesThere:
    def test_wrong_currency_is_kept_in_suspense(self, start):
        payment = start().payment
        in_dollars(payment)
        assert stands(payment) == ("review", "identity", 0)
        assert "USD instead of PHP" in again(payment).attention
        assert balances() == {("gateway:fake", "USD"): 20000, ("suspense", "USD"): -20000}
        assert again(payment).collected() == php(0)

    def test_test_money_is_no_money(self, start, gateway, monkeypatch):
        monkeypatch.setattr(gateway, "livemode", True)
        payment = start().payment
        testing.pay(payment)  # the fake states livemode False
        testing.deliver(payment)
        assert stands(payment) == ("review", "identity", 0)
        assert not Charge.objects.exists()

    def test_live_money_on_a_test_checkout_is_money(self, start):
        payment = start().payment
        testing.deliver(payment, replace(testing.pay(payment), livemode=True))
        assert stands(payment) == ("review", "identity", 0)
        assert Charge.objects.get().counts is False

    def test_the_reference_of_another_payment(self, start):
        """Found by the gateway's id, but it carries another payment's reference."""
        payment = start().payment
        testing.deliver(payment, replace(testing.pay(payment), reference="abc-of-somebody-else"))
        assert stands(payment) == ("review", "identity", 0)
        assert "reference" in again(payment).attention

    def test_another_checkout_of_the_gateway(self, start):
        payment = start().payment
        testing.deliver(payment, replace(testing.pay(payment), gateway_ref="checkout_unknown"))
        assert stands(payment) == ("review", "identity", 0)

    def test_another_account_keeps_its_own_books(self, start):
        payment = start().payment
        testing.pay(payment)
        testing.deliver(payment, account="other")
        assert stands(payment) == ("review", "identity", 0)
        assert balances() == {("gateway:other", "PHP"): 20000, ("suspense", "PHP"): -20000}

    @pytest.mark.parametrize("kind", ["failed", "expired", "cancelled", "pending"])
    def test_an_end_through_another_account_ends_nothing(self, start, kind):
        payment = start().payment
        testing.deliver(payment, testing.say(payment, kind), account="other")
        assert stands(payment) == ("pending", "", 0)

    def test_a_dispute_does_not_unpay(self, start):
        payment = paid(start)
        testing.deliver(payment, testing.say(payment, "disputed"))
        assert stands(payment) == ("paid", "identity", 1)
        rule(payment, Ruling.ACCEPTED, "the customer withdrew it")
        assert again(payment).attention == ""
        assert stands(payment) == ("paid", "", 1)


class TestIdentityIsNotLearntFromOthers:
    """Where the answer to opening was lost, the first proof tells the gateway's id; not just any."""

    @pytest.fixture
    def lost(self, start, gateway):
        gateway.trouble["open"] = [GatewayUnavailable("no answer")]
        with pytest.raises(GatewayUnavailable):
            start()
        return Payment.objects.get()

    def test_a_proof_teaches_it(self, lost):
        testing.deliver(lost, testing.say(lost, "pending"))
        assert again(lost).gateway_ref == testing.BOOKS[lost.reference].gateway_ref

    @pytest.mark.parametrize("wrong", [{"livemode": True}, {"weight": raseed.core.facts.Weight.HINT}])
    def test_a_fact_about_another_checkout_does_not(self, lost, wrong):
        fact = replace(testing.say(lost, "failed"), **wrong)
        testing.deliver(lost, fact)
        assert again(lost).gateway_ref == ""

    def test_another_account_does_not(self, lost):
        testing.deliver(lost, testing.say(lost, "unknown"), account="other")
        assert again(lost).gateway_ref == ""


class TestHowItEnds:
    def test_by_an_exact_proof(self, start):
        payment = start().payment
        testing.deliver(payment, testing.say(payment, "disputed"))
        wrong = testing.pay(payment, php(15000))
        testing.deliver(payment, wrong)
        assert stands(payment)[0] == State.REVIEW
        testing.deliver(payment, replace(wrong, money=php(20000)))
        assert stands(payment) == ("paid", "", 1)
        assert balances() == {("gateway:fake", "PHP"): 20000, ("sales:book", "PHP"): -20000}

    def test_an_exact_proof_does_not_hide_other_money(self, start):
        payment = start().payment
        in_dollars(payment)
        testing.pay(payment)
        testing.deliver(payment)
        assert stands(payment) == ("paid", "identity", 1)
        assert "held" in again(payment).attention
        assert balances()["suspense", "USD"] == -20000

    def test_that_other_money_goes_back_without_taking_anything(self, start, book):
        payment = start().payment
        fact = in_dollars(payment)
        testing.BOOKS[payment.reference].facts.append(fact)
        testing.pay(payment)
        testing.deliver(payment)
        raseed.request_refund(payment, USD)
        work()
        assert stands(payment) == ("paid", "", 1)
        assert again(book).revoked == 0
        assert not again(payment).is_fully_refunded
        assert again(payment).refundable() == php(20000)

    def test_by_a_full_refund(self, start):
        payment = start().payment
        testing.BOOKS[payment.reference].facts.append(in_dollars(payment))
        raseed.request_refund(payment)
        work()
        assert stands(payment) == ("cancelled", "", 0)
        assert balances() == {}
        assert paid(start) != payment  # it can be paid for now

    def test_by_a_person_who_accepts(self, start):
        staff = get_user_model().objects.create(username="cashier")
        payment = start().payment
        in_dollars(payment)
        rule(payment, Ruling.ACCEPTED, "worth more", user=staff)
        assert stands(payment) == ("paid", "", 1)
        assert again(payment).first_channel == "webhook"  # who said first that the money came
        assert balances() == {("gateway:fake", "USD"): 20000, ("sales:book", "USD"): -20000}
        last = PaymentFact.objects.order_by("-pk")[0]
        assert (last.kind, last.detail, last.user) == ("accepted", "worth more", staff)
        assert (last.from_state, last.to_state) == ("review", "paid")

    def test_by_a_person_who_rejects(self, start):
        payment = start().payment
        in_dollars(payment)
        rule(payment, Ruling.REJECTED, "not ours")
        assert stands(payment) == ("cancelled", "identity", 0)
        assert "refunded" in again(payment).attention
        raseed.request_refund(payment, USD)  # sent back by hand at the fake's books
        testing.BOOKS[payment.reference].facts.append(
            testing.say(payment, "paid", charge_ref="ch_usd", money=USD)
        )
        work()
        assert again(payment).attention == ""

    def test_rejected_money_that_was_exact_after_all_is_a_late_story(self, start):
        payment = start().payment
        testing.deliver(payment, testing.pay(payment, php(1)))
        rule(payment, Ruling.REJECTED)
        testing.deliver(payment, testing.pay(payment, php(19999)))
        assert stands(payment) == ("paid", "late", 0)

    def test_money_through_another_account_is_refunded_there(self, start, gateway):
        from raseed.payments import conf

        other = conf.current().gateway("other")
        other.calls.clear()
        payment = start().payment
        testing.pay(payment)
        testing.deliver(payment, account="other")
        raseed.request_refund(payment)
        work()
        assert "refund" in other.calls
        assert "refund" not in gateway.calls
        assert stands(payment) == ("cancelled", "", 0)
        assert balances() == {}

    def test_a_refund_told_by_that_account_counts(self, start):
        payment = start().payment
        testing.pay(payment)
        testing.deliver(payment, account="other")
        testing.deliver(payment, testing.refund_at_gateway(payment), account="other")
        assert stands(payment) == ("cancelled", "", 0)


class TestWhileItLasts:
    def test_paying_again_is_refused(self, start):
        payment = start().payment
        in_dollars(payment)
        with pytest.raises(UnderReview):
            start()

    def test_stale_ends_change_nothing(self, start):
        payment = start().payment
        in_dollars(payment)
        for kind in ("failed", "expired", "cancelled", "attempt_failed"):
            testing.deliver(payment, testing.say(payment, kind))
        assert stands(payment) == ("review", "identity", 0)

    def test_it_is_asked_about_every_hour(self, start, gateway):
        payment = start().payment
        in_dollars(payment)
        gateway.calls.clear()
        work(3601)
        assert gateway.calls.count("query") == 1
        assert (again(payment).next_check_at - testing.clock()).total_seconds() == pytest.approx(3600, abs=5)


class TestRefusals:
    def test_a_payment_that_waits_for_the_customer(self, start):
        payment = start().payment
        for ruling in (Ruling.ACCEPTED, Ruling.REJECTED):
            with pytest.raises(RefusedRuling, match=payment.reference):
                rule(payment, ruling)
        assert stands(payment) == ("pending", "", 0)

    def test_a_paid_one(self, start):
        payment = paid(start)
        for ruling in Ruling:
            with pytest.raises(RefusedRuling):
                rule(payment, ruling)
        assert stands(payment) == ("paid", "", 1)

    def test_a_review_without_money_cannot_be_accepted(self, start, gateway, monkeypatch):
        monkeypatch.setattr(gateway, "livemode", True)
        payment = start().payment
        testing.pay(payment)
        testing.deliver(payment)
        with pytest.raises(RefusedRuling):
            rule(payment, Ruling.ACCEPTED)
        rule(payment, Ruling.REJECTED, "a test")
        assert stands(payment) == ("cancelled", "", 0)

    def test_money_that_went_back_cannot_be_accepted(self, start, book):
        payment = start().payment
        work(3601)
        testing.deliver(payment, testing.pay(payment))
        assert stands(payment) == ("paid", "late", 0)
        raseed.request_refund(payment)
        work()
        with pytest.raises(RefusedRuling):
            rule(payment, Ruling.ACCEPTED)
        assert again(book).given == 0

    def test_accepting_withdraws_what_a_policy_was_about_to_send_back(self, start, monkeypatch):
        use_policies(monkeypatch, late="refund")
        payment = start().payment
        work(3601)
        testing.deliver(payment, testing.pay(payment))
        rule(payment, Ruling.ACCEPTED)
        work()
        assert stands(payment) == ("paid", "", 1)
        assert Refund.objects.get().state == "failed"
        assert again(payment).refunded() == php(0)

    def test_a_refusal_leaves_the_sites_own_transaction_whole(self, start):
        payment = paid(start)
        with transaction.atomic():
            with pytest.raises(RefusedRuling):
                rule(payment, Ruling.REJECTED)
            assert again(payment).state == State.PAID

    def test_two_rulings_in_the_same_words_are_both_kept(self, start):
        payment = paid(start)
        for salt in "ab":
            testing.deliver(payment, testing.pay(payment), salt=salt)
            rule(payment, Ruling.ACCEPTED, "ok")
        assert PaymentFact.objects.filter(kind="accepted").count() == 2
        with pytest.raises(AlreadyPaid):
            start()
