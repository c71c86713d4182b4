"""Failures, expiries, cancellations, unknown words and disputes (rules 2, 3, 4 and 17)."""

from dataclasses import replace

import pytest

from raseed.core.facts import (
    Ask,
    Charge,
    FactKind,
    Money,
    Move,
    Record,
    Review,
    State,
    Weight,
    decide,
    reason_in,
)
from tests.unit.samples import checkout, fact, paid_checkout, pesos

ENDS = {
    FactKind.FAILED: State.FAILED,
    FactKind.EXPIRED: State.EXPIRED,
    FactKind.CANCELLED: State.CANCELLED,
    FactKind.VOIDED: State.CANCELLED,
}
STILL_GOING = [State.NEW, State.PENDING, State.AUTHORIZED, State.LAPSED]
OVER = sorted(set(State) - set(STILL_GOING))


@pytest.mark.parametrize(("kind", "to"), ENDS.items())
@pytest.mark.parametrize("state", STILL_GOING)
def test_the_gateways_word_ends_a_checkout(kind, to, state):
    decision = decide(checkout(state), fact(kind))
    assert decision == Move(to, decision.reason)


@pytest.mark.parametrize("kind", ENDS)
@pytest.mark.parametrize("state", OVER)
def test_a_late_end_changes_nothing(kind, state):
    assert isinstance(decide(checkout(state), fact(kind)), Record)


@pytest.mark.parametrize("kind", [FactKind.FAILED, FactKind.EXPIRED, FactKind.CANCELLED])
def test_a_stale_end_does_not_unpay(kind):
    assert isinstance(decide(paid_checkout(), fact(kind)), Record)


@pytest.mark.parametrize("kind", ENDS)
@pytest.mark.parametrize("state", sorted(State))
def test_a_hint_of_an_end_only_asks(kind, state):
    assert isinstance(decide(checkout(state), fact(kind, weight=Weight.HINT)), Ask)


@pytest.mark.parametrize("kind", ENDS)
@pytest.mark.parametrize("wrong", [{"reference": "shop-2"}, {"gateway_ref": "cs_2"}, {"livemode": True}])
def test_the_end_of_another_checkout_ends_nothing_here(kind, wrong):
    assert isinstance(decide(checkout(), fact(kind, **wrong)), Record)


@pytest.mark.parametrize("weight", list(Weight))
@pytest.mark.parametrize("state", sorted(State))
def test_a_failed_attempt_does_not_fail_the_checkout(state, weight):
    assert isinstance(decide(checkout(state), fact(FactKind.ATTEMPT_FAILED, weight=weight)), Record)


@pytest.mark.parametrize("weight", list(Weight))
@pytest.mark.parametrize("state", sorted(set(State) - {State.PAID}))
def test_an_unknown_word_fails_nothing_and_asks(state, weight):
    assert isinstance(decide(checkout(state), fact(FactKind.UNKNOWN, weight=weight)), Ask)


def test_an_unknown_word_about_a_paid_payment_is_only_kept():
    assert isinstance(decide(paid_checkout(), fact(FactKind.UNKNOWN)), Record)


@pytest.mark.parametrize("state", sorted(State))
def test_a_saved_card_moves_nothing(state):
    assert isinstance(decide(checkout(state), fact(FactKind.CARD_SAVED)), Record)


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ("payment failed: The card has expired.", "The card has expired."),
        ("return: order FAILED: The PIN was wrong.", "The PIN was wrong."),
        ("Not enough money.", "Not enough money."),
        ("source expired", ""),
        ("order FAILED: nobody paid in time", ""),
        ("", ""),
    ],
)
def test_a_payer_is_told_a_sentence_and_no_word_of_the_wire(detail, reason):
    assert reason_in(detail) == reason


# Disputes


@pytest.mark.parametrize(
    ("known", "to"),
    [
        (paid_checkout(), State.PAID),
        (checkout(State.REVIEW, charges=(Charge("pay_1", pesos(1)),)), State.REVIEW),
        (checkout(State.CANCELLED, charges=(Charge("pay_1", pesos(1)),)), State.REVIEW),
    ],
)
def test_a_dispute_goes_to_a_person_and_unpays_nothing(known, to):
    decision = decide(known, fact(FactKind.DISPUTED))
    assert isinstance(decision, Review)
    assert (decision.to, decision.charge) == (to, None)


@pytest.mark.parametrize("known", [paid_checkout(), checkout()])
def test_a_hint_of_a_dispute_only_asks(known):
    assert isinstance(decide(known, fact(FactKind.DISPUTED, weight=Weight.HINT)), Ask)


def test_a_dispute_of_money_that_is_not_known_yet_asks():
    assert isinstance(decide(checkout(), fact(FactKind.DISPUTED)), Ask)


def closed(minor, **stated):
    lost = None if minor is None else pesos(minor)
    return fact(FactKind.DISPUTE_CLOSED, **({"charge_ref": "pay_1", "money": lost} | stated))


@pytest.mark.parametrize("lost", [None, 0])
def test_a_dispute_that_was_won_or_ended_somehow_is_kept(lost):
    assert isinstance(decide(paid_checkout(), closed(lost)), Record)


@pytest.mark.parametrize(("lost", "name"), [(20000, None), (5000, None), (20000, "dsp_1")])
@pytest.mark.parametrize("charge", ["pay_1", None])
def test_a_lost_dispute_moves_money_like_a_refund(lost, name, charge):
    known = paid_checkout()
    decision = decide(known, closed(lost, refund_ref=name, charge_ref=charge))
    assert isinstance(decision, Move)
    assert decision.to is State.PAID
    assert (decision.refund.ref, decision.refund.money) == (name or "dispute:pay_1", pesos(lost))
    again = replace(known, refunds=(replace(decision.refund, id=1),))
    assert isinstance(decide(again, closed(lost, refund_ref=name, charge_ref=charge)), Record)


def test_losing_all_of_what_is_in_review_ends_the_review():
    known = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(1)),))
    assert decide(known, closed(1)).to is State.CANCELLED


@pytest.mark.parametrize("stated", [{"money": pesos(20001)}, {"money": Money(1, "USD")}])
def test_losing_what_cannot_be_goes_to_a_person(stated):
    assert isinstance(decide(paid_checkout(), closed(1, **stated)), Review)


@pytest.mark.parametrize(
    ("known", "stated"),
    [
        (checkout(), {}),
        (paid_checkout(), {"weight": Weight.HINT}),
        (paid_checkout(), {"charge_ref": "pay_of_somebody"}),
    ],
)
def test_an_end_that_proves_nothing_asks(known, stated):
    assert isinstance(decide(known, closed(20000, **stated)), Ask)
