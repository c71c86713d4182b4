"""By what a delivery finds its payment: only what is proven counts, where anything is."""

from dataclasses import replace

import pytest

from raseed import testing
from raseed.core.facts import Weight
from raseed.core.states import State
from raseed.payments.models import Delivery, DeliveryState, Payment

pytestmark = pytest.mark.django_db


def test_a_name_in_a_hint_carries_no_proof_to_a_strangers_payment(book):
    payment = testing.make_payment(book, purpose="book")
    Payment.objects.filter(pk=payment.pk).update(gateway_ref="", ids={})  # its opening answer was lost
    payment.gateway_ids.all().delete()
    hint = replace(testing.say(payment, "paid"), weight=Weight.HINT, gateway_ref=None)
    proof = replace(
        testing.say(payment, "paid", charge_ref="charge_of_another", money=payment.money),
        reference=None,
        gateway_ref="checkout_of_another",
    )
    testing.deliver(payment, proof, hint)
    payment.refresh_from_db()
    assert (payment.state, payment.gateway_ref) == (State.PENDING, "")
    assert Delivery.objects.get().state == DeliveryState.PARKED


def test_a_hint_alone_is_matched_by_what_it_names(book):
    payment = testing.make_payment(book, purpose="book")
    testing.deliver(payment, replace(testing.say(payment, "paid"), weight=Weight.HINT))
    payment.refresh_from_db()
    assert payment.state == State.PENDING
    assert payment.next_check_at <= testing.clock()
