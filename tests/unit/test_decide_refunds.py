"""Refunds: each counts once, however often and in whatever words it is told (rules 7 and 17)."""

import pytest

from raseed.core.facts import (
    Ask,
    Charge,
    FactKind,
    Money,
    Move,
    Record,
    Refund,
    RefundState,
    Review,
    State,
    Weight,
    decide,
)
from tests.unit.samples import PRICE, checkout, our_refund, paid_checkout, pesos, refund_fact, refunded

KINDS = {
    FactKind.REFUND_PENDING: RefundState.PENDING,
    FactKind.REFUNDED: RefundState.SUCCEEDED,
    FactKind.REFUND_FAILED: RefundState.FAILED,
}
UNDER_WAY = [RefundState.SENDING, RefundState.UNKNOWN, RefundState.PENDING]
SUCCEEDED, PENDING, FAILED = RefundState.SUCCEEDED, RefundState.PENDING, RefundState.FAILED
TWO_CHARGES = (Charge("pay_1", PRICE), Charge("pay_2", PRICE))
TOTAL = {"is_total": True}
HINT = {"weight": Weight.HINT}


# Hints, and refunds of what is not known


@pytest.mark.parametrize("kind", KINDS)
def test_a_hint_of_a_refund_only_asks(kind):
    assert isinstance(decide(paid_checkout(), refund_fact(kind, 5000, "ref_1", **HINT)), Ask)


def test_a_hint_of_a_refund_that_is_under_way_only_asks():
    known = paid_checkout(our_refund(5000, PENDING, "ref_1"))
    assert isinstance(decide(known, refunded(5000, "ref_1", **HINT)), Ask)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("known", [checkout(), paid_checkout()], ids=["no charge", "another charge"])
def test_a_refund_before_its_payment_asks(kind, known):
    assert isinstance(decide(known, refund_fact(kind, 5000, "ref_1", charge="pay_9")), Ask)


def test_a_refund_that_names_no_charge_belongs_to_the_only_one():
    assert decide(paid_checkout(), refunded(5000, "ref_1", charge=None)).refund.charge_ref == "pay_1"


def test_a_refund_that_names_no_charge_of_several_asks():
    several = checkout(State.PAID, charges=TWO_CHARGES)
    assert isinstance(decide(several, refunded(5000, "ref_1", charge=None)), Ask)


@pytest.mark.parametrize("minor", [None, 0, -1])
def test_a_refund_of_no_stated_amount_asks(minor):
    assert isinstance(decide(paid_checkout(), refunded(minor, "ref_1")), Ask)


# Refunds made at the gateway


@pytest.mark.parametrize("kind", [FactKind.REFUNDED, FactKind.REFUND_PENDING])
def test_a_refund_made_at_the_gateway_gets_a_row(kind):
    decision = decide(paid_checkout(), refund_fact(kind, 5000, "ref_1"))
    assert isinstance(decision, Move)
    assert decision.to is State.PAID
    assert decision.refund == Refund(None, "ref_1", "pay_1", pesos(5000), KINDS[kind])


def test_a_refund_made_at_the_gateway_that_failed_is_only_kept():
    assert isinstance(decide(paid_checkout(), refund_fact(FactKind.REFUND_FAILED, 5000, "ref_1")), Record)


def test_two_refunds_of_the_same_amount_are_two():
    known = paid_checkout(our_refund(5000, SUCCEEDED, "ref_1"))
    assert decide(known, refunded(5000, "ref_2")).refund.id is None


@pytest.mark.parametrize("charge", ["pay_1", None])
def test_more_than_is_left_goes_to_a_person(charge):
    known = paid_checkout(our_refund(15000, SUCCEEDED, "ref_1"))
    decision = decide(known, refunded(5001, "ref_2", charge=charge))
    assert isinstance(decision, Review)
    assert decision.to is State.PAID
    assert isinstance(decide(known, refunded(5000, "ref_2", charge=charge)), Move)


def test_a_refund_in_another_currency_goes_to_a_person():
    stated = refunded(None, "ref_1", money=Money(5000, "USD"))
    assert isinstance(decide(paid_checkout(), stated), Review)
    assert isinstance(decide(paid_checkout(our_refund(5000, PENDING, "ref_1")), stated), Review)


# A refund that is known


@pytest.mark.parametrize("before", UNDER_WAY)
@pytest.mark.parametrize("ref", ["ref_1", None])
def test_our_refund_is_settled_not_counted_twice(before, ref):
    decision = decide(paid_checkout(our_refund(5000, before, ref)), refunded(5000, "ref_1"))
    assert isinstance(decision, Move)
    assert decision.refund == our_refund(5000, SUCCEEDED, "ref_1")


