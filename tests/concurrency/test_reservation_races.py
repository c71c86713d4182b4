"""What is set aside, raced for: the last use of a code, one basket in two tabs, money against the clock."""

# ruff: noqa: B023 at_once has done all of it before the loop goes on
import pytest

import raseed
from raseed import testing
from raseed.core.errors import RefusedStart
from raseed.payments.flows.apply_facts import apply_ruling
from raseed.payments.models import Payment, Reservation, Ruling
from tests.bookshop.models import Basket, Parcel, Promo
from tests.bookshop.payments import BuyBasket
from tests.payments.books import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop(transactional_db):
    BuyBasket.failures = BuyBasket.failing_releases = 0


def pay_for(basket, method="card"):
    return raseed.start_payment(basket, purpose="basket", account="fake", method=method).payment


def test_eight_baskets_race_for_the_last_use_of_a_code(at_once, rounds):
    for number in rounds:
        promo = Promo.objects.create(code=f"LAST{number}", limit=1)
        baskets = [Basket.objects.create(promo=promo) for _ in range(8)]
        results = at_once(*[lambda b=b: pay_for(b) for b in baskets])
        winners = [result for result in results if isinstance(result, Payment)]
        assert len(winners) == 1
        assert all("used up" in str(r) for r in results if not isinstance(r, Payment))
        testing.pay(winners[0])
        testing.deliver(winners[0])
        promo.refresh_from_db()
        assert promo.used == 1
        assert Parcel.objects.filter(basket__promo=promo).count() == 1


def test_one_basket_in_two_tabs(at_once, rounds):
    for _ in rounds:
        basket = Basket.objects.create()
        results = at_once(*[lambda: pay_for(basket)] * 4)
        assert {r.pk for r in results if isinstance(r, Payment)} == {Payment.objects.latest("pk").pk}
        assert all(isinstance(r, Payment | RefusedStart) for r in results)
        assert (
            Reservation.objects.filter(payment__payable_key=basket.pk, payment__purpose="basket").count() == 1
        )


def test_money_against_our_own_deadline(at_once, rounds):
    for _ in rounds:
        basket = Basket.objects.create(promo=Promo.objects.create(code=f"P{Promo.objects.count()}"))
        payment = pay_for(basket)
        testing.pay(payment)

        def lapse():
            apply_ruling(payment.pk, Ruling.LAPSED, now=testing.clock(), reason="the time to pay is over")

        at_once(lapse, lambda: testing.deliver(payment))
        basket.refresh_from_db()
        assert basket.state == "converted"
        assert basket.promo.used == 1
        assert Parcel.objects.filter(basket=basket).count() == 1
        assert Reservation.objects.get(payment=payment).state == "used"


def test_an_end_told_eight_times_lets_go_once(at_once, rounds):
    for _ in rounds:
        promo = Promo.objects.create(code=f"E{Promo.objects.count()}", limit=5, used=1)
        payment = pay_for(Basket.objects.create(promo=promo))
        ends = [
            lambda s=s: testing.deliver(payment, testing.say(payment, "failed"), salt=s) for s in "abcdefgh"
        ]
        at_once(*ends)
        promo.refresh_from_db()
        assert promo.used == 1
        assert Reservation.objects.get(payment=payment).state == "released"


def test_late_money_against_the_end_of_the_checkout_that_took_its_place(at_once, rounds):
    """Both let go what the later checkout holds: the one for good, the other to have it. Once is enough."""
    for _ in rounds:
        promo = Promo.objects.create(code=f"T{Promo.objects.count()}", limit=5, used=1)
        basket = Basket.objects.create(promo=promo)
        first = pay_for(basket)
        testing.pay(first)
        apply_ruling(first.pk, Ruling.LAPSED, now=testing.clock(), reason="another checkout took its place")
        basket.refresh_from_db()
        second = pay_for(basket)

        def end():
            testing.deliver(second, testing.say(second, "failed"))

        at_once(end, lambda: testing.deliver(first))
        work(seconds=3600)
        basket.refresh_from_db()
        promo.refresh_from_db()
        states = [Reservation.objects.get(payment=payment).state for payment in (first, second)]
        assert (basket.state, promo.used, states) == ("converted", 2, ["used", "released"])
        assert Parcel.objects.filter(basket=basket).count() == 1
