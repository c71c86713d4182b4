"""`decide` as a machine: whatever is told in whatever order, no promise of the rules is broken on the way."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from raseed.core.facts import Ask, Fact, Move, Record, State, Weight
from raseed.core.snapshot import Concern, Policy
from raseed.core.states import REFUND_AT_GATEWAY
from tests.unit.model import OurRefund, Payment, Ruling
from tests.unit.test_decide_properties import AMOUNTS, anything, money_facts, refund_facts, starts


class Told(RuleBasedStateMachine):
    """A gateway that tells everything twice, late, and out of order."""

    said: Bundle[Fact] = Bundle("said")
    payment: Payment
    was_paid = False

    @initialize(start=starts)
    def open(self, start) -> None:
        self.payment = Payment(start)

    @rule(target=said, fact=st.one_of(anything, money_facts, refund_facts))
    def tell(self, fact):
        before = self.payment.snapshot
        decision = self.payment.step(fact)
        if fact.weight is Weight.HINT:
            assert isinstance(decision, Ask | Record)
        if isinstance(decision, Ask | Record):
            assert self.payment.snapshot == before
        if isinstance(decision, Move) and decision.then is Policy.FULFIL and decision.concern is None:
            assert self.payment.snapshot.collected_minor() == before.money.minor
        return fact

    @rule(fact=said)
    def tell_again(self, fact) -> None:
        """What was told before changes no charge, and counts no refund twice."""
        charged = self.payment.charged()
        known = {charge.ref: charge.money for charge in self.payment.snapshot.charges}
        decision = self.payment.step(fact)
        if fact.charge_ref in known and fact.money == known[fact.charge_ref]:
            assert self.payment.charged() == charged
        assert not isinstance(decision, Move) or decision.concern is not Concern.DOUBLE or fact.charge_ref

    @rule(minor=st.sampled_from(AMOUNTS), state=st.sampled_from(sorted(REFUND_AT_GATEWAY)))
    def send_refund(self, minor, state) -> None:
        self.payment.step(OurRefund(minor, state))

    @rule(to=st.sampled_from([State.LAPSED, State.PAID, State.CANCELLED]))
    def rule_by_hand(self, to) -> None:
        self.payment.step(Ruling(to))

    @invariant()
    def nothing_unpays(self) -> None:
        if not hasattr(self, "payment"):
            return
        is_paid = self.payment.snapshot.state is State.PAID
        assert is_paid or not self.was_paid
        self.was_paid = is_paid

    @invariant()
    def no_more_goes_back_than_came(self) -> None:
        if hasattr(self, "payment"):
            charged, back = self.payment.charged(), self.payment.refunded()
            assert all(back[ref] <= charged[ref] for ref in back)


TestTold = Told.TestCase
TestTold.settings = settings(max_examples=150, stateful_step_count=25)
