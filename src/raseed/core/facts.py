"""Facts: what gateways say about payments; and `decide`, the one table that says what a fact does.

Adapters translate a gateway's words into facts and nothing more. `decide` is pure: it takes what we
know of a payment and one fact, and returns one of four decisions. It never asks, stores or guesses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from raseed.core.money import Money
from raseed.core.snapshot import (
    Ask,
    Charge,
    Concern,
    Decision,
    Move,
    Policy,
    Record,
    Refund,
    Review,
    Snapshot,
)
from raseed.core.states import CLOSED, MOVES, OPEN, REFUND_AT_GATEWAY, RefundState, State


class Channel(StrEnum):
    """How a fact reached us."""

    WEBHOOK = "webhook"  # the gateway called us, or its call made us ask
    RETURN = "return"  # the customer's browser came back and made us ask
    POLL = "poll"  # we asked by ourselves, or it is the answer to a call of ours
    MANUAL = "manual"  # a person asked or decided


class Weight(StrEnum):
    """How much a fact weighs."""

    PROOF = "proof"  # signed over its content, or the answer to our own authenticated query
    HINT = "hint"  # never moves money: it only makes us ask


class FactKind(StrEnum):
    """What a gateway can say about a payment, in our words."""

    OPENED = "opened"
    PENDING = "pending"
    CHARGEABLE = "chargeable"  # the customer agreed; one more call of ours takes the money
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    PAID = "paid"
    VOIDED = "voided"
    ATTEMPT_FAILED = "attempt_failed"  # this attempt ended; the checkout can still be paid
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    DISPUTED = "disputed"
    DISPUTE_CLOSED = "dispute_closed"
    CARD_SAVED = "card_saved"
    UNKNOWN = "unknown"  # a word we do not know; it never fails a payment


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement by a gateway about a payment.

    `reference` is our own id as the gateway carries it; `gateway_ref` their checkout, order or intent;
    `charge_ref` the one movement of money; `refund_ref` the one refund. `money`, `fee` and `livemode`
    are None where the gateway does not state them. `is_total` marks a running total instead of a part.
    `occurred_at` is shown to people and never orders anything. `raw` holds no reusable secret.
    """

    kind: FactKind
    weight: Weight
    reference: str | None = None
    gateway_ref: str | None = None
    charge_ref: str | None = None
    refund_ref: str | None = None
    money: Money | None = None
    is_total: bool = False
    fee: Money | None = None
    occurred_at: datetime | None = None
    livemode: bool | None = None
    detail: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)


def decide(snapshot: Snapshot, fact: Fact) -> Decision:
    """What one fact does to a payment. Pure; every pair of snapshot and fact has an answer."""
    match fact.kind:
        case FactKind.PAID | FactKind.CAPTURED:
            return _decide_money(snapshot, fact)
        case FactKind.REFUNDED | FactKind.REFUND_PENDING | FactKind.REFUND_FAILED:
            return _decide_refund(snapshot, fact)
        case FactKind.VOIDED if any(charge.counts for charge in snapshot.charges):
            return _decide_void(snapshot, fact)
        case FactKind.FAILED | FactKind.EXPIRED | FactKind.CANCELLED | FactKind.VOIDED:
            return _decide_end(snapshot, fact)
        case FactKind.AUTHORIZED:
            return _decide_authorized(snapshot, fact)
        case FactKind.OPENED | FactKind.PENDING:
            if snapshot.state is State.NEW and fact.weight is Weight.PROOF:
                return Move(State.PENDING, "the gateway has the checkout")
            return Record("still waiting for the customer")
        case FactKind.CHARGEABLE if snapshot.state is not State.PAID:
            return Ask("the customer agreed; the money must still be taken")
        case FactKind.DISPUTED if snapshot.charges:
            return _review(snapshot, "the customer disputes the payment")
        case FactKind.UNKNOWN if snapshot.state is not State.PAID:
            return Ask("the gateway used a word that is not known")
    return Record("kept as evidence")


def _decide_money(snapshot: Snapshot, fact: Fact) -> Decision:
    if fact.weight is Weight.HINT:
        return Ask("a hint of payment; the gateway must confirm it")
    if fact.charge_ref is None or fact.money is None:
        return Ask("paid, but it is not stated which charge or how much")
    known = snapshot.charge(fact.charge_ref)
    charge = Charge(fact.charge_ref, fact.money)
    difference = _difference(snapshot, fact)
    if difference:
        return _suspect(snapshot, charge, known, difference)
    if known is not None:
        if known.money == charge.money:
            return Record("this charge is known")
        if not known.counts or known.money.currency != charge.money.currency:
            return _review(snapshot, f"charge {charge.ref} is now stated as {charge.money}")
        if fact.is_total and charge.money < known.money:
            return Record("an older running total")
        if not fact.is_total and not _corrects(snapshot, charge):
            return _review(snapshot, f"charge {charge.ref} was {known.money} and is now {charge.money}")
    return _weigh(snapshot, charge, grown=known is not None)


