"""What a proof, or a hint, of payment does (rules 2 to 7 and 10)."""

from dataclasses import replace

import pytest

from raseed.core.facts import (
    Ask,
    Charge,
    Concern,
    FactKind,
    Money,
    Move,
    Policies,
    Policy,
    Record,
    Review,
    State,
    Weight,
    decide,
)
from tests.unit.samples import PRICE, RefundState, checkout, fact, our_refund, paid, paid_checkout, pesos

UNPAID = sorted(set(State) - {State.PAID})
LATE = [State.EXPIRED, State.CANCELLED, State.LAPSED]
MONEY_KINDS = [FactKind.PAID, FactKind.CAPTURED]


# The ordinary case


@pytest.mark.parametrize("kind", MONEY_KINDS)
@pytest.mark.parametrize("state", [State.NEW, State.PENDING, State.AUTHORIZED, State.FAILED, State.REVIEW])
def test_the_exact_amount_pays_and_gives(state, kind):
    decision = decide(checkout(state), replace(paid(), kind=kind))
    assert isinstance(decision, Move)
    assert (decision.to, decision.charge) == (State.PAID, Charge("pay_1", PRICE))
    assert (decision.concern, decision.then) == (None, Policy.FULFIL)


def test_what_the_gateway_does_not_state_is_not_a_difference():
    terse = paid(reference=None, gateway_ref=None, livemode=None)
    assert decide(checkout(), terse).to is State.PAID


def test_what_we_do_not_know_is_not_a_difference():
    """The answer to opening was lost: the gateway's names for the checkout are unknown here."""
    vague = checkout(State.NEW, livemode=None, reference=None, gateway_refs=frozenset())
    assert decide(vague, paid()).then is Policy.FULFIL


def test_the_same_charge_again_is_only_kept():
    assert isinstance(decide(paid_checkout(), paid()), Record)


@pytest.mark.parametrize("state", UNPAID)
@pytest.mark.parametrize("kind", MONEY_KINDS)
def test_a_hint_of_payment_only_asks(state, kind):
    assert isinstance(decide(checkout(state), replace(paid(), kind=kind, weight=Weight.HINT)), Ask)


def test_a_hint_that_does_not_fit_says_so_and_only_makes_us_ask() -> None:
    hint = replace(paid(), weight=Weight.HINT)
    fitting = decide(checkout(), hint)
    assert isinstance(fitting, Ask)
    assert "not fit" not in fitting.reason
    less = Money(hint.money.minor - 1, hint.money.currency) if hint.money else None
    for changes, words in (({"money": less}, "the amount is"), ({"reference": "another"}, "another payment")):
        odd = decide(checkout(), replace(hint, **changes))
        assert isinstance(odd, Ask)
        assert words in odd.reason


@pytest.mark.parametrize(
    "vague", [{"charge_ref": None}, {"money": None}, {"money": pesos(0)}, {"money": pesos(-20000)}]
)
def test_paid_without_saying_which_charge_or_how_much_asks(vague):
    assert isinstance(decide(checkout(), paid(**vague)), Ask)


# Late, over, under, double: the purpose's policy


@pytest.mark.parametrize("state", LATE)
@pytest.mark.parametrize("policy", list(Policy))
def test_money_after_the_end_is_paid_and_the_policy_decides_what_follows(state, policy):
    decision = decide(checkout(state, policies=Policies(late=policy)), paid())
    assert decision.to is State.PAID
    assert decision.charge == Charge("pay_1", PRICE)
    assert (decision.concern, decision.then) == (Concern.LATE, policy)


@pytest.mark.parametrize(
    ("policy", "to"),
    [(Policy.HOLD, State.REVIEW), (Policy.FULFIL, State.PAID), (Policy.REFUND, State.PAID)],
)
def test_too_much(policy, to):
    decision = decide(checkout(policies=Policies(over=policy)), paid(20001))
    assert (decision.to, decision.concern, decision.then) == (to, Concern.OVER, policy)
    assert decision.charge == Charge("pay_1", pesos(20001))


