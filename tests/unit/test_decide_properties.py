"""What holds for every sequence of facts, whoever brings them and in whatever order."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from raseed.core.facts import (
    Ask,
    Fact,
    FactKind,
    Money,
    Move,
    Policies,
    Policy,
    Record,
    RefundState,
    Review,
    Snapshot,
    State,
    Weight,
)
from raseed.core.states import REFUND_AT_GATEWAY
from tests.unit.model import OurRefund, Payment, Ruling
from tests.unit.samples import PRICE, checkout, fact, paid, paid_checkout, pesos

AMOUNTS = (1, 5000, 10000, 15000, 20000, 25000)

policies = st.builds(Policies, *[st.sampled_from(Policy)] * 4)

amounts = st.one_of(
    st.none(),
    st.sampled_from([pesos(minor) for minor in (-5000, 0, *AMOUNTS)]),
    st.sampled_from([Money(5000, "USD"), Money(20000, "USD")]),
)

#: Mostly the right identity, so that stories get somewhere.
anything = st.builds(
    Fact,
    kind=st.sampled_from(FactKind),
    weight=st.sampled_from([Weight.PROOF, Weight.PROOF, Weight.PROOF, Weight.HINT]),
    reference=st.sampled_from([None, "shop-1", "shop-1", "shop-2"]),
    gateway_ref=st.sampled_from([None, "cs_1", "cs_1", "cs_2"]),
    charge_ref=st.sampled_from([None, "pay_1", "pay_1", "pay_2", "pay_3"]),
    refund_ref=st.sampled_from([None, "ref_1", "ref_2"]),
    money=amounts,
    is_total=st.booleans(),
    livemode=st.sampled_from([None, False, False, True]),
)

money_facts = st.builds(
    paid, st.sampled_from(AMOUNTS), st.sampled_from(["pay_1", "pay_2"]), is_total=st.booleans()
)

refund_facts = st.builds(
    fact,
    st.sampled_from(
        [
            FactKind.REFUNDED,
            FactKind.REFUNDED,
            FactKind.REFUND_PENDING,
            FactKind.REFUND_FAILED,
            FactKind.VOIDED,
        ]
    ),
    charge_ref=st.sampled_from([None, "pay_1", "pay_1", "pay_2"]),
    refund_ref=st.sampled_from([None, "ref_1", "ref_2", "ref_3"]),
    money=st.sampled_from([None, *(pesos(minor) for minor in AMOUNTS)]),
    is_total=st.booleans(),
)

facts = st.one_of(anything, money_facts, refund_facts)

our_doings = st.one_of(
    st.builds(OurRefund, st.sampled_from(AMOUNTS), st.sampled_from(sorted(REFUND_AT_GATEWAY))),
    st.builds(Ruling, st.sampled_from([State.LAPSED, State.PAID, State.CANCELLED])),
)

starts = st.one_of(
    st.builds(
        checkout,
        st.sampled_from([State.NEW, State.PENDING]),
        policies=policies,
        livemode=st.sampled_from([None, False, True]),
        gateway_refs=st.sampled_from([frozenset(), frozenset({"cs_1"})]),
    ),
    st.builds(paid_checkout, policies=policies),
)

stories = st.lists(st.one_of(facts, facts, facts, our_doings), max_size=12)


def after(start: Snapshot, story: list) -> Payment:
    payment = Payment(start)
    for step in story:
        payment.step(step)
    return payment


# 1, 6: states


@settings(max_examples=400)
@given(starts, stories)
def test_no_sequence_leaves_the_allowed_moves(start, story):
    """`Payment` asserts each move against the table; the rest is what a state promises."""
    payment = after(start, story)
    if payment.snapshot.state not in {State.PAID, State.REVIEW, State.CANCELLED}:
        assert not payment.charged(), "money came, and the state does not say so"


@settings(max_examples=300)
@given(st.builds(paid_checkout, policies=policies), stories)
def test_nothing_unpays_a_payment(start, story):
    payment = Payment(start)
    for step in story:
        payment.step(step)
        assert payment.snapshot.state is State.PAID


# 3: hints


@settings(max_examples=400)
@given(starts, stories, anything)
def test_a_hint_changes_nothing(start, story, stated):
    payment = after(start, story)
    before = payment.snapshot
    hint = Fact(**{name: getattr(stated, name) for name in stated.__slots__} | {"weight": Weight.HINT})
    assert isinstance(payment.step(hint), Ask | Record)
    assert payment.snapshot == before


# 4: duplicates


@settings(max_examples=800)
@given(starts, stories, facts)
def test_the_same_fact_again_brings_no_new_money_and_no_move(start, story, stated):
    payment = after(start, story)
    payment.step(stated)
    before = payment.snapshot
    again = payment.step(stated)
    assert isinstance(again, Record | Ask | Review)
    assert not (isinstance(again, Review) and again.charge)
    assert payment.snapshot == before


# 5: refunds within their charge


@settings(max_examples=800)
@given(starts, stories)
def test_refunds_never_exceed_the_charge_they_belong_to(start, story):
    payment = after(start, story)
    charged = payment.charged()
    for ref, minor in payment.refunded().items():
        assert 0 <= minor <= charged[ref]


@settings(max_examples=400)
@given(starts, stories)
def test_only_real_amounts_are_recorded(start, story):
    snapshot = after(start, story).snapshot
    assert all(charge.money.minor > 0 for charge in snapshot.charges)
    assert all(refund.money.minor > 0 for refund in snapshot.refunds)


# 7: giving


@settings(max_examples=800)
@given(starts, stories)
def test_what_was_paid_for_is_given_only_for_the_exact_amount_under_the_right_identity(start, story):
    payment = Payment(start)
    for step in story:
        decision = payment.step(step)
        if isinstance(decision, Move) and decision.then is Policy.FULFIL and decision.concern is None:
            assert decision.to is State.PAID
            assert step.weight is Weight.PROOF
            assert step.money.currency == PRICE.currency
            assert step.reference in {None, "shop-1"}
            assert step.gateway_ref in {None, *start.gateway_refs} or not start.gateway_refs
            assert None in {step.livemode, start.livemode} or step.livemode == start.livemode
            assert collected(payment) == PRICE.minor


def collected(payment: Payment) -> int:
    """Counted once more, from the rows: what came under the right identity, less what went back of it."""
    counted = {charge.ref for charge in payment.snapshot.charges if charge.counts}
    charged, refunded = payment.charged(), payment.refunded()
    return sum(charged[ref] - refunded[ref] for ref in counted)


@settings(max_examples=400)
@given(starts, stories)
def test_money_that_counts_came_in_the_agreed_currency(start, story):
    assert all(c.money.currency == PRICE.currency for c in after(start, story).snapshot.charges if c.counts)


# 2: the order of facts


@dataclass(frozen=True)
class Truth:
    """What really happened at the gateway, and all that it says about it."""

    charged: dict[str, int]
    refunded: dict[str, int]
    facts: list[Fact]


@st.composite
def truths(draw) -> Truth:
    charged, refunded, said = {}, {}, []
    for number in range(draw(st.integers(1, 3))):
        ref = f"pay_{number}"
        identity = draw(st.sampled_from([{}, {}, {"reference": "shop-2"}, {"gateway_ref": "cs_2"}]))
        minor = draw(st.sampled_from([10000, 20000, 30000]))
        said += draw(charge_facts(ref, minor, identity))
        parts = draw(st.lists(st.sampled_from([2000, 3000, 5000]), max_size=2))
        said += draw(words_for_refunds(ref, parts, identity))
        charged[ref], refunded[ref] = minor, sum(parts)
    return Truth(charged, refunded, said)


@st.composite
def charge_facts(draw, ref: str, minor: int, identity: dict) -> list[Fact]:
    """Stated at once, or (under the right identity) as a total that grows, never below what went back."""
    whole = paid(minor, ref, is_total=True, **identity)
    if identity or minor == 10000 or draw(st.booleans()):
        return [whole, *[whole] * draw(st.integers(0, 1))]
    return [whole, paid(minor - 500, ref, is_total=True), paid(10000, ref, is_total=True)]


@st.composite
def words_for_refunds(draw, charge_ref: str, parts: list[int], identity: dict) -> list[Fact]:
    """By name (under way, done, done again), by totals that end complete, or both."""
    about = {"charge_ref": charge_ref} | identity
    ways = draw(st.sampled_from([("names",), ("totals",), ("names", "totals")]))
    said = []
    for number, minor in enumerate(parts):
        named = about | {"refund_ref": f"ref_{charge_ref}_{number}", "money": pesos(minor)}
        if "names" in ways:
            said += [fact(FactKind.REFUND_PENDING, **named)] * draw(st.integers(0, 1))
            said += [fact(FactKind.REFUNDED, **named)] * draw(st.integers(1, 2))
        if "totals" in ways:
            total = pesos(sum(parts[: number + 1]))
            said += [fact(FactKind.REFUNDED, is_total=True, money=total, **about)]
    return said


@settings(max_examples=800)
@given(st.data(), truths(), policies)
def test_no_order_of_the_facts_loses_or_invents_money(data, truth, chosen):
    payment = Payment(checkout(State.NEW, policies=chosen))
    asked = data.draw(st.permutations(truth.facts), label="order")
    for _ in range(len(truth.facts)):  # what was asked about is told again, as a later query would
        asked = [told for told in asked if isinstance(payment.step(told), Ask)]
    assert payment.charged() == truth.charged
    assert payment.refunded() == truth.refunded


@settings(max_examples=300)
@given(st.data(), st.lists(st.sampled_from(AMOUNTS), min_size=1, max_size=4))
def test_the_order_of_charges_decides_no_total_and_no_charge_is_missed(data, minors):
    told = [paid(minor, f"pay_{number}") for number, minor in enumerate(minors)]
    payment = Payment(checkout())
    for stated in data.draw(st.permutations(told), label="order"):
        payment.step(stated)
    assert payment.charged() == {f"pay_{number}": minor for number, minor in enumerate(minors)}
    assert not payment.refunded() or set(payment.refunded().values()) == {0}


@settings(max_examples=200)
@given(st.permutations([paid(), fact(FactKind.FAILED), fact(FactKind.PENDING), fact(FactKind.AUTHORIZED)]))
def test_in_whatever_order_the_exact_proof_ends_paid(order):
    payment = after(checkout(State.NEW), order)
    assert payment.snapshot.state is State.PAID
    assert payment.charged() == {"pay_1": PRICE.minor}


@given(st.sampled_from(sorted(REFUND_AT_GATEWAY)), st.permutations(["name", "total", "pending", "name"]))
def test_our_own_refund_counts_once_in_whatever_words_it_is_told(state, order):
    payment = Payment(paid_checkout())
    payment.step(OurRefund(5000, state))
    about = {"charge_ref": "pay_1", "money": pesos(5000)}
    words = {
        "pending": fact(FactKind.REFUND_PENDING, refund_ref="ref_1", **about),
        "name": fact(FactKind.REFUNDED, refund_ref="ref_1", **about),
        "total": fact(FactKind.REFUNDED, is_total=True, **about),
    }
    for word in order:
        payment.step(words[word])
    assert [refund.state for refund in payment.snapshot.refunds] == [RefundState.SUCCEEDED]
    assert payment.refunded() == {"pay_1": 5000}