def _weigh(snapshot: Snapshot, charge: Charge, *, grown: bool) -> Move:
    """Money came under the right identity: how does it compare with what was agreed?"""
    others = tuple(c for c in snapshot.charges if c.ref != charge.ref)
    collected = replace(snapshot, charges=(*others, charge)).collected_minor()
    if snapshot.state is State.PAID and not grown:
        return _concerned(snapshot, charge, Concern.DOUBLE)
    if collected > snapshot.money.minor:
        return _concerned(snapshot, charge, Concern.OVER)
    if collected < snapshot.money.minor:
        return _concerned(snapshot, charge, Concern.UNDER)
    if snapshot.state in {State.EXPIRED, State.CANCELLED, State.LAPSED}:
        return _concerned(snapshot, charge, Concern.LATE)
    return Move(State.PAID, "paid in full", charge=charge, then=Policy.FULFIL)


def _concerned(snapshot: Snapshot, charge: Charge, concern: Concern) -> Move:
    """The purpose's policy decides. Wrong amounts that are held, or sent back whole, wait in review."""
    policy = snapshot.policies.for_concern(concern)
    waits = (concern is Concern.UNDER and policy is not Policy.FULFIL) or (
        concern is Concern.OVER and policy is Policy.HOLD
    )
    to = State.REVIEW if waits and snapshot.state is not State.PAID else State.PAID
    return Move(to, _CONCERN_REASON[concern], charge=charge, concern=concern, then=policy)


_CONCERN_REASON = {
    Concern.LATE: "the money came after the checkout had ended",
    Concern.OVER: "more money came than was agreed",
    Concern.UNDER: "less money came than was agreed",
    Concern.DOUBLE: "it was paid for a second time",
}


def _corrects(snapshot: Snapshot, charge: Charge) -> bool:
    """A review ends when the gateway restates the charge so that the sum is exact."""
    others = tuple(c for c in snapshot.charges if c.ref != charge.ref)
    corrected = replace(snapshot, charges=(*others, charge))
    return snapshot.state is State.REVIEW and corrected.collected_minor() == snapshot.money.minor


def _suspect(snapshot: Snapshot, charge: Charge, known: Charge | None, difference: str) -> Decision:
    """Money under a wrong identity is kept apart, and a person looks; test money is no money."""
    if known is not None:
        return Record(f"this charge is known; {difference}")
    if difference == _WRONG_MODE:
        return _review(snapshot, difference)
    return _review(snapshot, difference, replace(charge, counts=False))


_WRONG_MODE = "test and live mode are mixed"


def _difference(snapshot: Snapshot, fact: Fact) -> str:
    """In what the fact differs from the checkout we opened, or an empty text."""
    if None not in (snapshot.livemode, fact.livemode) and snapshot.livemode != fact.livemode:
        return _WRONG_MODE
    if None not in (snapshot.reference, fact.reference) and snapshot.reference != fact.reference:
        return "the reference is that of another payment"
    if snapshot.gateway_refs and fact.gateway_ref and fact.gateway_ref not in snapshot.gateway_refs:
        return "the gateway's checkout is another than the one opened"
    if fact.money and fact.money.currency != snapshot.money.currency:
        return f"the currency is {fact.money.currency} instead of {snapshot.money.currency}"
    return ""


def _decide_authorized(snapshot: Snapshot, fact: Fact) -> Decision:
    if fact.weight is Weight.HINT:
        return Ask("a hint of authorization; the gateway must confirm it")
    difference = _difference(snapshot, fact)
    if difference:
        return _review(snapshot, difference)
    if State.AUTHORIZED in MOVES[snapshot.state]:
        return Move(State.AUTHORIZED, "the money is held for us")
    if snapshot.state in CLOSED:
        return Ask("authorized after it had ended; the gateway must say what is true")
    return Record("authorization is already passed")


_ENDS = {
    FactKind.FAILED: State.FAILED,
    FactKind.EXPIRED: State.EXPIRED,
    FactKind.CANCELLED: State.CANCELLED,
    FactKind.VOIDED: State.CANCELLED,
}


def _decide_end(snapshot: Snapshot, fact: Fact) -> Decision:
    if fact.weight is Weight.HINT:
        return Ask("a hint that it ended; the gateway must confirm it")
    difference = _difference(snapshot, fact)
    if difference:
        return Record(f"about another checkout: {difference}")
    if snapshot.state in OPEN | {State.LAPSED}:
        return Move(_ENDS[fact.kind], "the gateway ended it without money")
    return Record("it had ended or was paid before; this changes nothing")


