"""Money that goes back: ours and theirs, in parts, refused, lost on the way, told twice."""

import pytest

import raseed
from raseed import testing
from raseed.core.errors import GatewayRefused, GatewayUnavailable, RefusedRefund, Unsupported
from raseed.core.states import RefundState, State
from raseed.payments.flows.refund import send_refund
from raseed.payments.models import Fulfilment, Posting, Refund, Revocation
from tests.payments.books import (
    again,
    assert_books,
    balances,
    paid,
    php,
    the_refund,
    use_capabilities,
    work,
)

pytestmark = pytest.mark.django_db

PRICE = 20000


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


def states():
    return list(Refund.objects.order_by("pk").values_list("state", flat=True))


def refunds_at_gateway(payment):
    return [f.money.minor for f in testing.BOOKS[payment.reference].facts if f.kind == "refunded"]


class TestOurs:
    def test_all_of_it(self, start, book):
        payment = paid(start)
        refund = raseed.request_refund(payment)
        assert (refund.state, refund.money) == (RefundState.WAITING, php(PRICE))
        assert again(payment).refundable() == php(0)
        work()
        assert states() == ["succeeded"]
        assert again(payment).is_fully_refunded
        assert not again(payment).is_paid
        assert again(payment).state == State.PAID  # nothing un-pays; refunds are rows of their own
        assert again(book).revoked == 1
        assert Fulfilment.objects.get().state == "revoked"
        assert balances() == {}

    def test_parts_of_it(self, start, book):
        payment = paid(start)
        for minor, left in ((5000, 15000), (5000, 10000), (10000, 0)):
            raseed.request_refund(payment, php(minor))
            assert again(payment).refundable() == php(left)
            work()
        assert states() == ["succeeded"] * 3
        assert (again(book).revoked, Revocation.objects.count()) == (3, 3)
        assert refunds_at_gateway(payment) == [5000, 5000, 10000]
        assert Fulfilment.objects.get().state == "revoked"

    def test_a_part_leaves_it_given(self, start):
        payment = paid(start)
        raseed.request_refund(payment, php(5000))
        work()
        assert again(payment).is_paid
        assert Fulfilment.objects.get().state == "done"
        assert balances()["sales:book", "PHP"] == -15000

    def test_the_same_key_is_the_same_refund(self, start):
        payment = paid(start)
        first = raseed.request_refund(payment, php(5000), key="click-1")
        work()
        assert raseed.request_refund(payment, php(5000), key="click-1") == first
        work()
        assert refunds_at_gateway(payment) == [5000]
        assert raseed.request_refund(payment, php(5000), key="click-2") != first

    def test_a_key_that_does_not_fit(self, start):
        payment = paid(start)
        with pytest.raises(RefusedRefund, match="128"):
            raseed.request_refund(payment, key="k" * 129)
        raseed.request_refund(payment, key="k" * 128)

    @pytest.mark.parametrize("minor", [0, -1, PRICE + 1])
    def test_no_sensible_amount(self, start, minor):
        payment = paid(start)
        with pytest.raises(RefusedRefund):
            raseed.request_refund(payment, php(minor))
        assert not Refund.objects.exists()

    def test_another_currency(self, start):
        with pytest.raises(RefusedRefund):
            raseed.request_refund(paid(start), raseed.Money(1, "USD"))

    def test_more_than_is_left(self, start):
        payment = paid(start)
        raseed.request_refund(payment, php(15000))
        with pytest.raises(RefusedRefund, match=r"PHP 50\.00 is left"):
            raseed.request_refund(payment, php(5001))
        raseed.request_refund(payment)
        with pytest.raises(RefusedRefund, match="nothing left"):
            raseed.request_refund(payment)

    def test_what_is_not_paid(self, start):
        with pytest.raises(RefusedRefund, match="nothing left"):
            raseed.request_refund(start().payment)

    def test_a_gateway_that_cannot(self, start, gateway, monkeypatch):
        payment = paid(start)
        use_capabilities(monkeypatch, gateway, can_refund=False)
        with pytest.raises(Unsupported):
            raseed.request_refund(payment)

    def test_held_money_goes_back_from_suspense(self, start, book):
        payment = start().payment
        work(3601)
        testing.deliver(payment, testing.pay(payment))
        raseed.request_refund(payment)
        work()
        posting = Posting.objects.get(memo="refund")
        assert (posting.debit, posting.credit) == ("suspense", "gateway:fake")
        assert (again(book).given, again(book).revoked) == (0, 0)
        assert again(payment).attention == ""


