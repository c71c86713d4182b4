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

from raseed.core.cards import SavedCardSeen
from raseed.core.disputes import DISPUTED, decide_dispute_closed
from raseed.core.money import Money
from raseed.core.refunds import decide_refund, decide_void, named_charge
from raseed.core.snapshot import (
    CONCERN_WORDS,
    Ask,
    Charge,
    Concern,
    Decision,
    Move,
    Policies,
    Policy,
    Record,
    Refund,
    Review,
    Snapshot,
    review,
)
from raseed.core.states import CLOSED, MOVES, OPEN, RefundState, State

#: With the names of `decide`'s arguments and results, so that one import is enough for users of the contract.
__all__ = [
    "Ask",
    "Channel",
    "Charge",
    "Concern",
    "Decision",
    "Fact",
    "FactKind",
    "Money",
    "Move",
    "Policies",
    "Policy",
    "Record",
    "Refund",
    "RefundState",
    "Review",
    "SavedCardSeen",
    "Snapshot",
    "State",
    "Weight",
    "decide",
    "reason_in",
]


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
    `occurred_at` is shown to people and never orders anything. `raw` holds no reusable secret. `ids` are
    further ids of the checkout, by name, that are known only now; a proof adds them to the payment's.
    Of a DISPUTE_CLOSED `money` is what was lost, zero where it was won, None where that is not stated.
    `detail` is for staff: the gateway's words, and last, of a failure, its reason in a sentence: `reason_in`.
    `card` is what a CARD_SAVED is about; it is in no comparison and no `repr`, and stored nowhere as it is.
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
    ids: Mapping[str, str] = field(default_factory=dict, compare=False)
    card: SavedCardSeen | None = field(default=None, compare=False, repr=False)


def reason_in(detail: str) -> str:
    """What a payer may be told of a failure's `detail`: its reason, or an empty text where none was given.

    "payment failed: The card has expired." gives the sentence; "source expired" gives nothing: a word of
    the wire explains nothing to anybody. A reason ends with a full stop.
    """
    last = detail.rpartition(": ")[2]
    return last if last.endswith(".") else ""


def decide(snapshot: Snapshot, fact: Fact) -> Decision:
    """What one fact does to a payment. Pure; every pair of snapshot and fact has an answer."""
    match fact.kind:
        case FactKind.PAID | FactKind.CAPTURED:
            return _decide_money(snapshot, fact)
        case FactKind.REFUNDED | FactKind.REFUND_PENDING | FactKind.REFUND_FAILED:
            return _decide_money_back(snapshot, fact)
        case FactKind.VOIDED if snapshot.charges:
            return _decide_money_back(snapshot, fact)
        case FactKind.FAILED | FactKind.EXPIRED | FactKind.CANCELLED | FactKind.VOIDED:
            return _decide_end(snapshot, fact)
        case FactKind.AUTHORIZED:
            return _decide_authorized(snapshot, fact)
        case FactKind.OPENED | FactKind.PENDING:
            return _decide_waiting(snapshot, fact)
        case FactKind.CHARGEABLE if snapshot.state is not State.PAID:
            return Ask("the customer agreed; the money must still be taken")
        case FactKind.DISPUTED | FactKind.DISPUTE_CLOSED if (
            fact.weight is Weight.HINT or not snapshot.charges
        ):
            return Ask("a dispute; the gateway must confirm it and the money it is about")
        case FactKind.DISPUTED:
            return review(snapshot, DISPUTED)
        case FactKind.DISPUTE_CLOSED:
            return decide_dispute_closed(snapshot, fact)
        case FactKind.UNKNOWN if snapshot.state is not State.PAID:
            return Ask("the gateway used a word that is not known")
    return Record("kept as evidence")


def _decide_money(snapshot: Snapshot, fact: Fact) -> Decision:
    if fact.weight is Weight.HINT:
        return Ask(f"a hint of payment{_misfit(snapshot, fact)}; the gateway must confirm it")
    if fact.charge_ref is None or fact.money is None or fact.money.minor <= 0:
        return Ask("paid, but it is not stated which charge or how much")
    known = snapshot.charge(fact.charge_ref)
    charge = Charge(fact.charge_ref, fact.money)
    difference = _difference(snapshot, fact)
    if difference:
        return _suspect(snapshot, charge, known, difference, is_test_money=fact.livemode is False)
    if known is not None:
        if known.money == charge.money:
            return Record("this charge is known")
        if not known.counts or known.money.currency != charge.money.currency:
            return review(snapshot, f"charge {charge.ref} is now stated as {charge.money}")
        if fact.is_total and charge.money < known.money:
            return Record("an older running total")
        if not fact.is_total and not _corrects(snapshot, charge):
            return review(snapshot, f"charge {charge.ref} was {known.money} and is now {charge.money}")
    is_more = known is not None or fact.kind is FactKind.CAPTURED
    return _weigh(snapshot, charge, is_more=is_more)


