"""Money that a person vouches for: marked as paid, given back; once, balanced, honest about later proofs."""

import re

import pytest

import raseed
from raseed import testing
from raseed.core.errors import GatewayUnavailable, RefusedRefund, RefusedRuling
from raseed.core.states import State
from raseed.payments.flows.by_hand import give_back, mark_paid
from raseed.payments.models import Charge, PaymentFact, Refund
from tests.payments.books import (
    again,
    assert_books,
    balances,
    paid,
    php,
    stands,
    use_policies,
    work,
)
from tests.payments.desk import Desk, clerk

pytestmark = pytest.mark.django_db

PRICE = 20000
BY_HAND = ("by-hand", "PHP")


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


def vouch(payment, money=None, **more):
    return mark_paid(payment, money or php(PRICE), **{"reason": "bank transfer 4711"} | more)


class TestMarkPaid:
    @pytest.mark.parametrize("state", ["pending", "failed", "expired", "cancelled", "lapsed"])
    def test_counts_is_given_and_balances(self, start, state):
        payment = start().payment
        if state == "lapsed":
            work(3601)
        elif state != "pending":
            testing.deliver(payment, testing.say(payment, state))
        assert again(payment).state == state
        vouch(payment)
        assert stands(payment) == ("paid", "", 1)
        assert balances() == {BY_HAND: PRICE, ("sales:book", "PHP"): -PRICE}
        assert again(payment).first_channel == "manual"

    def test_says_who_and_why(self, start, admin_user):
        payment = start().payment
        vouch(payment, user=admin_user)
        fact = PaymentFact.objects.get(kind="marked_paid")
        assert (fact.channel, fact.user, fact.reason) == ("manual", admin_user, "bank transfer 4711")
        assert (fact.money, fact.from_state, fact.to_state) == (php(PRICE), "expired", "paid")

    def test_closes_the_checkout_at_the_gateway_first(self, start, gateway):
        payment = start().payment
        gateway.calls.clear()
        vouch(payment)
        assert gateway.calls == ["close"]

    def test_but_not_where_the_money_is_there(self, start, gateway):
        payment = start().payment
        gateway.calls.clear()
        vouch(payment, charge_ref="charge_in_dashboard")
        assert gateway.calls == ["query"]
        assert balances() == {("gateway:fake", "PHP"): PRICE, ("sales:book", "PHP"): -PRICE}

    def test_a_silent_gateway_hinders_nothing(self, start, gateway):
        payment = start().payment
        gateway.trouble |= {name: [GatewayUnavailable("down")] for name in ("close", "query")}
        vouch(payment)
        assert stands(payment) == ("paid", "", 1)

    def test_what_the_gateway_knows_better(self, start):
        payment = start().payment
        testing.pay(payment)
        with pytest.raises(RefusedRuling, match="money came"):
            vouch(payment)
        assert stands(payment) == ("paid", "", 1)
        assert Charge.objects.count() == 1

    @pytest.mark.parametrize("money", [php(PRICE - 1), php(PRICE + 1), raseed.Money(PRICE, "USD")])
    def test_another_amount(self, start, money):
        payment = start().payment
        with pytest.raises(RefusedRuling, match=r"missing is PHP 200\.00"):
            vouch(payment, money)
        assert not Charge.objects.exists()

    def test_the_rest_of_what_came_too_little(self, start):
        payment = start().payment
        testing.deliver(payment, testing.pay(payment, php(15000)))
        vouch(payment, php(5000))
        assert stands(payment) == ("paid", "", 1)
        assert balances() == {("gateway:fake", "PHP"): 15000, BY_HAND: 5000, ("sales:book", "PHP"): -PRICE}

    def test_twice(self, start):
        payment = start().payment
        vouch(payment, key="k")
        for key in ("k", "other"):
            with pytest.raises(RefusedRuling, match="cannot be marked paid"):
                vouch(payment, key=key)
        assert stands(payment) == ("paid", "", 1)

    def test_what_is_given_for_another_payment(self, start, book):
        lapsed = start(book).payment
        testing.deliver(lapsed, testing.say(lapsed, "expired"))
        paid(start)
        with pytest.raises(RefusedRuling, match="another payment"):
            vouch(lapsed)

    def test_held_money_is_taken_instead(self, start):
        payment = start(method="card_hold").payment
        testing.hold(payment)
        raseed.check_payment(payment)
        with pytest.raises(RefusedRuling, match="holds money"):
            vouch(payment)

    def test_the_charge_of_another_payment(self, start, book):
        other = paid(start)
        from tests.bookshop.models import Book

        payment = start(Book.objects.create(title="another")).payment
        with pytest.raises(RefusedRuling, match="recorded already"):
            vouch(payment, charge_ref=other.charges.get().ref)
        assert again(payment).attention == ""


