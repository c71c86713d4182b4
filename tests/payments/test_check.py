"""Asking the gateway: one worker at a time, once per agreement, and again at the right moments."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import transaction

import raseed
from raseed import testing
from raseed.core.errors import GatewayRefused, GatewayUnavailable, InsideTransaction, OutcomeUnknown
from raseed.core.facts import Weight
from raseed.core.states import State
from raseed.payments import schedule
from raseed.payments.flows import check_payment as flow
from raseed.payments.flows import leases
from raseed.payments.flows.check_payment import check_on_return
from raseed.payments.models import Payment, Refund
from tests.payments.books import again, paid, stands, use_capabilities, work

pytestmark = pytest.mark.django_db

DAY = 86400


def seconds_to_next(payment):
    return (again(payment).next_check_at - testing.clock()).total_seconds()


class TestLease:
    def test_while_another_asks_nothing_is_asked(self, start, gateway):
        payment = start().payment
        number = leases.take(payment.pk, testing.clock(), 60)
        gateway.calls.clear()
        checked = raseed.check_payment(payment)
        assert (checked.asked, checked.error) == (False, "")
        assert gateway.calls == []
        leases.release(payment.pk, number, next_check_at=testing.clock())
        assert raseed.check_payment(payment).asked

    def test_the_worker_passes_it_by(self, start, gateway):
        payment = start().payment
        leases.take(payment.pk, testing.clock(), 60)
        Payment.objects.update(next_check_at=testing.clock())
        gateway.calls.clear()
        work()
        assert "query" not in gateway.calls

    def test_a_lease_that_ran_out_is_taken_over(self, start, gateway):
        """The late one's release does not give back what the new one holds."""
        payment = start().payment
        late = leases.take(payment.pk, testing.clock(), 60)
        testing.travel(61)
        new = leases.take(payment.pk, testing.clock(), 60)
        assert new == late + 1
        leases.release(payment.pk, late, next_check_at=None)
        assert again(payment).lease_until is not None

    def test_it_is_given_back_whatever_happens(self, start, gateway):
        payment = start().payment
        for trouble in (GatewayUnavailable("down"), GatewayRefused("no"), OutcomeUnknown("lost")):
            gateway.trouble["query"] = [trouble]
            assert raseed.check_payment(payment).error.startswith(type(trouble).__name__)
            assert again(payment).lease_until is None

    def test_an_adapters_own_mistake_is_found_again(self, start, gateway):
        payment = start().payment
        gateway.trouble["query"] = [KeyError("attributes")]
        assert raseed.check_payment(payment).error.startswith("KeyError")
        assert again(payment).lease_until is None
        assert "KeyError" in again(payment).check_error
        testing.pay(payment)
        work(61)
        assert stands(payment) == ("paid", "", 1)

    def test_inside_a_transaction(self, start):
        payment = start().payment
        with pytest.raises(InsideTransaction, match="check_payment"), transaction.atomic():
            raseed.check_payment(payment)