def test_our_refund_learns_its_name_while_it_is_under_way():
    known = paid_checkout(our_refund(5000, PENDING))
    decision = decide(known, refund_fact(FactKind.REFUND_PENDING, 5000, "ref_1"))
    assert decision.refund == our_refund(5000, PENDING, "ref_1")


def test_our_refund_fails():
    known = paid_checkout(our_refund(5000, PENDING, "ref_1"))
    assert decide(known, refund_fact(FactKind.REFUND_FAILED, 5000, "ref_1")).refund.state is FAILED


def test_a_refund_known_by_name_needs_no_amount_and_no_charge():
    known = checkout(State.PAID, charges=TWO_CHARGES, refunds=(our_refund(5000, PENDING, "ref_1"),))
    assert decide(known, refunded(None, "ref_1", charge=None)).refund == our_refund(5000, SUCCEEDED, "ref_1")


def test_our_refund_that_was_not_sent_is_not_the_one_the_gateway_speaks_of():
    known = paid_checkout(our_refund(5000, RefundState.WAITING))
    assert decide(known, refunded(5000, "ref_1")).refund.id is None


@pytest.mark.parametrize("charge", ["pay_1", "pay_2"])
def test_our_refund_of_one_charge_is_not_that_of_another(charge):
    known = checkout(State.PAID, charges=TWO_CHARGES, refunds=(our_refund(5000, PENDING),))
    expected = 7 if charge == "pay_1" else None
    assert decide(known, refunded(5000, "ref_1", charge=charge)).refund.id == expected


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        (SUCCEEDED, FactKind.REFUNDED),
        (SUCCEEDED, FactKind.REFUND_PENDING),
        (PENDING, FactKind.REFUND_PENDING),
        (FAILED, FactKind.REFUND_FAILED),
        (FAILED, FactKind.REFUND_PENDING),
    ],
)
def test_what_is_known_or_older_is_only_kept(before, kind):
    assert isinstance(
        decide(paid_checkout(our_refund(5000, before, "ref_1")), refund_fact(kind, 5000, "ref_1")), Record
    )


def test_a_refund_that_came_undone_goes_to_a_person():
    known = paid_checkout(our_refund(5000, SUCCEEDED, "ref_1"))
    decision = decide(known, refund_fact(FactKind.REFUND_FAILED, 5000, "ref_1"))
    assert isinstance(decision, Review)
    assert decision.to is State.PAID


def test_a_refund_that_had_failed_and_went_through_counts():
    known = paid_checkout(our_refund(5000, FAILED, "ref_1"))
    assert decide(known, refunded(5000, "ref_1")).refund.state is SUCCEEDED


def test_a_refund_that_went_through_after_the_money_was_gone_goes_to_a_person():
    """It had failed, so the money went back another way; now both are stated as done."""
    known = paid_checkout(our_refund(20000, FAILED, "ref_1"), our_refund(20000, SUCCEEDED, "ref_2", id=8))
    assert isinstance(decide(known, refunded(20000, "ref_1")), Review)


@pytest.mark.parametrize("before", [PENDING, SUCCEEDED, FAILED])
def test_a_refund_that_is_restated_with_another_amount_goes_to_a_person(before):
    assert isinstance(
        decide(paid_checkout(our_refund(5000, before, "ref_1")), refunded(6000, "ref_1")), Review
    )


# Amounts without an id, and running totals


def test_an_amount_without_an_id_counts_once():
    first = decide(paid_checkout(), refunded(5000))
    assert (first.refund.money, first.refund.state) == (pesos(5000), SUCCEEDED)
    again = paid_checkout(our_refund(5000, SUCCEEDED, first.refund.ref))
    assert isinstance(decide(again, refunded(5000)), Record)


@pytest.mark.parametrize("ref", ["ref_1", None])
def test_an_amount_without_an_id_settles_the_only_refund_it_fits(ref):
    known = paid_checkout(our_refund(5000, PENDING, ref), our_refund(4000, PENDING, "ref_2", id=8))
    assert decide(known, refunded(5000)).refund == our_refund(5000, SUCCEEDED, ref)


@pytest.mark.parametrize("kind", KINDS)
def test_an_amount_without_an_id_that_fits_two_refunds_asks(kind):
    """Told twice, it would settle or fail both."""
    known = paid_checkout(our_refund(5000, PENDING), our_refund(5000, PENDING, "ref_2", id=8))
    assert isinstance(decide(known, refund_fact(kind, 5000)), Ask)


