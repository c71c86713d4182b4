"""A delivery that comes again after its first copy was let go, or its body: it does no harm."""

import pytest

from raseed import testing
from raseed.core.errors import BodyGone
from raseed.core.facts import FactKind
from raseed.payments.admin.deliveries import shown_body
from raseed.payments.flows.receive_delivery import raw_of
from raseed.payments.models import (
    Delivery,
    Payment,
    PaymentFact,
)
from tests.payments.ages import ages_later, gone, money, purge
from tests.payments.books import again, paid, php, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_go")]


class TestWithoutItsBody:
    @pytest.fixture
    def empty(self, start):
        paid(start)
        ages_later(200)
        purge()
        return Delivery.objects.get()

    def test_a_copy_is_still_known_as_one(self, empty):
        before = money()
        assert testing.deliver(Payment.objects.get()).is_copy
        assert (again(empty).copies, again(empty).next_read_at) == (2, None)
        assert money() == before

    def test_it_cannot_be_read_again_and_says_why(self, empty):
        assert (empty.body, empty.query, empty.headers) == (None, {}, {})
        with pytest.raises(BodyGone, match="RETENTION_DAYS"):
            raw_of(empty)
        assert "It was let go" in shown_body(empty)


class TestComesAgainAfterwards:
    """What a gateway may send once more, years later, when nobody remembers that it was sent."""

    def stories(self, payment, kind):
        whole = {
            "paid": lambda: tuple(testing.BOOKS[payment.reference].facts),
            "failed": lambda: (testing.say(payment, FactKind.FAILED),),
            "expired": lambda: (testing.say(payment, FactKind.EXPIRED),),
            "part refunded": lambda: (testing.refund_at_gateway(payment, php(5000)),),
            "all refunded": lambda: (testing.refund_at_gateway(payment),),
            "disputed and won": lambda: (
                self.about(payment, FactKind.DISPUTED),
                self.about(payment, FactKind.DISPUTE_CLOSED, 0),
            ),
        }
        return whole[kind]()

    def about(self, payment, kind, minor=20000):
        return testing.say(payment, kind, charge_ref=payment.charges.get().ref, money=php(minor))

    @pytest.mark.parametrize(
        "kind", ["paid", "failed", "expired", "part refunded", "all refunded", "disputed and won"]
    )
    def test_it_changes_nothing(self, start, book, kind):
        payment = paid(start)
        told = self.stories(payment, kind)
        testing.deliver(payment, *told, salt="told")
        work()
        ages_later()
        assert gone()["deliveries"] >= 1
        assert (Delivery.objects.count(), PaymentFact.objects.filter(decision="record").count()) == (0, 0)
        before, given = money(), (again(book).given, again(book).revoked)
        for _ in range(3):
            testing.deliver(payment, *told, salt="told")
            work()
        assert Delivery.objects.get().copies == 3
        assert (money(), (again(book).given, again(book).revoked)) == (before, given)

    def test_nor_does_all_of_it_at_once_in_another_order(self, start, book):
        payment = paid(start)
        told = [
            self.stories(payment, kind)
            for kind in ("paid", "failed", "part refunded", "part refunded", "expired")
        ]
        for number, facts in enumerate(told):
            testing.deliver(payment, *facts, salt=str(number))
        work()
        ages_later()
        purge()
        before, given = money(), (again(book).given, again(book).revoked)
        for number, facts in reversed(list(enumerate(told))):
            testing.deliver(payment, *facts, salt=str(number))
        work()
        assert (money(), (again(book).given, again(book).revoked)) == (before, given)
        assert again(payment).first_channel == "webhook"
