"""A small payment in memory: applies decisions as the one door does, and refuses what must never happen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from raseed.core.facts import (
    Decision,
    Fact,
    Move,
    Refund,
    RefundState,
    Review,
    Snapshot,
    State,
    decide,
)
from raseed.core.states import MOVES, OPEN, REFUND_HOLDS_MONEY
from tests.unit.samples import pesos


@dataclass(frozen=True)
class OurRefund:
    """We accept a refund of the first charge and send it; the gateway has not answered yet."""

    minor: int
    state: RefundState


@dataclass(frozen=True)
class Ruling:
    """Our deadline passes, or a person decides: the payment moves if it may."""

    to: State


Step = Fact | OurRefund | Ruling


class Payment:
    """One payment. `step` lets something happen and returns what was decided (None for our own doing)."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def step(self, step: Step) -> Decision | None:
        if isinstance(step, Fact):
            decision = decide(self.snapshot, step)
            self._apply(decision)
            return decision
        if isinstance(step, OurRefund):
            self._send_refund(step)
        elif self._may_rule(step.to):
            self._move_to(step.to)
        return None

    def charged(self) -> dict[str, int]:
        """Minor units by charge, of all money that came, under whatever identity."""
        return {charge.ref: charge.money.minor for charge in self.snapshot.charges}

    def refunded(self) -> dict[str, int]:
        """Minor units that went back, by charge."""
        back = dict.fromkeys(self.charged(), 0)
        for refund in self.snapshot.refunds:
            if refund.state is RefundState.SUCCEEDED:
                back[refund.charge_ref] += refund.money.minor
        return back

    def _apply(self, decision: Decision) -> None:
        if isinstance(decision, Move | Review):
            if decision.charge is not None:
                others = [c for c in self.snapshot.charges if c.ref != decision.charge.ref]
                self.snapshot = replace(self.snapshot, charges=(*others, decision.charge))
            self._move_to(decision.to)
        if isinstance(decision, Move) and decision.refund is not None:
            self._store(decision.refund)

    def _move_to(self, state: State) -> None:
        before = self.snapshot.state
        assert state is before or state in MOVES[before], f"{before} moved to {state}"
        self.snapshot = replace(self.snapshot, state=state)

    def _store(self, refund: Refund) -> None:
        others = [r for r in self.snapshot.refunds if r.id != refund.id]
        names = {r.ref for r in others}
        assert refund.ref is None or refund.ref not in names, f"two refunds are named {refund.ref}"
        stored = refund if refund.id is not None else replace(refund, id=len(others) + 1)
        self.snapshot = replace(self.snapshot, refunds=(*others, stored))

    def _send_refund(self, step: OurRefund) -> None:
        if not self.snapshot.charges:
            return
        charge = self.snapshot.charges[0]
        held = [
            r for r in self.snapshot.refunds if r.charge_ref == charge.ref and r.state in REFUND_HOLDS_MONEY
        ]
        if charge.money.currency == "PHP" and step.minor <= charge.money.minor - sum(
            r.money.minor for r in held
        ):
            self._store(Refund(None, None, charge.ref, pesos(step.minor), step.state))

    def _may_rule(self, to: State) -> bool:
        before = self.snapshot.state
        return (to is State.LAPSED and before in OPEN) or (to is not State.LAPSED and before is State.REVIEW)
