"""Money that does not come as agreed: late, too much, too little, twice; under each policy."""

import pytest

import raseed
from raseed import testing
from raseed.core.states import RefundState, State
from raseed.payments.flows.apply_facts import apply_ruling
from raseed.payments.models import Charge, Fulfilment, Payment, Refund, Ruling
from tests.payments.books import (
    again,
    assert_books,
    balances,
    paid,
    php,
    stands,
    the_refund,
    use_policies,
    work,
)

pytestmark = pytest.mark.django_db

PRICE = 20000
WORDS = ("hold", "fulfil", "refund")


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


def lapsed(start):
    payment = start().payment
    work(3601)
    assert again(payment).state == State.LAPSED
    return payment


def tell(payment, minor=None, salt=""):
    fact = testing.pay(payment, php(minor) if minor else None)
    testing.deliver(payment, fact, salt=salt)
    return fact


class TestLate:
    @pytest.mark.parametrize("word", WORDS)
    def test_by_webhook(self, start, monkeypatch, word):
        use_policies(monkeypatch, late=word)
        payment = lapsed(start)
        tell(payment)
        expected = {"hold": ("paid", "late", 0), "fulfil": ("paid", "", 1), "refund": ("paid", "late", 0)}
        assert stands(payment) == expected[word]
        assert Charge.objects.get().held == (word != "fulfil")
        assert Fulfilment.objects.count() == (word == "fulfil")
        assert Refund.objects.count() == (word == "refund")

    def test_a_failed_payment_that_is_paid_after_all_is_no_late_one(self, start):
        payment = start().payment
        testing.deliver(payment, testing.say(payment, "failed", detail="declined"))
        assert again(payment).state == State.FAILED
        tell(payment)
        assert stands(payment) == ("paid", "", 1)
        assert again(payment).detail == ""

    def test_held_late_money_can_be_accepted(self, start):
        payment = lapsed(start)
        tell(payment)
        apply_ruling(payment.pk, Ruling.ACCEPTED, now=testing.clock(), reason="a regular")
        assert stands(payment) == ("paid", "", 1)
        assert again(payment).attention == ""
        assert balances() == {("gateway:fake", "PHP"): PRICE, ("sales:book", "PHP"): -PRICE}

    def test_sent_back_it_can_be_paid_for_anew(self, start, monkeypatch):
        use_policies(monkeypatch, late="refund")
        payment = lapsed(start)
        tell(payment)
        work()
        assert the_refund().state == RefundState.SUCCEEDED
        assert stands(payment) == ("paid", "", 0)
        assert balances() == {}
        second = paid(start)
        assert second != payment
        assert stands(second) == ("paid", "", 1)

    def test_late_for_something_that_another_payment_gave_is_a_double_payment(self, start, monkeypatch):
        use_policies(monkeypatch, late="fulfil")
        old = lapsed(start)
        paid(start)
        tell(old)
        assert stands(old) == ("paid", "double", 1)


class TestOver:
    @pytest.mark.parametrize("word", WORDS)
    def test_by_webhook(self, start, monkeypatch, word):
        use_policies(monkeypatch, over=word)
        payment = start().payment
        tell(payment, PRICE + 5000)
        expected = {"hold": ("review", "over", 0), "fulfil": ("paid", "", 1), "refund": ("paid", "over", 1)}
        assert stands(payment) == expected[word]
        assert again(payment).collected() == php(PRICE + 5000)

    def test_the_surplus_goes_back_and_nothing_is_taken_back(self, start, book, monkeypatch):
        use_policies(monkeypatch, over="refund")
        payment = start().payment
        tell(payment, PRICE + 5000)
        assert work() == 1
        assert the_refund().money == php(5000)
        assert stands(payment) == ("paid", "", 1)
        assert again(book).revoked == 0
        assert again(payment).attention == ""

    def test_a_running_total_that_grows_twice_sends_each_surplus_back_once(self, start, monkeypatch):
        use_policies(monkeypatch, over="refund")
        payment = start().payment
        first = tell(payment, PRICE + 1000)
        for total in (PRICE + 3000, PRICE + 3000, PRICE + 2000):
            grown = testing.say(payment, "paid", charge_ref=first.charge_ref, money=php(total), is_total=True)
            testing.deliver(payment, grown, salt=str(total))
        work()
        assert sorted(Refund.objects.values_list("minor", flat=True)) == [1000, 2000]
        assert again(payment).refunded() == php(3000)

    def test_held_it_waits_and_a_person_may_accept_it(self, start):
        payment = start().payment
        tell(payment, PRICE + 5000)
        assert balances()["suspense", "PHP"] == -(PRICE + 5000)
        apply_ruling(payment.pk, Ruling.ACCEPTED, now=testing.clock())
        assert stands(payment) == ("paid", "", 1)
        assert balances()["sales:book", "PHP"] == -(PRICE + 5000)


