"""The states and the moves between them (rules 2 and 3)."""

import pytest

from raseed.core.states import (
    CLOSED,
    MOVES,
    OPEN,
    REFUND_AT_GATEWAY,
    REFUND_HOLDS_MONEY,
    SETTLED,
    RefundState,
    State,
)


def test_the_states_are_those_of_the_design():
    assert {state.value for state in State} == {
        "new", "pending", "authorized", "paid", "failed", "expired", "cancelled", "lapsed", "review",
    }  # fmt: skip
    assert {state.value for state in RefundState} == {
        "waiting", "sending", "unknown", "pending", "succeeded", "failed",
    }  # fmt: skip


def test_every_state_has_its_moves_and_none_moves_to_itself():
    assert set(MOVES) == set(State)
    for state, targets in MOVES.items():
        assert targets <= set(State)
        assert state not in targets


def test_nothing_unpays_a_payment():
    assert MOVES[State.PAID] == frozenset()


@pytest.mark.parametrize("state", sorted(set(State) - {State.PAID}))
def test_a_proof_of_payment_beats_every_other_state(state):
    assert State.PAID in MOVES[state]


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_an_ended_checkout_moves_on_only_when_money_came(state):
    assert MOVES[state] == {State.PAID, State.REVIEW}


def test_only_an_open_checkout_lapses():
    assert {state for state in State if State.LAPSED in MOVES[state]} == OPEN


def test_a_lapsed_checkout_still_ends_as_the_gateway_says():
    assert MOVES[State.LAPSED] >= CLOSED


def test_a_review_ends_paid_or_cancelled():
    assert MOVES[State.REVIEW] == {State.PAID, State.CANCELLED}


def test_no_way_leads_back_to_an_earlier_step():
    assert not any(State.NEW in targets for targets in MOVES.values())
    assert [state for state in State if State.PENDING in MOVES[state]] == [State.NEW]


def test_every_state_is_open_settled_lapsed_or_in_review():
    groups = [OPEN, SETTLED, {State.LAPSED}, {State.REVIEW}]
    assert set().union(*groups) == set(State)
    assert sum(map(len, groups)) == len(State)
    assert {State.PAID} == SETTLED - CLOSED


def test_a_refund_holds_its_money_until_the_gateway_refused_it():
    assert set(RefundState) - REFUND_HOLDS_MONEY == {RefundState.FAILED}


def test_a_refund_that_was_not_sent_or_is_done_is_not_under_way_at_the_gateway():
    assert set(RefundState) - REFUND_AT_GATEWAY == {
        RefundState.WAITING,
        RefundState.SUCCEEDED,
        RefundState.FAILED,
    }