class TestAnswers:
    def test_refused_it_has_failed_and_the_money_is_free_again(self, start, gateway):
        payment = paid(start)
        gateway.trouble["refund"] = [GatewayRefused("too old", code="too_old")]
        raseed.request_refund(payment)
        work()
        assert states() == ["failed"]
        assert "too old" in the_refund().error
        assert the_refund().next_try_at is None
        raseed.request_refund(payment)
        work()
        assert states() == ["failed", "succeeded"]

    def test_words_that_a_database_cannot_hold(self, start, gateway):
        payment = paid(start)
        gateway.trouble["refund"] = [
            GatewayRefused("not\x00now\ud800", is_temporary=True),
            GatewayUnavailable("no\x00answer"),
        ]
        refund = raseed.request_refund(payment)
        work()
        assert again(refund).error == "not\ufffdnow?"
        testing.travel(30)
        work()
        assert again(refund).error == "GatewayUnavailable: no\ufffdanswer"

    def test_refused_for_now_it_is_sent_later(self, start, gateway):
        payment = paid(start)
        gateway.trouble["refund"] = [GatewayRefused("one is open", is_temporary=True)]
        raseed.request_refund(payment)
        work()
        assert states() == ["waiting"]
        assert the_refund().next_try_at > testing.clock()
        assert work() == 0
        work(61)
        assert states() == ["succeeded"]
        assert refunds_at_gateway(payment) == [PRICE]

    def test_the_answer_is_lost_and_looked_up(self, start, gateway):
        payment = paid(start)
        gateway.trouble["refund"] = [GatewayUnavailable("time-out")]
        raseed.request_refund(payment)
        work()
        assert states() == ["unknown"]
        assert again(payment).refundable() == php(0)  # still reserved
        work(10)
        assert states() == ["succeeded"]
        assert gateway.calls.count("refund") == 1
        assert refunds_at_gateway(payment) == [PRICE]

    def test_it_never_arrived_and_is_sent_again(self, start, gateway):
        payment = paid(start)
        refund = raseed.request_refund(payment)
        gateway.before["refund"] = lambda: testing.BOOKS[payment.reference].facts.pop()
        gateway.trouble["refund"] = [GatewayUnavailable("time-out")]
        work()
        assert states() == ["unknown"]
        assert refunds_at_gateway(payment) == []
        work(10)
        assert states() == ["succeeded"]
        assert gateway.calls.count("refund") == 2
        assert again(refund).tries == 2

    def test_asking_is_refused_and_says_nothing_about_the_refund(self, start, gateway):
        """A key that was revoked in between: the refund is at the gateway all the same."""
        payment = paid(start)
        gateway.trouble["refund"] = [GatewayUnavailable("time-out")]
        raseed.request_refund(payment)
        work()
        for temporary in (False, True):
            gateway.trouble["query_refund"] = [GatewayRefused("401", status=401, is_temporary=temporary)]
            work(60)
            assert states() == ["unknown"]
            assert "401" in the_refund().error
        with pytest.raises(RefusedRefund):
            raseed.request_refund(payment)
        work(600)
        assert states() == ["succeeded"]
        assert refunds_at_gateway(payment) == [PRICE]

    def test_a_worker_that_died_while_sending(self, start, gateway):
        """Its lease runs out; the next one looks up before it sends."""
        payment = paid(start)
        raseed.request_refund(payment)

        class Killed(BaseException):
            pass

        gateway.trouble["refund"] = [Killed()]
        with pytest.raises(Killed):
            send_refund(the_refund().pk)
        assert states() == ["sending"]
        assert send_refund(the_refund().pk).state == RefundState.SENDING  # leased
        work(61)
        assert states() == ["succeeded"]
        assert gateway.calls.count("refund") == 1

    def test_a_late_worker_gives_back_nothing_that_another_holds(self, start, gateway):
        payment = paid(start)
        raseed.request_refund(payment)

        def overtaken():
            Refund.objects.update(lease_number=99, state="unknown")

        gateway.before["refund"] = overtaken
        send_refund(the_refund().pk)
        assert the_refund().lease_until is not None

    def test_pending_until_the_gateway_has_sent_it(self, start, gateway, monkeypatch):
        payment = paid(start)
        about = {"charge_ref": the_charge(payment), "refund_ref": "re_1", "money": php(PRICE)}
        said = {"refund": "refund_pending", "query_refund": "refund_pending"}
        for call in said:
            answer = lambda *call_with, call=call: [testing.say(payment, said[call], **about)]  # noqa: E731
            monkeypatch.setattr(gateway, call, answer)
        raseed.request_refund(payment)
        work()
        assert (states(), the_refund().ref) == (["pending"], "re_1")
        work(600)
        assert states() == ["pending"]
        assert again(payment).refundable() == php(0)
        said["query_refund"] = "refunded"
        work(600)
        assert states() == ["succeeded"]
        assert the_refund().next_try_at is None

    @pytest.mark.parametrize(("told", "state"), [("refunded", "succeeded"), ("refund_failed", "failed")])
    def test_pending_ends_by_webhook(self, start, told, state):
        payment = paid(start)
        about = {"charge_ref": the_charge(payment), "refund_ref": "re_1", "money": php(PRICE)}
        testing.deliver(payment, testing.say(payment, "refund_pending", **about))
        assert states() == ["pending"]
        assert again(payment).refundable() == php(0)
        testing.deliver(payment, testing.say(payment, told, **about))
        testing.deliver(payment, testing.say(payment, told, **about), salt="again")
        assert states() == [state]


