"""Rule 15: a delivery without a payment is early, lost or foreign; it finds its payment when there is one."""

from dataclasses import replace

import pytest

import raseed
from raseed import testing
from raseed.core.facts import FactKind
from raseed.core.states import State
from raseed.payments import conf
from raseed.payments.flows import read_delivery as reading
from raseed.payments.flows import statements
from raseed.payments.flows.receive_delivery import receive_delivery
from raseed.payments.models import (
    Delivery,
    DeliveryRef,
    Payment,
    Refund,
)
from tests.payments.looks import pause_of, standing, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen():
    return testing.freeze()


def anonymous(fact, **more):
    """The same fact from a gateway that does not carry our reference."""
    return replace(fact, reference=None, **more)


class TestUnknownOrders:
    """Rule 15."""

    def test_a_delivery_that_overtakes_the_answer_to_opening_is_parked_and_applied(
        self, start, gateway, book
    ):
        def hurry():
            fact = testing.pay(Payment.objects.get())
            receipt = receive_delivery("fake", testing.delivery_of([anonymous(fact)]))
            parked.append(Delivery.objects.get(pk=receipt.delivery_id))

        parked = []
        gateway.before["open"] = hurry
        payment = start().payment
        assert (parked[0].state, parked[0].payment) == ("parked", None)
        assert pause_of(parked[0]) == 0  # opening woke it
        testing.work()
        assert (state_of(payment), Payment.objects.get().first_channel) == ("paid", "webhook")
        book.refresh_from_db()
        assert (book.given, DeliveryRef.objects.count()) == (1, 0)

    def test_a_delivery_with_our_reference_that_overtakes_is_applied_at_once(self, start, gateway, book):
        gateway.before["open"] = lambda: testing.deliver(_paid_now())
        payment = start().payment
        assert (state_of(payment), Delivery.objects.get().state) == ("paid", "read")
        book.refresh_from_db()
        assert book.given == 1

    def test_a_wake_up_that_is_missed_is_made_up_for_by_the_schedule(self, start, gateway, monkeypatch):
        """Parking and opening at the same moment: neither transaction sees the other."""
        monkeypatch.setattr(statements, "WAKE_DELIVERIES", f"{statements.WAKE_DELIVERIES} AND 1 = 0")
        gateway.before["open"] = lambda: receive_delivery(
            "fake", testing.delivery_of([anonymous(testing.pay(Payment.objects.get()))])
        )
        payment = start().payment
        Payment.objects.update(next_check_at=None)
        testing.travel(29)
        testing.work()
        assert state_of(payment) == State.PENDING
        testing.travel(1)
        testing.work()
        assert state_of(payment) == State.PAID

    def of_ours_and_lost(self, payment):
        """It bears our prefix, and we have no such payment (a restored database, perhaps)."""
        fact = testing.say(payment, FactKind.PAID, charge_ref="pay_9", money=payment.money)
        return replace(fact, reference=f"{_prefix()}-nobody", gateway_ref="elsewhere")

    def test_a_reference_of_ours_without_a_payment_is_looked_for_and_then_shown(self, payment):
        lost = self.of_ours_and_lost(payment)
        receive_delivery("fake", testing.delivery_of([lost]))
        delivery = Delivery.objects.get()
        for pause in (30, 120, 600, 3600, 6 * 3600, 24 * 3600):
            assert standing(delivery) == ("parked", pause)
            testing.travel(pause)
            testing.work()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.next_read_at, delivery.error) == ("stuck", None, "")

    def test_something_else_on_the_account_is_kept_and_burdens_nobody(self, payment):
        fact = testing.say(payment, FactKind.PAID, charge_ref="pay_9", money=raseed.Money(500, "PHP"))
        receive_delivery(
            "fake", testing.delivery_of([replace(fact, reference="invoice 7", gateway_ref="cs_of_another")])
        )
        delivery = Delivery.objects.get()
        assert sorted(DeliveryRef.objects.values_list("value", flat=True)) == [
            "cs_of_another",
            "invoice 7",
            "pay_9",
        ]
        for pause in (60, 600):
            assert standing(delivery) == ("foreign", pause)
            testing.travel(pause)
            testing.work()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.next_read_at) == ("foreign", None)
        assert state_of(payment) == State.PENDING

    def test_an_event_without_facts_is_foreign_and_never_read_again(self, payment):
        receive_delivery("fake", testing.delivery_of([]))
        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.next_read_at, delivery.payment) == ("foreign", None, None)

    def test_a_refund_before_its_payment_waits_until_the_charge_is_known(self, payment, book):
        """The refund names only the charge; the charge becomes known by polling."""
        testing.pay(payment)
        refunded = anonymous(testing.refund_at_gateway(payment), gateway_ref=None)
        paid = testing.BOOKS[payment.reference].facts[0]
        testing.BOOKS[payment.reference].facts = [paid]
        receive_delivery("fake", testing.delivery_of([refunded]))
        delivery = Delivery.objects.get()
        assert delivery.state == "foreign"
        testing.travel(3000)  # its own schedule is over
        testing.work()
        assert state_of(payment) == State.PAID
        testing.work()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.payment) == ("read", payment)
        assert Refund.objects.get().state == "succeeded"
        book.refresh_from_db()
        assert book.revoked == 1

    def test_a_delivery_that_was_unreadable_at_first_is_woken_like_any_other(self, start, gateway):
        """It had no ids when it came: nobody could tell what it names."""

        def hurry():
            gateway.trouble["read"] = [RuntimeError("not yet")]
            fact = anonymous(testing.pay(Payment.objects.get()))
            receipt = receive_delivery("fake", testing.delivery_of([fact]))
            assert reading.read_delivery(receipt.delivery_id, testing.clock()) == "parked"

        gateway.before["open"] = hurry
        payment = start().payment
        assert pause_of(Delivery.objects.get()) == 0
        testing.work()
        assert state_of(payment) == State.PAID

    def test_copies_do_not_use_up_the_looks_of_a_parked_delivery(self, payment):
        lost = self.of_ours_and_lost(payment)
        for _ in range(9):
            receive_delivery("fake", testing.delivery_of([lost]))
            testing.work()
        delivery = Delivery.objects.get()
        assert (*standing(delivery), delivery.copies) == ("parked", 30, 9)

    def test_a_name_longer_than_any_id_does_not_lose_the_delivery(self, payment):
        fact = replace(testing.pay(payment), reference="x" * 5000, gateway_ref="elsewhere")
        receive_delivery("fake", testing.delivery_of([fact]))
        assert Delivery.objects.get().state == "foreign"
        assert "elsewhere" in DeliveryRef.objects.values_list("value", flat=True)


def _prefix():
    return conf.current().reference_prefix


def _paid_now():
    payment = Payment.objects.get()
    testing.pay(payment)
    return payment