class TestAProofThatComesLater:
    @pytest.mark.parametrize(("policy", "kept"), [("hold", True), ("refund", False)])
    def test_is_a_second_payment(self, start, monkeypatch, policy, kept):
        use_policies(monkeypatch, double=policy)
        payment = start().payment
        vouch(payment)
        testing.deliver(payment, testing.pay(payment))
        assert stands(payment) == ("paid", "double", 1)
        work()
        assert again(payment).refunded() == php(0 if kept else PRICE)
        assert Charge.objects.get(account="fake").held

    def test_of_what_was_named_is_known(self, start):
        payment = start().payment
        vouch(payment, charge_ref="ch_1")
        fact = testing.say(payment, "paid", charge_ref="ch_1", money=php(PRICE), fee=php(300))
        testing.deliver(payment, fact)
        assert stands(payment) == ("paid", "", 1)
        assert Charge.objects.get().fee_minor == 300

    def test_of_what_was_named_with_another_amount_is_for_a_person(self, start):
        payment = start().payment
        vouch(payment, charge_ref="ch_1")
        testing.deliver(payment, testing.say(payment, "paid", charge_ref="ch_1", money=php(1)))
        assert stands(payment) == ("paid", "identity", 1)


class TestGivenBack:
    def test_all_of_what_came_by_hand(self, start, book):
        payment = start().payment
        vouch(payment)
        with pytest.raises(RefusedRefund, match="by hand"):
            raseed.request_refund(payment)
        give_back(again(payment), php(PRICE), charge_ref=Charge.objects.get().ref, reason="in cash")
        assert again(payment).is_fully_refunded
        assert again(book).revoked == 1
        assert balances() == {}

    def test_what_came_through_the_gateway(self, start, book):
        payment = paid(start)
        ref = payment.charges.get().ref
        give_back(payment, php(5000), charge_ref=ref, reason="in cash")
        assert balances()[BY_HAND] == -5000
        assert balances()["gateway:fake", "PHP"] == PRICE
        with pytest.raises(RefusedRefund, match=r"150\.00 is left"):
            raseed.request_refund(payment, php(PRICE))
        refund = Refund.objects.get()
        assert (refund.account, refund.state, refund.is_external) == ("by-hand", "succeeded", False)

    def test_what_is_on_its_way_back_is_not_there(self, start):
        payment = paid(start)
        raseed.request_refund(payment)
        with pytest.raises(RefusedRuling, match=r"PHP 0\.00 is left"):
            give_back(payment, php(1), charge_ref=payment.charges.get().ref, reason="x")

    def test_is_not_taken_for_ours_under_way(self, start, gateway):
        """The same amount, while one of ours has no answer yet."""
        payment = paid(start)
        ours = raseed.request_refund(payment, php(5000))
        gateway.trouble["refund"] = [GatewayUnavailable("no answer")]
        work()
        give_back(payment, php(5000), charge_ref=payment.charges.get().ref, reason="x")
        work(60)
        assert again(ours).state == "succeeded"
        assert Refund.objects.count() == 2
        assert again(payment).refunded() == php(10000)

    def test_ends_a_review(self, start):
        payment = start().payment
        testing.deliver(payment, testing.pay(payment, php(100)))
        give_back(payment, php(100), charge_ref=payment.charges.get().ref, reason="x")
        assert stands(payment) == ("cancelled", "", 0)

    def test_the_same_again_changes_nothing(self, start):
        payment = paid(start)
        more = {"charge_ref": payment.charges.get().ref, "reason": "x", "key": "k"}
        give_back(payment, php(1000), **more)
        with pytest.raises(RefusedRuling, match="before"):
            give_back(payment, php(1000), **more)
        assert again(payment).refunded() == php(1000)