def _decide_void(snapshot: Snapshot, fact: Fact) -> Decision:
    """A void after money came sends back what is left of the charge."""
    charge = snapshot.charge(fact.charge_ref) or next(c for c in snapshot.charges if c.counts)
    ref = fact.refund_ref or f"void:{charge.ref}"
    if fact.weight is Weight.PROOF and any(r.ref == ref for r in snapshot.refunds):
        return Record("this void is known")
    left = Money(snapshot.refundable_minor(charge), charge.money.currency)
    refunded = replace(fact, kind=FactKind.REFUNDED, charge_ref=charge.ref, refund_ref=ref, money=left)
    return _decide_refund(snapshot, refunded, is_void=True)


_REFUND_STATE = {
    FactKind.REFUND_PENDING: RefundState.PENDING,
    FactKind.REFUNDED: RefundState.SUCCEEDED,
    FactKind.REFUND_FAILED: RefundState.FAILED,
}


def _decide_refund(snapshot: Snapshot, fact: Fact, *, is_void: bool = False) -> Decision:
    if fact.weight is Weight.HINT:
        return Ask("a hint of a refund; the gateway must confirm it")
    state = _REFUND_STATE[fact.kind]
    match = _named_refund(snapshot, fact)
    charge = snapshot.charge(match.charge_ref if match else fact.charge_ref) or _only_charge(snapshot, fact)
    if charge is None or (fact.money is None and match is None):
        return Ask("a refund of money that is not known here yet")
    money = _refund_money(snapshot, fact, charge) or (match.money if match else None)
    if money is None:
        return Record("this running total of refunds is known")
    match = match or _unnamed_refund(snapshot, charge, money)
    if match is not None:
        return _change_refund(snapshot, match, replace(match, ref=fact.refund_ref or match.ref, state=state))
    if state is RefundState.FAILED:
        return Record("a refund made elsewhere failed; no money moved")
    if money.currency != charge.money.currency or money.minor > snapshot.refundable_minor(charge):
        return _review(snapshot, f"a refund of {money} is more than what is left of charge {charge.ref}")
    ref = fact.refund_ref or f"total:{charge.ref}:{fact.money.minor if fact.money else money.minor}"
    new = Refund(None, ref, charge.ref, money, state, is_void)
    return Move(_after_refund(snapshot, new), "money went back at the gateway", refund=new)


def _named_refund(snapshot: Snapshot, fact: Fact) -> Refund | None:
    refs = (r for r in snapshot.refunds if fact.refund_ref is not None and r.ref == fact.refund_ref)
    return next(refs, None)


def _unnamed_refund(snapshot: Snapshot, charge: Charge, money: Money) -> Refund | None:
    """Our own refund that was sent but not yet named by the gateway, of the same amount."""
    return next(
        (
            refund
            for refund in snapshot.refunds
            if refund.ref is None
            and refund.state in REFUND_AT_GATEWAY
            and refund.charge_ref == charge.ref
            and refund.money == money
        ),
        None,
    )


def _only_charge(snapshot: Snapshot, fact: Fact) -> Charge | None:
    """A refund that names no charge belongs to the only one there is."""
    return snapshot.charges[0] if fact.charge_ref is None and len(snapshot.charges) == 1 else None


def _refund_money(snapshot: Snapshot, fact: Fact, charge: Charge) -> Money | None:
    """The amount of this one refund; for a running total, the part that is not recorded yet."""
    if fact.money is None or not fact.is_total:
        return fact.money
    recorded = charge.money.minor - snapshot.refundable_minor(charge)
    excess = fact.money.minor - recorded
    return Money(excess, fact.money.currency) if excess > 0 else None


def _change_refund(snapshot: Snapshot, old: Refund, new: Refund) -> Decision:
    if old.state is new.state and old.ref == new.ref:
        return Record("this refund is known")
    if old.state is RefundState.SUCCEEDED:
        if new.state is RefundState.FAILED:
            return _review(snapshot, f"refund {old.ref} had succeeded and is now stated as failed")
        return Record("this refund is done")
    if old.state is RefundState.FAILED and new.state is RefundState.PENDING:
        return Record("this refund had failed")
    return Move(_after_refund(snapshot, new), f"the refund is {new.state}", refund=new)


def _after_refund(snapshot: Snapshot, refund: Refund) -> State:
    """A review ends when all of the money went back."""
    others = tuple(r for r in snapshot.refunds if r.id is None or r.id != refund.id)
    after = replace(snapshot, refunds=(*others, refund))
    left = sum(after.refundable_minor(charge) for charge in snapshot.charges)
    return State.CANCELLED if snapshot.state is State.REVIEW and left <= 0 else snapshot.state


def _review(snapshot: Snapshot, reason: str, charge: Charge | None = None) -> Review:
    to = State.PAID if snapshot.state is State.PAID else State.REVIEW
    return Review(to, reason, charge)
