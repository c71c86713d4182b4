"""What is set aside while it is being paid for: carts that freeze, codes that run out, one thing per cart."""

import pytest

import raseed
from raseed import testing
from raseed.core.errors import AlreadyPaid, GatewayRefused, GatewayUnavailable, PriceChanged, RefusedStart
from raseed.payments.models import Fulfilment, Payment, Reservation
from tests.bookshop.models import Basket, Parcel, Promo
from tests.bookshop.payments import BuyBasket
from tests.payments.books import again, assert_books, php, use_policies, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop():
    BuyBasket.failures = BuyBasket.failing_releases = 0
    yield
    assert_books()


@pytest.fixture
def promo():
    return Promo.objects.create(code="DISCOUNT", limit=1)


@pytest.fixture
def basket():
    return Basket.objects.create()


def pay_for(basket, **options):
    return raseed.start_payment(
        basket, **{"purpose": "basket", "account": "fake", "method": "card"} | options
    ).payment


def looks(payment):
    """The basket, what is set aside for this payment, and how many parcels there are."""
    basket = Basket.objects.get(pk=payment.payable_key)
    held = Reservation.objects.get(payment=payment).state
    return basket.state, held, Parcel.objects.filter(basket=basket).count()


class TestStarting:
    def test_the_basket_is_frozen_with_the_payment(self, basket):
        assert looks(pay_for(basket)) == ("frozen", "held", 0)

    def test_a_second_click_gives_the_same_checkout(self, basket):
        first = pay_for(basket)
        again_ = raseed.start_payment(basket, purpose="basket", account="fake", method="card")
        assert again_.reused
        assert again_.payment == first
        assert Reservation.objects.count() == 1

    def test_what_cannot_be_had_is_refused_and_nothing_is_stored(self, basket, promo):
        Promo.objects.update(used=1)
        basket.promo = promo
        basket.save()
        with pytest.raises(RefusedStart, match="used up"):
            pay_for(basket)
        assert Payment.objects.count() == 0
        assert again(basket).state == "active"

    def test_a_price_that_changed_since_the_page_was_shown(self, basket, gateway):
        Basket.objects.update(minor=30000)
        with pytest.raises(PriceChanged, match=r"PHP 300\.00.*PHP 200\.00"):
            pay_for(basket)  # with the row as it was
        assert Payment.objects.count() == 0
        assert gateway.calls == []

    def test_another_method_frees_and_freezes_again(self, basket, promo):
        basket.promo = promo
        basket.save()
        first = pay_for(basket)
        second = pay_for(again(basket), method="wallet")
        assert Reservation.objects.get(payment=first).state == "released"
        assert looks(second) == ("frozen", "held", 0)
        assert again(promo).used == 1


class TestEnding:
    def test_refused_by_the_gateway(self, basket, gateway):
        gateway.trouble["open"] = [GatewayRefused("no")]
        with pytest.raises(GatewayRefused):
            pay_for(basket)
        assert looks(Payment.objects.get()) == ("active", "released", 0)

    def test_no_answer_keeps_it_frozen(self, basket, gateway):
        gateway.trouble["open"] = [GatewayUnavailable("silence")]
        with pytest.raises(GatewayUnavailable):
            pay_for(basket)
        assert looks(Payment.objects.get()) == ("frozen", "held", 0)

    @pytest.mark.parametrize("kind", ["failed", "expired", "cancelled"])
    def test_ended_by_the_gateway(self, basket, promo, kind):
        basket.promo = promo
        basket.save()
        payment = pay_for(basket)
        for salt in "ab":
            testing.deliver(payment, testing.say(payment, kind), salt=salt)
        assert looks(payment) == ("active", "released", 0)
        assert again(promo).used == 0

    def test_our_own_deadline(self, basket):
        payment = pay_for(basket)
        work(seconds=BuyBasket.open_for_seconds + 1)
        assert again(payment).state == "lapsed"
        assert looks(payment) == ("active", "released", 0)

    def test_one_failed_attempt_ends_nothing(self, basket):
        payment = pay_for(basket)
        testing.deliver(payment, testing.say(payment, "attempt_failed"))
        assert looks(payment) == ("frozen", "held", 0)

    def test_a_release_that_raises_is_tried_again(self, basket):
        BuyBasket.failing_releases = 2
        payment = pay_for(basket)
        testing.deliver(payment, testing.say(payment, "failed"))
        assert again(payment).state == "failed"
        assert looks(payment) == ("frozen", "held", 0)
        assert "the shop's own mistake" in Reservation.objects.get().error
        work(seconds=3600)
        work(seconds=3600)
        assert looks(payment) == ("active", "released", 0)

    def test_money_that_comes_before_an_owed_release_uses_what_is_held(self, basket):
        BuyBasket.failing_releases = 1
        payment = pay_for(basket)
        testing.deliver(payment, testing.say(payment, "failed"))
        testing.pay(payment)
        testing.deliver(payment)
        work(seconds=3600)
        assert looks(payment) == ("converted", "used", 1)