class TestWhatIsAsked:
    def test_a_gateway_that_is_down_keeps_it_pending(self, start, gateway):
        payment = start().payment
        testing.pay(payment)
        gateway.trouble["query"] = [GatewayUnavailable("503")]
        checked = raseed.check_payment(payment)
        assert (checked.payment.state, checked.asked) == (State.PENDING, True)
        assert "503" in again(payment).check_error
        work(60)
        assert stands(payment) == ("paid", "", 1)
        assert again(payment).check_error == ""

    def test_an_agreement_is_charged_once(self, start, gateway):
        payment = start().payment
        testing.agree(payment)
        raseed.check_payment(payment)
        raseed.check_payment(payment)
        assert gateway.calls.count("advance") == 1
        assert stands(payment) == ("paid", "", 1)

    def test_charged_and_the_answer_lost(self, start, gateway):
        payment = start().payment
        testing.agree(payment)
        gateway.trouble["advance"] = [GatewayUnavailable("time-out")]
        checked = raseed.check_payment(payment)
        assert checked.payment.state == State.PENDING
        work(60)
        assert gateway.calls.count("advance") == 1
        assert stands(payment) == ("paid", "", 1)

    def test_an_agreement_is_not_charged_when_it_is_paid_or_over(self, start, gateway):
        payment = paid(start)
        testing.BOOKS[payment.reference].facts.append(testing.say(payment, "chargeable"))
        raseed.check_payment(payment)
        assert "advance" not in gateway.calls

    def test_the_channel_is_who_made_us_ask(self, start):
        payment = start().payment
        testing.pay(payment)
        raseed.check_payment(payment)
        assert again(payment).first_channel == "manual"

    def test_a_return_asks_once_in_five_seconds(self, start, gateway):
        payment = start().payment
        assert check_on_return(payment).asked
        assert not check_on_return(payment).asked
        testing.travel(6)
        assert check_on_return(payment).asked
        assert gateway.calls.count("query") == 2
        testing.pay(payment)
        testing.deliver(payment)
        testing.travel(6)
        assert not check_on_return(again(payment)).asked


class TestLapsing:
    def test_when_its_time_is_over(self, start):
        payment = start().payment
        testing.travel(3599)
        raseed.check_payment(payment)
        assert again(payment).state == State.PENDING
        work(2)
        assert again(payment).state == State.LAPSED
        assert again(payment).next_check_at is not None

    def test_not_if_the_gateway_says_paid(self, start):
        payment = start().payment
        testing.pay(payment)
        work(4000)
        assert stands(payment) == ("paid", "", 1)

    def test_a_webhook_was_faster(self, start, monkeypatch):
        """It is paid between our look and the ruling: the check goes on and gives its lease back."""
        payment = start().payment
        genuine = flow.apply_ruling

        def too_late(*args, **more):
            testing.pay(payment)
            testing.deliver(payment)
            return genuine(*args, **more)

        monkeypatch.setattr(flow, "apply_ruling", too_late)
        testing.travel(3601)
        checked = raseed.check_payment(payment)
        assert (checked.payment.state, checked.error) == (State.PAID, "")
        assert again(payment).lease_until is None

    def test_it_is_watched_until_the_gateway_is_final(self, start):
        payment = start().payment
        for _ in range(20):
            work(3 * DAY)
        assert again(payment).state == State.LAPSED
        assert 0 < seconds_to_next(payment) <= 7 * DAY
        testing.BOOKS[payment.reference].facts = [testing.say(payment, "expired")]
        work(7 * DAY)
        assert again(payment).state == State.EXPIRED
        assert again(payment).next_check_at is None

    def test_authorized_after_another_took_its_place(self, start, gateway, monkeypatch):
        """One open checkout per thing is a constraint: the old one stays lapsed, and is paid late."""
        use_capabilities(monkeypatch, gateway, can_close=False)
        old = start().payment
        new = start(method="wallet").payment
        assert testing.deliver(old, testing.say(old, "authorized")).delivery_id
        assert [again(old).state, again(new).state] == [State.LAPSED, State.PENDING]
        testing.pay(old)
        testing.deliver(old)
        assert stands(old) == ("paid", "late", 0)

    def test_authorized_after_its_time_is_open_again(self, start):
        payment = start().payment
        work(3601)
        testing.deliver(payment, testing.say(payment, "authorized"))
        assert again(payment).state == State.AUTHORIZED