def _misfit(snapshot: Snapshot, fact: Fact) -> str:
    """In what a hint does not fit what we opened, for whoever reads the history."""
    difference = _difference(snapshot, fact)
    if not difference and fact.money is not None and fact.money != snapshot.money:
        difference = f"the amount is {fact.money} instead of {snapshot.money}"
    return f" that does not fit: {difference}" if difference else ""


def _weigh(snapshot: Snapshot, charge: Charge, *, is_more: bool) -> Move:
    """Money came under the right identity: how does it compare with what was agreed?

    `is_more`: it belongs to what came before. A known charge grew, or more of held money was taken.
    """
    others = tuple(c for c in snapshot.charges if c.ref != charge.ref)
    collected = replace(snapshot, charges=(*others, charge)).collected_minor()
    if snapshot.state is State.PAID and not is_more:
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
    return Move(to, CONCERN_WORDS[concern], charge=charge, concern=concern, then=policy)


def _corrects(snapshot: Snapshot, charge: Charge) -> bool:
    """What is not paid becomes exact when the gateway restates the charge: that ends a review.

    A charge that is restated below what went back of it is a contradiction, whatever the sum.
    """
    if snapshot.refundable_minor(charge) < 0:
        return False
    others = tuple(c for c in snapshot.charges if c.ref != charge.ref)
    corrected = replace(snapshot, charges=(*others, charge))
    return snapshot.state is not State.PAID and corrected.collected_minor() == snapshot.money.minor


def _suspect(
    snapshot: Snapshot, charge: Charge, known: Charge | None, difference: str, *, is_test_money: bool
) -> Decision:
    """Money under a wrong identity is kept apart, and a person looks; test money is no money."""
    if known is not None:
        if known.money == charge.money:
            return Record(f"this charge is known; {difference}")
        return review(snapshot, f"charge {charge.ref} is now stated as {charge.money}; {difference}")
    if difference == _WRONG_MODE and is_test_money:
        return review(snapshot, difference)
    return review(snapshot, difference, replace(charge, counts=False))


_WRONG_MODE = "test and live mode are mixed"


def _difference(snapshot: Snapshot, fact: Fact) -> str:
    """In what the fact differs from the checkout we opened, or an empty text."""
    if fact.money and fact.money.currency != snapshot.money.currency:
        currencies = f"the currency is {fact.money.currency} instead of {snapshot.money.currency}"
        return _identity_difference(snapshot, fact) or currencies
    return _identity_difference(snapshot, fact)


def _identity_difference(snapshot: Snapshot, fact: Fact) -> str:
    if _is_other_mode(snapshot, fact):
        return _WRONG_MODE
    if None not in (snapshot.reference, fact.reference) and snapshot.reference != fact.reference:
        return "the reference is that of another payment"
    if snapshot.gateway_refs and fact.gateway_ref and fact.gateway_ref not in snapshot.gateway_refs:
        return "the gateway's checkout is another than the one opened"
    return ""


def _is_other_mode(snapshot: Snapshot, fact: Fact) -> bool:
    return None not in (snapshot.livemode, fact.livemode) and snapshot.livemode != fact.livemode


def _decide_waiting(snapshot: Snapshot, fact: Fact) -> Decision:
    if fact.weight is Weight.HINT or snapshot.state is not State.NEW:
        return Record("still waiting for the customer")
    difference = _difference(snapshot, fact)
    if difference:
        return Record(f"about another checkout: {difference}")
    return Move(State.PENDING, "the gateway has the checkout")


def _decide_authorized(snapshot: Snapshot, fact: Fact) -> Decision:
    if fact.weight is Weight.HINT:
        return Ask("a hint of authorization; the gateway must confirm it")
    difference = _difference(snapshot, fact)
    if difference:
        return review(snapshot, difference)
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


_REFUND_STATE = {
    FactKind.REFUND_PENDING: RefundState.PENDING,
    FactKind.REFUNDED: RefundState.SUCCEEDED,
    FactKind.REFUND_FAILED: RefundState.FAILED,
}


def _decide_money_back(snapshot: Snapshot, fact: Fact) -> Decision:
    if fact.weight is Weight.HINT:
        return Ask("a hint of money that went back; the gateway must confirm it")
    difference = _refund_difference(snapshot, fact)
    if difference:
        return review(snapshot, difference)
    if fact.kind is FactKind.VOIDED:
        return decide_void(snapshot, fact)
    return decide_refund(snapshot, fact, _REFUND_STATE[fact.kind])


def _refund_difference(snapshot: Snapshot, fact: Fact) -> str:
    """A recorded charge vouches for its refunds; those of a suspect one bear the same wrong identity."""
    charge = named_charge(snapshot, fact)
    if charge is not None:
        return _WRONG_MODE if charge.counts and _is_other_mode(snapshot, fact) else ""
    return _identity_difference(snapshot, fact) if fact.charge_ref is None else ""
