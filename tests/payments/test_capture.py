"""Held money: taken whole or in part, let go, once; lost answers are looked up, not repeated."""

import pytest

import raseed
from raseed import testing
from raseed.core.errors import (
    AlreadyPaid,
    GatewayRefused,
    GatewayUnavailable,
    InsideTransaction,
    RefusedCapture,
)
from raseed.core.states import State
from raseed.payments.flows import capture as flow
from raseed.payments.flows import leases
from raseed.payments.models import MemoryStep, StaffAction
from tests.payments.books import again, assert_books, balances, php, stands, use_capabilities, work
from tests.payments.desk import Desk, clerk

pytestmark = pytest.mark.django_db

PRICE = 20000


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


@pytest.fixture
def held(start):
    payment = start(method="card_hold").payment
    testing.hold(payment)
    raseed.check_payment(payment)
    assert again(payment).state == State.AUTHORIZED
    return again(payment)


class TestTake:
    def test_all_of_it(self, held):
        assert raseed.capture(held).state == State.PAID
        assert stands(held) == ("paid", "", 1)
        assert balances() == {("gateway:fake", "PHP"): PRICE, ("sales:book", "PHP"): -PRICE}

    def test_a_part_is_no_underpayment(self, held):
        after = raseed.capture(held, php(15000))
        assert (after.collected(), after.expected, after.money) == (php(15000), php(15000), php(PRICE))
        assert stands(held) == ("paid", "", 1)
        assert balances()["sales:book", "PHP"] == -15000

    def test_a_part_told_by_webhook_before_the_answer(self, held, gateway):
        gateway.before["capture"] = lambda: testing.deliver(held)
        raseed.capture(held, php(15000))
        assert stands(held) == ("paid", "", 1)
        assert again(held).first_channel == "webhook"

    def test_more_than_was_asked_for_is_still_more(self, held, gateway):
        raseed.capture(held, php(15000))
        testing.deliver(held, testing.say(held, "paid", charge_ref="ch_other", money=php(5000)))
        assert stands(held) == ("paid", "double", 1)

    def test_what_somebody_took_at_the_gateway_in_part_is_for_a_person(self, held):
        testing.BOOKS[held.reference].facts = []
        testing.deliver(held, testing.pay(held, php(15000)))
        assert stands(held) == ("review", "under", 0)

    def test_twice(self, held, gateway):
        raseed.capture(held)
        with pytest.raises(RefusedCapture, match="paid"):
            raseed.capture(held)
        assert gateway.calls.count("capture") == 1
        assert stands(held) == ("paid", "", 1)

    @pytest.mark.parametrize("money", [php(PRICE + 1), php(0), php(-1), raseed.Money(100, "USD")])
    def test_an_amount_that_is_not_held(self, held, gateway, money):
        with pytest.raises(RefusedCapture, match="is held"):
            raseed.capture(held, money)
        assert "capture" not in gateway.calls
        assert again(held).lease_until is None

    def test_nothing_is_held(self, start, gateway):
        payment = start().payment
        for call in (raseed.capture, raseed.void):
            with pytest.raises(RefusedCapture, match="no money"):
                call(payment)

    def test_a_gateway_that_cannot(self, held, gateway, monkeypatch):
        use_capabilities(monkeypatch, gateway, can_capture=False, can_void=False)
        for call in (raseed.capture, raseed.void):
            with pytest.raises(RefusedCapture, match="cannot"):
                call(held)

    def test_refused_is_an_answer(self, held, gateway):
        gateway.trouble["capture"] = [GatewayRefused("the hold is over")]
        with pytest.raises(GatewayRefused):
            raseed.capture(held, php(15000))
        assert again(held).capture_minor is None
        assert not MemoryStep.objects.filter(step="capture").exists()
        raseed.capture(held)
        assert stands(held) == ("paid", "", 1)

    @pytest.mark.django_db(transaction=True)
    def test_not_inside_a_transaction(self, held):
        from django.db import transaction

        with transaction.atomic(), pytest.raises(InsideTransaction):
            raseed.capture(held)