def the_charge(payment):
    return payment.charges.get().ref


class TestSeveralAtOnce:
    def test_one_in_flight_where_the_gateway_demands_it(self, start, gateway, monkeypatch):
        use_capabilities(monkeypatch, gateway, one_refund_at_a_time=True)
        payment = paid(start)
        first = raseed.request_refund(payment, php(1000))
        second = raseed.request_refund(payment, php(2000))
        Refund.objects.filter(pk=first.pk).update(state="pending", ref="re_1", next_try_at=None)
        assert send_refund(second.pk).state == RefundState.WAITING
        assert "refund" not in gateway.calls
        Refund.objects.filter(pk=first.pk).update(state="failed")
        work(31)
        assert again(second).state == RefundState.SUCCEEDED

    def test_others_wait_for_nobody(self, start, gateway):
        payment = paid(start)
        first = raseed.request_refund(payment, php(1000))
        second = raseed.request_refund(payment, php(2000))
        Refund.objects.filter(pk=first.pk).update(state="unknown", next_try_at=None)
        assert send_refund(second.pk).state == RefundState.SUCCEEDED
        Refund.objects.filter(pk=first.pk).update(state="failed")

    def test_twins_without_a_name_wait_for_each_other(self, start, gateway):
        """Else the answer to the one would settle the other, which never arrived."""
        payment = paid(start)
        first = raseed.request_refund(payment, php(1000))
        second = raseed.request_refund(payment, php(1000))
        gateway.before["refund"] = lambda: testing.BOOKS[payment.reference].facts.pop()
        gateway.trouble["refund"] = [GatewayUnavailable("time-out")]
        send_refund(first.pk)
        assert send_refund(second.pk).state == RefundState.WAITING
        work(60)
        work(60)
        assert refunds_at_gateway(payment) == [1000, 1000]
        assert states() == ["succeeded", "succeeded"]
        assert {again(first).ref, again(second).ref} == {f"refund_{first.key}", f"refund_{second.key}"}

    def test_a_stale_look_at_the_row_sends_nothing_twice(self, start, gateway):
        """Sent by another worker between finding it and claiming it."""
        payment = paid(start)
        refund = raseed.request_refund(payment)
        gateway.trouble["refund"] = [GatewayUnavailable("time-out")]
        send_refund(refund.pk)
        assert send_refund(refund.pk).state == RefundState.SUCCEEDED
        assert gateway.calls.count("refund") == 1