def test_an_amount_without_an_id_that_may_be_told_again_asks():
    known = paid_checkout(our_refund(5000, SUCCEEDED, "ref_1"), our_refund(5000, PENDING, "ref_2", id=8))
    assert isinstance(decide(known, refunded(5000)), Ask)


def test_a_failure_without_an_id_does_not_speak_of_a_refund_that_is_done():
    known = paid_checkout(our_refund(5000, SUCCEEDED, "ref_1"))
    assert isinstance(decide(known, refund_fact(FactKind.REFUND_FAILED, 5000)), Record)


@pytest.mark.parametrize("ref", ["ref_1", None])
def test_a_total_settles_our_own_refund_first(ref):
    decision = decide(paid_checkout(our_refund(5000, PENDING, ref)), refunded(5000, **TOTAL))
    assert decision.refund == our_refund(5000, SUCCEEDED, ref)


def test_a_total_counts_only_what_is_not_counted_yet():
    known = paid_checkout(our_refund(5000, SUCCEEDED, "ref_1"))
    decision = decide(known, refunded(12000, **TOTAL))
    assert (decision.refund.id, decision.refund.money) == (None, pesos(7000))


@pytest.mark.parametrize("minor", [0, 4000, 5000])
def test_a_total_that_is_known_or_older_is_only_kept(minor):
    known = paid_checkout(our_refund(5000, SUCCEEDED, "ref_1"))
    assert isinstance(decide(known, refunded(minor, **TOTAL)), Record)


def test_two_totals_have_two_names():
    first = decide(paid_checkout(), refunded(5000, **TOTAL)).refund
    known = paid_checkout(our_refund(5000, SUCCEEDED, first.ref))
    assert decide(known, refunded(10000, **TOTAL)).refund.ref != first.ref


@pytest.mark.parametrize("total", [4000, 6000, 9000])
def test_a_total_beside_refunds_under_way_asks_what_became_of_those(total):
    known = paid_checkout(our_refund(5000, PENDING, "ref_1"), our_refund(2000, PENDING, "ref_2", id=8))
    assert isinstance(decide(known, refunded(total, **TOTAL)), Ask)


def test_a_total_above_the_charge_goes_to_a_person():
    assert isinstance(decide(paid_checkout(), refunded(20001, **TOTAL)), Review)


def test_a_total_in_another_currency_goes_to_a_person():
    assert isinstance(decide(paid_checkout(), refunded(None, money=Money(1, "USD"), **TOTAL)), Review)


def test_a_total_speaks_of_the_charge_whatever_refund_it_names():
    known = paid_checkout(our_refund(5000, SUCCEEDED, "ref_1"))
    assert decide(known, refunded(12000, "ref_1", **TOTAL)).refund.money == pesos(7000)
    assert decide(known, refunded(12000, "ref_1", charge=None, **TOTAL)).refund.money == pesos(7000)


def test_a_total_that_is_not_final_does_not_count_yet():
    assert isinstance(decide(paid_checkout(), refund_fact(FactKind.REFUND_PENDING, 5000, **TOTAL)), Record)


def test_a_name_for_what_a_total_has_counted_is_no_second_refund():
    counted = decide(paid_checkout(), refunded(5000, **TOTAL)).refund
    known = paid_checkout(our_refund(5000, SUCCEEDED, counted.ref))
    assert isinstance(decide(known, refunded(5000, "ref_1")), Ask)


def test_a_name_for_our_refund_that_a_total_has_settled_is_no_second_refund():
    known = paid_checkout(our_refund(5000, SUCCEEDED))
    assert isinstance(decide(known, refunded(5000, "ref_1")), Ask)


def test_a_total_that_failed_names_none_of_several_refunds():
    known = paid_checkout(*(our_refund(5000, RefundState.PENDING, id=number) for number in (1, 2)))
    failed = refund_fact(FactKind.REFUND_FAILED, 5000, charge=None, is_total=True)
    assert isinstance(decide(known, failed), Ask)


def test_a_total_that_is_pending_is_known_where_so_much_is_pending():
    """Hypothesis: told again, it must not make a second refund of the same amount pending."""
    known = paid_checkout(our_refund(5000, PENDING), our_refund(5000, RefundState.SENDING))
    told = refund_fact(FactKind.REFUND_PENDING, 5000, None, **TOTAL)
    assert isinstance(decide(known, told), Record)
    more = refund_fact(FactKind.REFUND_PENDING, 10000, None, **TOTAL)
    assert decide(known, more).refund.state is PENDING