@pytest.mark.parametrize(
    ("policy", "to"),
    [(Policy.HOLD, State.REVIEW), (Policy.FULFIL, State.PAID), (Policy.REFUND, State.REVIEW)],
)
def test_too_little(policy, to):
    decision = decide(checkout(policies=Policies(under=policy)), paid(1))
    assert (decision.to, decision.concern, decision.then) == (to, Concern.UNDER, policy)
    assert decision.charge == Charge("pay_1", pesos(1))


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("minor", [1, 20000, 90000])
def test_a_second_charge_on_a_paid_payment_is_a_double_payment(policy, minor):
    decision = decide(paid_checkout(policies=Policies(double=policy)), paid(minor, "pay_2"))
    assert (decision.to, decision.concern, decision.then) == (State.PAID, Concern.DOUBLE, policy)
    assert decision.charge == Charge("pay_2", pesos(minor))


def test_a_second_charge_after_a_full_refund_is_a_double_payment_too():
    back = our_refund(20000, RefundState.SUCCEEDED, "ref_1")
    assert decide(paid_checkout(back), paid(ref="pay_2")).concern is Concern.DOUBLE


@pytest.mark.parametrize(
    ("kind", "policy"),
    [("late", Policy.HOLD), ("over", Policy.HOLD), ("under", Policy.HOLD), ("double", Policy.HOLD)],
)
def test_every_policy_holds_by_default(kind, policy):
    assert Policies().for_concern(Concern(kind)) is policy


def test_wrong_amounts_beat_lateness():
    assert decide(checkout(State.EXPIRED), paid(1)).concern is Concern.UNDER


# A sum of several charges, and charges that are restated


def test_two_parts_that_make_the_price_pay_it():
    half = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(5000)),))
    decision = decide(half, paid(15000, "pay_2"))
    assert (decision.to, decision.concern, decision.then) == (State.PAID, None, Policy.FULFIL)


def test_two_parts_that_make_too_much_wait_for_a_person():
    half = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(5000)),))
    assert decide(half, paid(15001, "pay_2")).concern is Concern.OVER


def test_money_that_went_back_is_not_collected():
    """100 came, 100 went back, 200 came: the price is there once, but after the payment was cancelled."""
    back = our_refund(10000, RefundState.SUCCEEDED, "ref_1")
    was_short = checkout(State.CANCELLED, charges=(Charge("pay_1", pesos(10000)),), refunds=(back,))
    assert decide(was_short, paid(ref="pay_2")).concern is Concern.LATE


def test_money_under_a_wrong_identity_is_not_collected():
    foreign = checkout(State.REVIEW, charges=(Charge("pay_0", pesos(20000), counts=False),))
    decision = decide(foreign, paid())
    assert (decision.to, decision.then) == (State.PAID, Policy.FULFIL)


def test_money_of_a_wrong_identity_that_went_back_is_not_taken_off_the_rest():
    back = our_refund(5000, RefundState.SUCCEEDED, "ref_1", charge_ref="pay_0")
    foreign = checkout(State.REVIEW, charges=(Charge("pay_0", pesos(20000), counts=False),), refunds=(back,))
    assert decide(foreign, paid()).then is Policy.FULFIL


def test_money_that_is_still_on_its_way_back_is_collected():
    going = our_refund(5000, RefundState.PENDING, "ref_1")
    half = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(5000)),), refunds=(going,))
    assert decide(half, paid(15000, "pay_2")).then is Policy.FULFIL


def test_a_growing_total_pays_when_it_is_complete():
    half = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(10000)),))
    decision = decide(half, paid(20000, is_total=True))
    assert (decision.to, decision.charge, decision.then) == (
        State.PAID,
        Charge("pay_1", PRICE),
        Policy.FULFIL,
    )


def test_a_growing_total_of_a_paid_payment_is_too_much_not_a_second_payment():
    decision = decide(paid_checkout(), paid(25000, is_total=True))
    assert (decision.to, decision.concern) == (State.PAID, Concern.OVER)
    assert decision.charge == Charge("pay_1", pesos(25000))


def test_an_older_total_is_only_kept():
    assert isinstance(decide(paid_checkout(), paid(10000, is_total=True)), Record)


def test_a_review_ends_by_an_exact_proof():
    """A delivery stated one centavo; the gateway, asked, states the price."""
    short = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(1)),))
    decision = decide(short, paid())
    assert (decision.to, decision.charge, decision.then) == (
        State.PAID,
        Charge("pay_1", PRICE),
        Policy.FULFIL,
    )


def test_an_exact_proof_after_a_person_rejected_a_wrong_amount_is_late_money():
    rejected = checkout(State.CANCELLED, charges=(Charge("pay_1", pesos(1)),))
    decision = decide(rejected, paid())
    assert (decision.to, decision.concern, decision.then) == (State.PAID, Concern.LATE, Policy.HOLD)
    assert decision.charge == Charge("pay_1", PRICE)


