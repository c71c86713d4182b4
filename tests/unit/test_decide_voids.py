"""Voids after the money came; how reviews end by refunds; refunds under a wrong identity (rules 4 and 17)."""

import pytest

from raseed.core.facts import (
    Ask,
    Charge,
    FactKind,
    Money,
    Record,
    RefundState,
    Review,
    State,
    Weight,
    decide,
)
from tests.unit.samples import PRICE, checkout, fact, our_refund, paid_checkout, pesos, refund_fact, refunded

KINDS = [FactKind.REFUND_PENDING, FactKind.REFUNDED, FactKind.REFUND_FAILED]
SUCCEEDED, PENDING = RefundState.SUCCEEDED, RefundState.PENDING
TWO_CHARGES = (Charge("pay_1", PRICE), Charge("pay_2", PRICE))


def voided(**stated):
    return fact(FactKind.VOIDED, **stated)


# Voids after the money came


@pytest.mark.parametrize("charge", ["pay_1", None])
def test_a_void_sends_back_what_is_left(charge):
    known = paid_checkout(our_refund(5000, SUCCEEDED, "ref_1"))
    decision = decide(known, voided(charge_ref=charge))
    assert decision.to is State.PAID
    assert decision.refund.is_void
    assert (decision.refund.charge_ref, decision.refund.money) == ("pay_1", pesos(15000))
    assert decision.refund.state is SUCCEEDED


def test_a_void_of_the_second_half_is_not_the_refund_of_the_first():
    known = paid_checkout(our_refund(10000, SUCCEEDED, "ref_1"))
    assert decide(known, voided()).refund.money == pesos(10000)


def test_two_voids_of_a_charge_that_grew_have_two_names():
    first = decide(paid_checkout(), voided()).refund
    grown = checkout(
        State.PAID,
        charges=(Charge("pay_1", pesos(25000)),),
        refunds=(our_refund(20000, SUCCEEDED, first.ref, is_void=True),),
    )
    second = decide(grown, voided()).refund
    assert second.money == pesos(5000)
    assert second.ref != first.ref


@pytest.mark.parametrize("stated", [{}, {"money": pesos(20000)}, {"money": pesos(20000), "is_total": True}])
def test_whatever_amount_a_void_states_it_is_what_is_left(stated):
    known = paid_checkout(our_refund(5000, SUCCEEDED, "ref_1"))
    assert decide(known, voided(**stated)).refund.money == pesos(15000)


@pytest.mark.parametrize("ref", ["void_1", None])
def test_a_void_of_nothing_is_only_kept(ref):
    known = paid_checkout(our_refund(20000, SUCCEEDED, "ref_1"))
    assert isinstance(decide(known, voided(refund_ref=ref)), Record)


@pytest.mark.parametrize("known_as", ["void_1", None])
@pytest.mark.parametrize("stated_as", ["void_1", None])
def test_our_void_is_settled(known_as, stated_as):
    known = paid_checkout(our_refund(20000, PENDING, known_as, is_void=True))
    decision = decide(known, voided(refund_ref=stated_as))
    assert decision.refund == our_refund(20000, SUCCEEDED, known_as or stated_as, is_void=True)


def test_a_void_of_an_authorization_does_not_send_back_another_charge():
    """One attempt was authorized and voided, the next one paid."""
    assert isinstance(decide(paid_checkout(), voided(charge_ref="auth_1")), Ask)


def test_a_void_that_names_no_charge_of_several_asks():
    assert isinstance(decide(checkout(State.PAID, charges=TWO_CHARGES), voided()), Ask)


def test_a_hint_of_a_void_only_asks():
    assert isinstance(decide(paid_checkout(), voided(weight=Weight.HINT)), Ask)


# Reviews, and money under a wrong identity

DOLLARS = Charge("pay_1", Money(20000, "USD"), counts=False)


def test_a_full_refund_ends_a_review():
    short = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(1)),))
    assert decide(short, refunded(1, "ref_1")).to is State.CANCELLED


def test_a_full_refund_that_is_not_final_leaves_the_review_open():
    short = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(1)),))
    assert decide(short, refund_fact(FactKind.REFUND_PENDING, 1, "ref_1")).to is State.REVIEW


def test_our_own_full_refund_ends_a_review_too():
    short = checkout(
        State.REVIEW, charges=(Charge("pay_1", pesos(5000)),), refunds=(our_refund(5000, PENDING, "ref_1"),)
    )
    assert decide(short, refunded(5000, "ref_1")).to is State.CANCELLED


def test_the_last_of_several_refunds_ends_a_review():
    halves = (our_refund(5000, SUCCEEDED, "ref_1"), our_refund(5000, PENDING, "ref_2", id=8))
    short = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(10000)),), refunds=halves)
    assert decide(short, refunded(5000, "ref_2")).to is State.CANCELLED


def test_a_refund_of_a_part_leaves_the_review_open():
    over = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(30000)),))
    assert decide(over, refunded(10000, "ref_1")).to is State.REVIEW


def test_a_refund_of_one_of_two_charges_leaves_the_review_open():
    two = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(5000)), Charge("pay_2", pesos(5000))))
    assert decide(two, refunded(5000, "ref_1")).to is State.REVIEW


def test_money_of_a_wrong_identity_goes_back_under_that_identity():
    foreign = checkout(State.REVIEW, charges=(DOLLARS,))
    stated = refunded(None, "ref_1", money=DOLLARS.money, reference="shop-2", gateway_ref="cs_2")
    decision = decide(foreign, stated)
    assert (decision.to, decision.refund.money) == (State.CANCELLED, DOLLARS.money)


def test_live_money_on_a_test_payment_goes_back_as_live_money():
    live = checkout(State.REVIEW, charges=(Charge("pay_1", PRICE, counts=False),))
    assert decide(live, refunded(20000, "ref_1", livemode=True)).to is State.CANCELLED


def test_a_void_of_money_of_a_wrong_identity_ends_the_review():
    foreign = checkout(State.REVIEW, charges=(DOLLARS,))
    assert decide(foreign, voided(charge_ref="pay_1")).to is State.CANCELLED


@pytest.mark.parametrize("kind", [*KINDS, FactKind.VOIDED])
def test_a_refund_of_the_other_mode_goes_to_a_person(kind):
    decision = decide(paid_checkout(), refund_fact(kind, 5000, "ref_1", livemode=True))
    assert isinstance(decision, Review)
    assert decision.to is State.PAID


@pytest.mark.parametrize("wrong", [{"reference": "shop-2"}, {"gateway_ref": "cs_2"}, {"livemode": True}])
def test_a_refund_of_an_unknown_charge_asks_under_whatever_identity(wrong):
    """Its charge may come later, and be kept apart; a person could do nothing yet."""
    assert isinstance(decide(paid_checkout(), refunded(5000, "ref_1", charge="pay_9", **wrong)), Ask)


@pytest.mark.parametrize("wrong", [{"reference": "shop-2"}, {"gateway_ref": "cs_2"}, {"livemode": True}])
def test_a_refund_of_another_checkout_does_not_fall_on_the_only_charge(wrong):
    assert isinstance(decide(paid_checkout(), refunded(5000, "ref_1", charge=None, **wrong)), Review)