class TestLostAnswers:
    def test_done_and_found_by_the_worker(self, held, gateway):
        gateway.trouble["capture"] = [GatewayUnavailable("no answer")]
        with pytest.raises(GatewayUnavailable):
            raseed.capture(held, php(15000))
        assert again(held).state == State.AUTHORIZED
        work(6)
        assert stands(held) == ("paid", "", 1)
        assert gateway.calls.count("capture") == 1

    def test_done_and_asked_again_by_a_person(self, held, gateway):
        gateway.trouble["capture"] = [GatewayUnavailable("no answer")]
        with pytest.raises(GatewayUnavailable):
            raseed.capture(held, php(15000))
        raseed.capture(held, php(PRICE))  # another amount: what was taken is taken
        assert stands(held) == ("paid", "", 1)
        assert again(held).collected() == php(15000)
        assert gateway.calls.count("capture") == 1

    def test_never_arrived_and_asked_again(self, held, gateway, monkeypatch):
        def lost(*_):
            raise GatewayUnavailable("no connection")

        with monkeypatch.context() as down:
            down.setattr(gateway, "capture", lost)
            with pytest.raises(GatewayUnavailable):
                raseed.capture(held, php(15000))
        raseed.capture(held)
        assert again(held).collected() == php(PRICE)
        assert stands(held) == ("paid", "", 1)

    def test_a_void_whose_answer_was_lost(self, held, gateway):
        gateway.trouble["void"] = [GatewayUnavailable("no answer")]
        with pytest.raises(GatewayUnavailable):
            raseed.void(held)
        raseed.void(held)
        assert again(held).state == State.CANCELLED
        assert gateway.calls.count("void") == 1


class TestLetGo:
    def test_ends_it_and_frees_the_thing(self, held, start):
        assert raseed.void(held).state == State.CANCELLED
        assert stands(held) == ("cancelled", "", 0)
        assert balances() == {}
        assert start().payment != held

    def test_taken_money_is_not_let_go(self, held, gateway):
        raseed.capture(held)
        with pytest.raises(RefusedCapture):
            raseed.void(held)


class TestWhileItIsHeld:
    def test_our_deadline_does_not_end_it(self, held):
        work(3 * 24 * 3600)
        assert again(held).state == State.AUTHORIZED
        assert (again(held).next_check_at - testing.clock()).total_seconds() > 3600
        raseed.capture(held)
        assert stands(held) == ("paid", "", 1)

    def test_paying_again_is_refused(self, held, start):
        with pytest.raises(AlreadyPaid, match="reserved"):
            start(method="wallet")

    def test_a_worker_that_asks_is_waited_for(self, held, gateway, monkeypatch):
        monkeypatch.setattr(flow, "WAIT_FOR_WORKER_SECONDS", 0.0)
        number = leases.take(held.pk, testing.clock(), 60)
        with pytest.raises(RefusedCapture, match="right now"):
            raseed.capture(held)
        leases.release(held.pk, number, next_check_at=None)
        assert raseed.capture(held).state == State.PAID


class TestAtTheDesk:
    def test_take_a_part(self, held, admin_client):
        desk = Desk(admin_client)
        kind, words = desk.do(held, "capture", amount="150.00")
        assert (kind, "PHP 150.00 came in" in words) == ("success", True)
        assert stands(held) == ("paid", "", 1)
        assert StaffAction.objects.get().wanted == "PHP 150.00"
        page = admin_client.get(f"/admin/raseed/payment/{held.pk}/change/").content.decode()
        assert "A person took the held money" in page

    def test_let_go(self, held, admin_client):
        assert Desk(admin_client).do(held, "void")[0] == "success"
        assert stands(held) == ("cancelled", "", 0)

    def test_too_much(self, held, admin_client):
        assert "more than is held" in Desk(admin_client).do(held, "capture", amount="200.01")[1]

    def test_the_gateway_says_no_or_nothing(self, held, gateway, admin_client):
        gateway.trouble["capture"] = [GatewayRefused("the hold is over"), GatewayUnavailable("no answer")]
        desk = Desk(admin_client)
        assert "the hold is over" in desk.do(held, "capture", amount="1.00")[1]
        assert "no answer" in desk.do(held, "capture", amount="150.00")[1]
        work(6)
        assert again(held).collected() == php(15000)

    def test_needs_its_permission(self, held, django_user_model, client):
        desk = clerk(django_user_model, client, "view_payment", "refund_payment", "rule_payment")
        assert [desk.open(held, act).status_code for act in ("capture", "void")] == [403, 403]