def test_a_charge_restated_with_another_wrong_amount_stays_with_a_person():
    short = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(1)),))
    decision = decide(short, paid(2))
    assert isinstance(decision, Review)
    assert (decision.to, decision.charge) == (State.REVIEW, None)


def test_one_of_two_charges_may_be_the_one_that_is_put_right():
    """100 went back of the first charge, so the second is the price: exact, once the first is 100."""
    back = our_refund(10000, RefundState.SUCCEEDED, "ref_1")
    charges = (Charge("pay_1", pesos(15000)), Charge("pay_2", PRICE))
    decision = decide(checkout(State.REVIEW, charges=charges, refunds=(back,)), paid(10000))
    assert (decision.to, decision.charge) == (State.PAID, Charge("pay_1", pesos(10000)))


def test_a_charge_restated_below_what_went_back_of_it_is_no_exact_proof():
    """100 came and went back, 250 came: the first charge as 50 makes the sum exact, and no sense."""
    back = our_refund(10000, RefundState.SUCCEEDED, "ref_1")
    charges = (Charge("pay_1", pesos(10000)), Charge("pay_2", pesos(25000)))
    decision = decide(checkout(State.REVIEW, charges=charges, refunds=(back,)), paid(5000))
    assert isinstance(decision, Review)
    assert (decision.to, decision.charge) == (State.REVIEW, None)


@pytest.mark.parametrize("minor", [1, 90000])
def test_a_charge_of_a_paid_payment_that_is_restated_goes_to_a_person_and_stays_paid(minor):
    decision = decide(paid_checkout(), paid(minor))
    assert isinstance(decision, Review)
    assert (decision.to, decision.charge) == (State.PAID, None)


# Identity: reference, checkout, mode, currency (rule 4)