class TestWhen:
    def test_never_more_often_than_a_tenth_of_its_age(self, start, gateway):
        payment = start().payment
        created, asked = payment.created_at, []
        gateway.calls.clear()
        while len(asked) < 40:
            asked.append((again(payment).next_check_at - created).total_seconds())
            testing.travel(seconds_to_next(payment) + 0.01)
            assert testing.work() >= 1
        assert asked[0] == pytest.approx(5, abs=1)
        pauses = [(later - earlier, earlier) for earlier, later in pairwise(asked)]
        assert all(pause > min(4.9, age / 10) for pause, age in pauses)
        assert all(pause >= age / 10 - 1 for pause, age in pauses if age < 3000)
        assert gateway.calls.count("query") == 40

    def test_a_schedule_that_the_gateway_publishes(self, start, gateway, monkeypatch):
        use_capabilities(monkeypatch, gateway, poll_seconds=((30, 3), (90, 6)))
        payment = start().payment
        work(5)
        assert seconds_to_next(payment) == pytest.approx(3, abs=0.5)
        testing.travel(30)
        raseed.check_payment(payment)
        assert seconds_to_next(payment) == pytest.approx(6, abs=0.5)

    def test_paid_ones_after_1_7_30_and_90_days(self, start, gateway):
        payment = paid(start)
        gateway.calls.clear()
        looks = []
        while again(payment).next_check_at is not None:
            looks.append(round((again(payment).next_check_at - payment.paid_at).total_seconds() / DAY, 2))
            work(seconds_to_next(payment) + 1)
        assert looks == [1, 7, 30, 90]
        assert gateway.calls.count("query") == 4

    def test_a_refund_in_the_dashboard_is_found_by_them(self, start):
        payment = paid(start)
        work(2 * DAY)
        testing.refund_at_gateway(payment)
        work(4 * DAY)
        assert not Refund.objects.exists()
        work(2 * DAY)
        assert again(payment).is_fully_refunded

    def test_a_hint_that_nobody_could_answer_is_asked_about_again(self, start, gateway):
        payment = paid(start)
        testing.refund_at_gateway(payment)
        testing.deliver(payment, replace(testing.say(payment, "refunded"), weight=Weight.HINT))
        gateway.trouble["query"] = [GatewayUnavailable("503")] * 3
        for _ in range(3):
            work(60)
            assert not Refund.objects.exists()
        work(60)
        assert again(payment).is_fully_refunded
        assert seconds_to_next(payment) == pytest.approx(DAY, rel=0.01)

    def test_nor_is_it_forgotten_when_the_money_is_told_meanwhile(self, start, gateway):
        payment = start().payment
        testing.deliver(payment, replace(testing.say(payment, "refunded"), weight=Weight.HINT))
        gateway.trouble["query"] = [GatewayUnavailable("503")]
        work()
        testing.pay(payment)
        testing.deliver(payment)
        assert stands(payment)[:2] == ("paid", "")
        testing.refund_at_gateway(payment)
        work(60)
        assert again(payment).is_fully_refunded

    def test_not_where_refunds_cannot_be_asked_for(self, start, gateway, monkeypatch):
        use_capabilities(monkeypatch, gateway, can_query_refunds=False)
        assert paid(start).next_check_at is None

    def test_what_a_delivery_ended_is_asked_about_once(self, start):
        testing.freeze()
        payment = start().payment
        expired = testing.say(payment, "expired")
        testing.BOOKS[payment.reference].facts = [expired]
        testing.deliver(payment, expired)
        assert seconds_to_next(payment) == 5
        work(6)
        assert (again(payment).state, again(payment).next_check_at) == ("expired", None)

    def test_an_old_delivery_overtook_the_one_that_told_of_money(self, start, gateway):
        """Found by the simulation: told as failed, truly paid, and the word of that was lost."""
        payment = start().payment
        testing.pay(payment)
        testing.deliver(payment, testing.say(payment, "failed"))
        assert again(payment).state == State.FAILED
        gateway.trouble["query"] = [GatewayUnavailable("no answer")]
        work(6)
        work(6)
        assert (again(payment).state, again(payment).first_channel) == (State.PAID, "webhook")

    @pytest.mark.parametrize(("tries", "pause"), [(1, 10), (2, 20), (5, 160), (30, 3600)])
    def test_pauses_double_up_to_an_hour(self, tries, pause):
        now = testing.clock()
        assert schedule.retry_at(now, tries, 10) - now == timedelta(seconds=pause)