class TestUnder:
    @pytest.mark.parametrize("word", WORDS)
    def test_by_webhook(self, start, monkeypatch, word):
        use_policies(monkeypatch, under=word)
        payment = start().payment
        tell(payment, PRICE - 1)
        expected = {
            "hold": ("review", "under", 0),
            "fulfil": ("paid", "", 1),
            "refund": ("review", "under", 0),
        }
        assert stands(payment) == expected[word]

    def test_one_centavo_unlocks_nothing(self, start):
        payment = start().payment
        tell(payment, 1)
        assert stands(payment) == ("review", "under", 0)

    def test_sent_back_it_ends_cancelled(self, start, monkeypatch):
        use_policies(monkeypatch, under="refund")
        payment = start().payment
        tell(payment, 15000)
        work()
        assert stands(payment) == ("cancelled", "", 0)
        assert balances() == {}

    def test_the_rest_completes_it(self, start):
        payment = start().payment
        tell(payment, 15000)
        tell(payment, 5000, salt="rest")
        assert stands(payment) == ("paid", "", 1)
        assert not Charge.objects.filter(held=True).exists()
        assert balances() == {("gateway:fake", "PHP"): PRICE, ("sales:book", "PHP"): -PRICE}

    def test_completed_before_it_was_sent_back_it_stays(self, start, monkeypatch):
        use_policies(monkeypatch, under="refund")
        payment = start().payment
        tell(payment, 15000)
        tell(payment, 5000, salt="rest")
        work()
        assert stands(payment) == ("paid", "", 1)
        assert the_refund().state == RefundState.FAILED
        assert "withdrawn" in the_refund().error
        assert balances()["gateway:fake", "PHP"] == PRICE

    def test_the_whole_price_besides_a_part_that_is_on_its_way_back(self, start, monkeypatch):
        """Too much only until the first part has gone back: that part must not go back twice."""
        use_policies(monkeypatch, under="refund", over="refund")
        payment = start().payment
        tell(payment, 5000)
        tell(payment, PRICE, salt="whole")
        work()
        assert stands(payment)[::2] == ("paid", 1)
        assert again(payment).refunded() == php(5000)
        assert again(payment).attention == ""


class TestSecondChargeOfOnePayment:
    @pytest.mark.parametrize("word", WORDS)
    def test_is_never_given_again(self, start, book, monkeypatch, word):
        use_policies(monkeypatch, double=word)
        payment = paid(start)
        tell(payment, salt="second")
        expected = {"hold": ("paid", "double", 1), "fulfil": ("paid", "", 1), "refund": ("paid", "double", 1)}
        assert stands(payment) == expected[word]
        assert again(payment).collected() == php(2 * PRICE)

    def test_sent_back_by_policy_the_first_one_stands(self, start, book, monkeypatch):
        use_policies(monkeypatch, double="refund")
        payment = paid(start)
        second = tell(payment, salt="second")
        work()
        assert the_refund().charge_ref == second.charge_ref
        assert stands(payment) == ("paid", "", 1)
        assert again(book).revoked == 0
        assert again(payment).is_paid
        assert Fulfilment.objects.get().state == "done"

    def test_held_a_person_may_send_it_back_or_keep_it(self, start, book):
        payment = paid(start)
        tell(payment, salt="second")
        raseed.request_refund(payment)
        work()
        assert stands(payment) == ("paid", "", 1)
        assert again(book).revoked == 0
        tell(payment, salt="third")
        apply_ruling(payment.pk, Ruling.ACCEPTED, now=testing.clock())
        assert stands(payment) == ("paid", "", 1)
        assert balances()["sales:book", "PHP"] == -2 * PRICE

    def test_the_same_charge_told_again_is_none(self, start, monkeypatch):
        payment = paid(start)
        for salt in "abc":
            testing.deliver(payment, salt=salt)
        assert Charge.objects.count() == 1
        assert stands(payment) == ("paid", "", 1)


class TestTwoPaymentsForOneThing:
    @pytest.mark.parametrize("word", WORDS)
    def test_the_second_gives_nothing(self, start, monkeypatch, word):
        use_policies(monkeypatch, late="fulfil", double=word)
        old = lapsed(start)
        new = start().payment
        tell(new)
        tell(old)
        assert stands(new) == ("paid", "", 1)
        expected = {"hold": ("paid", "double", 1), "fulfil": ("paid", "", 1), "refund": ("paid", "double", 1)}
        assert stands(old) == expected[word]
        held = {"hold": -PRICE, "fulfil": None, "refund": -PRICE}
        assert balances().get(("suspense", "PHP")) == held[word]
        assert Fulfilment.objects.get().payment == new

    def test_sent_back_it_takes_nothing_from_the_first(self, start, book, monkeypatch):
        use_policies(monkeypatch, late="fulfil", double="refund")
        old = lapsed(start)
        paid(start)
        tell(old)
        work()
        assert again(old).is_fully_refunded
        assert (again(book).given, again(book).revoked) == (1, 0)
        assert again(old).attention == ""

    def test_paid_in_parts_all_of_it_goes_back(self, start, monkeypatch):
        use_policies(monkeypatch, late="fulfil", double="refund")
        old = lapsed(start)
        new = start().payment
        tell(old, 15000)
        assert again(old).state == State.REVIEW
        tell(new)
        tell(old, 5000, salt="rest")
        work()
        assert again(old).is_fully_refunded
        assert again(old).attention == ""
        assert Payment.objects.filter(state=State.PAID).count() == 2
        assert balances()["gateway:fake", "PHP"] == PRICE

    def test_another_occasion_is_another_thing(self, start, monkeypatch):
        from tests.bookshop.payments import BuyBook

        first = paid(start)
        monkeypatch.setattr(BuyBook, "occasion", lambda self, book: "2026-12")
        second = paid(start)
        assert stands(first) == stands(second) == ("paid", "", 2)

    def test_another_purpose_is_another_thing(self, start):
        first = paid(start)
        second = paid(start, purpose="gift")
        assert stands(first) == stands(second) == ("paid", "", 2)