WRONG = {
    "reference": {"reference": "shop-2"},
    "checkout": {"gateway_ref": "cs_2"},
    "currency": {"money": Money(20000, "USD")},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("state", UNPAID)
def test_money_under_a_wrong_identity_waits_for_a_person_and_is_not_lost(state, wrong):
    stated = paid(**wrong)
    decision = decide(checkout(state), stated)
    assert isinstance(decision, Review)
    assert decision.to is State.REVIEW
    assert decision.charge == Charge("pay_1", stated.money, counts=False)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_the_policies_have_no_say_over_a_wrong_identity(wrong):
    generous = Policies(Policy.FULFIL, Policy.FULFIL, Policy.FULFIL, Policy.FULFIL)
    assert isinstance(decide(checkout(policies=generous), paid(**wrong)), Review)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_paid_payment_stays_paid_when_wrong_money_comes_too(wrong):
    stated = paid(ref="pay_2", **wrong)
    decision = decide(paid_checkout(), stated)
    assert isinstance(decision, Review)
    assert (decision.to, decision.charge) == (State.PAID, Charge("pay_2", stated.money, counts=False))


def test_each_other_name_of_the_checkout_is_the_right_one():
    both = checkout(gateway_refs=frozenset({"cs_1", "pi_1"}))
    assert decide(both, paid(gateway_ref="pi_1")).then is Policy.FULFIL


def test_test_money_on_a_live_payment_is_no_money():
    decision = decide(checkout(livemode=True), paid(livemode=False))
    assert isinstance(decision, Review)
    assert (decision.to, decision.charge) == (State.REVIEW, None)


def test_live_money_on_a_test_payment_is_money_and_kept_apart():
    decision = decide(checkout(livemode=False), paid(livemode=True))
    assert isinstance(decision, Review)
    assert decision.charge == Charge("pay_1", PRICE, counts=False)


@pytest.mark.parametrize(
    "known",
    [
        checkout(State.REVIEW, charges=(Charge("pay_1", Money(20000, "USD"), counts=False),)),
        paid_checkout(),
    ],
    ids=["kept apart", "paid"],
)
def test_a_known_charge_named_again_under_a_wrong_identity_is_only_kept(known):
    stated = paid(money=known.charges[0].money, reference="shop-2")
    assert isinstance(decide(known, stated), Record)


def test_a_charge_kept_apart_that_is_restated_goes_to_a_person():
    foreign = checkout(State.REVIEW, charges=(Charge("pay_1", Money(20000, "USD"), counts=False),))
    assert isinstance(decide(foreign, paid(money=Money(30000, "USD"))), Review)
    assert isinstance(decide(foreign, paid()), Review)


def test_a_charge_kept_apart_does_not_begin_to_count_by_growing():
    foreign = checkout(State.REVIEW, charges=(Charge("pay_1", pesos(15000), counts=False),))
    decision = decide(foreign, paid(is_total=True))
    assert isinstance(decision, Review)
    assert decision.charge is None


def test_a_paid_charge_that_is_restated_in_another_currency_goes_to_a_person():
    decision = decide(paid_checkout(), paid(money=Money(20000, "USD")))
    assert isinstance(decision, Review)
    assert (decision.to, decision.charge) == (State.PAID, None)


# Authorization, opening, the step in between


@pytest.mark.parametrize("state", [State.NEW, State.PENDING, State.LAPSED])
def test_authorized_money_is_held_and_nothing_is_given(state):
    decision = decide(checkout(state), fact(FactKind.AUTHORIZED, money=PRICE))
    assert decision == Move(State.AUTHORIZED, decision.reason)


@pytest.mark.parametrize("state", [State.AUTHORIZED, State.PAID, State.REVIEW])
def test_a_late_authorization_is_only_kept(state):
    assert isinstance(decide(checkout(state), fact(FactKind.AUTHORIZED)), Record)


@pytest.mark.parametrize("state", [State.FAILED, State.EXPIRED, State.CANCELLED])
def test_an_authorization_after_the_end_asks(state):
    assert isinstance(decide(checkout(state), fact(FactKind.AUTHORIZED)), Ask)


def test_a_hint_of_authorization_only_asks():
    assert isinstance(decide(checkout(), fact(FactKind.AUTHORIZED, weight=Weight.HINT)), Ask)


@pytest.mark.parametrize("wrong", [*WRONG.values(), {"livemode": True}], ids=[*WRONG, "mode"])
def test_an_authorization_under_a_wrong_identity_goes_to_a_person(wrong):
    decision = decide(checkout(), fact(FactKind.AUTHORIZED, **wrong))
    assert isinstance(decision, Review)
    assert (decision.to, decision.charge) == (State.REVIEW, None)


@pytest.mark.parametrize("kind", [FactKind.OPENED, FactKind.PENDING])
class TestWaiting:
    def test_a_proof_opens_a_new_payment(self, kind):
        assert decide(checkout(State.NEW), fact(kind)).to is State.PENDING

    def test_a_hint_opens_nothing(self, kind):
        assert isinstance(decide(checkout(State.NEW), fact(kind, weight=Weight.HINT)), Record)

    @pytest.mark.parametrize("state", sorted(set(State) - {State.NEW}))
    def test_any_later_state_stays(self, kind, state):
        assert isinstance(decide(checkout(state), fact(kind)), Record)

    @pytest.mark.parametrize("wrong", [{"reference": "shop-2"}, {"gateway_ref": "cs_2"}, {"livemode": True}])
    def test_another_checkout_opens_nothing_here(self, kind, wrong):
        assert isinstance(decide(checkout(State.NEW), fact(kind, **wrong)), Record)


@pytest.mark.parametrize("weight", list(Weight))
@pytest.mark.parametrize("state", UNPAID)
def test_an_agreed_payment_asks_for_the_step_that_takes_the_money(state, weight):
    assert isinstance(decide(checkout(state), fact(FactKind.CHARGEABLE, weight=weight)), Ask)


def test_an_agreed_payment_that_is_paid_needs_no_step():
    assert isinstance(decide(paid_checkout(), fact(FactKind.CHARGEABLE)), Record)


def test_where_nothing_can_be_sent_back_refund_policies_wait_for_a_person():
    given = Policies(late=Policy.FULFIL, over=Policy.REFUND, under=Policy.HOLD, double=Policy.REFUND)
    assert given.without_refunds() == Policies(late=Policy.FULFIL)
    assert given.without_refunds().without_refunds() == Policies(late=Policy.FULFIL)


def test_without_a_wallet_what_should_go_there_waits_for_a_person():
    given = Policies(late=Policy.FULFIL, over=Policy.CREDIT, double=Policy.REFUND)
    assert given.without_credit() == Policies(late=Policy.FULFIL, double=Policy.REFUND)