class TestPaying:
    def test_it_becomes_one_parcel(self, basket, promo):
        basket.promo = promo
        basket.save()
        payment = pay_for(basket)
        testing.pay(payment)
        for salt in "abc":
            testing.deliver(payment, salt=salt)
        assert looks(payment) == ("converted", "used", 1)
        assert payment.created() == Parcel.objects.get()
        assert again(promo).used == 1
        with pytest.raises(AlreadyPaid):
            pay_for(again(basket))

    def test_paid_and_being_created(self, basket):
        BuyBasket.failures = 1
        payment = pay_for(basket)
        testing.pay(payment)
        testing.deliver(payment)
        assert again(payment).is_paid
        assert payment.created() is None
        assert looks(payment) == ("frozen", "held", 0)
        work(seconds=3600)
        assert looks(payment) == ("converted", "used", 1)

    def test_a_price_that_changed_is_not_given_by_itself(self, basket):
        payment = pay_for(basket)
        Basket.objects.update(minor=90000)
        testing.pay(payment)
        testing.deliver(payment)
        assert again(payment).is_paid
        assert looks(payment) == ("frozen", "held", 0)
        assert "PHP 900.00" in Fulfilment.objects.get().error
        Basket.objects.update(minor=20000)
        work(seconds=3600)
        assert looks(payment) == ("converted", "used", 1)

    def test_paid_but_not_given_and_sent_back(self, basket):
        BuyBasket.failures = 99
        payment = pay_for(basket)
        testing.pay(payment)
        testing.deliver(payment)
        raseed.request_refund(payment, key="back", reason="cannot be made")
        work()
        assert again(payment).is_fully_refunded
        assert looks(payment) == ("active", "released", 0)


class TestLate:
    def lapsed(self, basket):
        payment = pay_for(basket)
        work(seconds=BuyBasket.open_for_seconds + 1)
        testing.pay(payment)
        return payment

    def test_it_is_set_aside_again(self, basket, promo):
        basket.promo = promo
        basket.save()
        payment = self.lapsed(basket)
        testing.deliver(payment)
        assert looks(payment) == ("converted", "used", 1)
        assert again(promo).used == 1

    def test_the_code_went_to_somebody_else(self, basket, promo):
        basket.promo = promo
        basket.save()
        payment = self.lapsed(basket)
        other = pay_for(Basket.objects.create(promo=promo))
        testing.deliver(payment)
        assert again(payment).is_paid
        assert looks(payment) == ("active", "released", 0)
        assert "used up" in Fulfilment.objects.get(payment=payment).error
        assert looks(other) == ("frozen", "held", 0)
        assert again(promo).used == 1

    def test_the_basket_was_changed_meanwhile(self, basket):
        payment = self.lapsed(basket)
        Basket.objects.update(minor=50000)
        testing.deliver(payment)
        assert looks(payment) == ("active", "released", 0)
        assert "PriceChanged" in Fulfilment.objects.get(payment=payment).error

    def test_another_checkout_is_open_for_it(self, basket, monkeypatch):
        use_policies(monkeypatch, "basket", late="fulfil", double="refund")
        first = self.lapsed(basket)
        second = pay_for(again(basket))
        testing.deliver(first)
        assert looks(first) == (
            "converted",
            "used",
            1,
        )  # the money came for it: the second one's must go back
        assert looks(second) == ("converted", "released", 1)
        testing.pay(second)
        testing.deliver(second)
        work(seconds=3600)
        assert Parcel.objects.filter(basket=basket).count() == 1
        assert (again(first).refunded(), again(second).refunded()) == (php(0), php(20000))

    def test_another_checkout_is_open_for_it_and_its_money_waits_for_a_person(
        self, basket, promo, monkeypatch
    ):
        """The second one's money is held, and nothing ends it: it must not hold the basket as well."""
        use_policies(monkeypatch, "basket", late="fulfil", double="hold")
        basket.promo = promo
        basket.save()
        first = self.lapsed(basket)
        second = pay_for(again(basket))
        testing.pay(second)
        testing.deliver(first)
        testing.deliver(second)
        work(seconds=3600)
        assert looks(first) == ("converted", "used", 1)
        assert (again(second).concern, looks(second)[1], again(promo).used) == ("double", "released", 1)

    def test_a_release_that_raises_while_it_is_taken_over_is_tried_again(self, basket, monkeypatch):
        use_policies(monkeypatch, "basket", late="fulfil")
        first = self.lapsed(basket)
        second = pay_for(again(basket))
        BuyBasket.failing_releases = 1
        testing.deliver(first)
        assert (again(first).is_paid, looks(first)) == (True, ("frozen", "released", 0))
        work(seconds=3600)
        assert (looks(first), looks(second)[1]) == (("converted", "used", 1), "released")

    def test_held_by_policy_until_a_person_accepts(self, basket, monkeypatch):
        from raseed.payments.flows.apply_facts import apply_ruling
        from raseed.payments.models import Ruling

        use_policies(monkeypatch, "basket", late="hold")
        payment = self.lapsed(basket)
        testing.deliver(payment)
        assert looks(payment) == ("active", "released", 0)
        apply_ruling(payment.pk, Ruling.ACCEPTED, now=testing.clock(), reason="as agreed on the phone")
        assert looks(payment) == ("converted", "used", 1)


def test_wrong_amount_stays_set_aside_for_the_person(basket):
    payment = pay_for(basket)
    testing.pay(payment, php(100))
    testing.deliver(payment)
    assert again(payment).state == "review"
    assert looks(payment) == ("frozen", "held", 0)


def test_the_story_of_a_payment_tells_it(basket):
    from raseed.payments.admin.story import load
    from raseed.payments.admin.timeline import timeline

    payment = pay_for(basket)
    testing.deliver(payment, testing.say(payment, "failed"))
    told = again(payment)
    load(told)
    assert "Set aside, and let go since" in [entry.title for entry in timeline(told)]