class TestARefundOfTheDashboardAndOnesThatWait:
    def test_what_is_not_covered_any_more_is_not_sent(self, start, gateway):
        payment = paid(start)
        waiting = raseed.request_refund(payment)
        testing.deliver(payment, testing.refund_at_gateway(payment))
        assert (again(waiting).state, "another way" in again(waiting).error) == ("failed", True)
        work()
        assert "refund" not in gateway.calls
        assert again(payment).refunded() == php(PRICE)

    def test_what_is_covered_is_sent(self, start):
        payment = paid(start)
        first, second = (raseed.request_refund(payment, php(minor)) for minor in (8000, 9000))
        testing.deliver(payment, testing.refund_at_gateway(payment, php(5000)))
        assert [again(first).state, again(second).state] == ["waiting", "failed"]
        work()
        assert again(first).state == "succeeded"
        assert again(payment).refunded() == php(13000)


class TestAtTheDesk:
    @pytest.fixture
    def desk(self, admin_client):
        return Desk(admin_client)

    def test_cash(self, start, desk, admin_client):
        payment = start().payment
        assert desk.do(payment, "mark_paid", amount="200.00", where="elsewhere")[0] == "success"
        assert stands(payment) == ("paid", "", 1)
        page = admin_client.get(f"/admin/raseed/payment/{payment.pk}/change/").content.decode()
        assert re.search(r"Marked as paid by a person: PHP 200\.00", page)
        assert "by admin" in page

    def test_at_the_gateway(self, start, desk):
        payment = start().payment
        desk.do(payment, "mark_paid", amount="200", where="gateway", gateway_id=" pay_77 ")
        assert Charge.objects.get().ref == "pay_77"

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"amount": "199.99", "where": "elsewhere"}, "not what is missing"),
            ({"amount": "200", "where": "gateway"}, "Write the id"),
            ({"amount": "200", "where": "elsewhere", "gateway_id": "x"}, "Leave this empty"),
            ({"amount": "200"}, "required"),
        ],
    )
    def test_what_is_not_clear(self, start, desk, fields, words):
        payment = start().payment
        assert words in desk.do(payment, "mark_paid", **fields)[1]
        assert again(payment).state == State.PENDING

    def test_give_back(self, start, desk):
        payment = paid(start)
        assert desk.do(payment, "give_back", amount="50.00")[0] == "success"
        assert again(payment).refunded() == php(5000)
        assert Refund.objects.get().user.username == "admin"

    def test_a_gateway_that_cannot_refund(self, start, desk, gateway, monkeypatch):
        from tests.payments.books import use_capabilities

        use_capabilities(monkeypatch, gateway, can_refund=False)
        payment = paid(start)
        assert "cannot send money back" in desk.open(payment, "refund").content.decode()
        assert desk.do(payment, "give_back", amount="200")[0] == "success"

    def test_each_needs_its_permission(self, start, django_user_model, client):
        desk = clerk(django_user_model, client, "view_payment", "rule_payment")
        payment = start().payment
        assert [desk.open(payment, act).status_code for act in ("mark_paid", "give_back")] == [403, 403]
        assert desk.send(payment, "mark_paid", {"key": "k" * 24}, amount="200").status_code == 403
