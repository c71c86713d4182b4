"""What `decide` takes (all it may know of a payment) and what it returns (one of four decisions)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from raseed.core.money import Money
from raseed.core.states import RefundState, State


class Policy(StrEnum):
    """What a purpose wants done with money that did not come as agreed."""

    FULFIL = "fulfil"  # give what was paid for all the same
    HOLD = "hold"  # keep the money in suspense until a person decides
    REFUND = "refund"  # send back what should not have come
    CREDIT = "credit"  # put what should not have come into the payer's wallet


class Concern(StrEnum):
    """In which way money did not come as agreed."""

    LATE = "late"
    OVER = "over"
    UNDER = "under"
    DOUBLE = "double"


#: The same for people: in a payment's history, and to staff.
CONCERN_WORDS = {
    Concern.LATE: "the money came after the checkout had ended",
    Concern.OVER: "more money came than was agreed",
    Concern.UNDER: "less money came than was agreed",
    Concern.DOUBLE: "this was paid for a second time",
}


@dataclass(frozen=True, slots=True)
class Policies:
    """One policy per concern; all hold by default."""

    late: Policy = Policy.HOLD
    over: Policy = Policy.HOLD
    under: Policy = Policy.HOLD
    double: Policy = Policy.HOLD

    def without_refunds(self) -> Policies:
        """The same where no money can be sent back: what should go back waits for a person."""
        return self._held(Policy.REFUND)

    def without_credit(self) -> Policies:
        """The same where the payer has no wallet: what should go there waits for a person."""
        return self._held(Policy.CREDIT)

    def _held(self, cannot: Policy) -> Policies:
        if cannot not in (self.late, self.over, self.under, self.double):
            return self
        words = {field.name: getattr(self, field.name) for field in fields(self)}
        return Policies(**{name: Policy.HOLD if p is cannot else p for name, p in words.items()})

    def for_concern(self, concern: Concern) -> Policy:
        """The policy that answers this concern."""
        return Policy(getattr(self, concern.value))


@dataclass(frozen=True, slots=True)
class Charge:
    """A movement of money we recorded. `counts` is False for money that came under a wrong identity."""

    ref: str
    money: Money
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund we recorded; `id` is our row, None for one that is being recorded now.

    `ref` is None until the gateway has named it. `at_gateway` is False for money that went back by hand
    or into a wallet: the gateway does not count it.
    """

    id: int | None
    ref: str | None
    charge_ref: str
    money: Money
    state: RefundState
    is_void: bool = False
    at_gateway: bool = True


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that `decide` may know of a payment: state, fixed amount, identity, charges and refunds."""

    state: State
    money: Money
    livemode: bool | None = None
    reference: str | None = None
    gateway_refs: frozenset[str] = frozenset()
    charges: tuple[Charge, ...] = ()
    refunds: tuple[Refund, ...] = ()
    policies: Policies = Policies()

    def charge(self, ref: str | None) -> Charge | None:
        """The recorded charge of this reference."""
        return next((charge for charge in self.charges if charge.ref == ref), None)

    def collected_minor(self) -> int:
        """What came in the agreed currency and identity, less what went back."""
        counted = {
            c.ref: c.money.minor for c in self.charges if c.counts and c.money.currency == self.money.currency
        }
        back = (r for r in self.refunds if r.state is RefundState.SUCCEEDED and r.charge_ref in counted)
        return sum(counted.values()) - sum(r.money.minor for r in back)

    def refundable_minor(self, charge: Charge) -> int:
        """What is left of a charge after refunds that went through."""
        gone = (r for r in self.refunds if r.charge_ref == charge.ref and r.state is RefundState.SUCCEEDED)
        return charge.money.minor - sum(r.money.minor for r in gone)


@dataclass(frozen=True, slots=True)
class Move:
    """Something real changed: the state, a charge or a refund. `to` may be the present state.

    `then` says what follows for the goods: None nothing, else the policy to carry out for `concern`
    (FULFIL without a concern is the ordinary case).
    """

    to: State
    reason: str
    charge: Charge | None = None
    refund: Refund | None = None
    concern: Concern | None = None
    then: Policy | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Nothing changes; the fact is kept as evidence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """A person must look. `to` is REVIEW, or PAID for a paid payment: nothing un-pays it."""

    to: State
    reason: str
    charge: Charge | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """The fact proves nothing that can be acted on: ask the gateway soon."""

    reason: str


Decision = Move | Record | Review | Ask


def review(snapshot: Snapshot, reason: str, charge: Charge | None = None) -> Review:
    """A person must look at this payment."""
    to = State.PAID if snapshot.state is State.PAID else State.REVIEW
    return Review(to, reason, charge)
