"""What a proof of a refund does, and of a void that came after the money. Called by `facts.decide` only.

A gateway tells of refunds by id, by an amount without an id, by a running total, or as a void. All of
them may tell of the same refund, in any order and more than once; each refund counts once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from raseed.core.money import Money
from raseed.core.snapshot import Ask, Charge, Decision, Move, Record, Refund, Snapshot, review
from raseed.core.states import REFUND_AT_GATEWAY, RefundState, State

if TYPE_CHECKING:
    from raseed.core.facts import Fact

#: How our own names begin, for refunds that the gateway counts but does not name.
_OUR_NAMES = ("total:", "part:", "void:")


def decide_refund(snapshot: Snapshot, fact: Fact, state: RefundState, *, is_void: bool = False) -> Decision:
    """A refund is in this state at the gateway."""
    charge = named_charge(snapshot, fact) or only_charge(snapshot, fact)
    if fact.is_total:  # speaks of the whole charge, whichever refund it names
        fact = replace(fact, refund_ref=None)
    named = _named_refund(snapshot, fact)
    if charge is None or (named is None and not _states_amount(fact)):
        return Ask("a refund of money that is not known here yet")
    if fact.money is not None and fact.money.currency != charge.money.currency:
        return review(snapshot, f"a refund of {fact.money} was stated for charge {charge.ref}")
    if named is not None:
        if fact.money not in (None, named.money):
            return review(snapshot, f"refund {named.ref} was {named.money} and is now {fact.money}")
        return _change_refund(snapshot, charge, named, replace(named, state=state))
    money = _uncounted(snapshot, fact, charge, state)
    if money is None:
        return Record("this running total of refunds is known")
    new = Refund(None, fact.refund_ref, charge.ref, money, state, is_void)
    same = _same_refunds(snapshot, fact, new)
    if not same:
        return _external_refund(snapshot, fact, charge, new)
    counts = fact.is_total and state is not RefundState.FAILED  # no total holds what failed
    if len(same) > 1 and new.ref is None and not counts:
        return Ask("several refunds of this amount are recorded, and it is not stated which one this is")
    old = same[0]
    return _change_refund(snapshot, charge, old, replace(old, ref=old.ref or new.ref, state=state))


def decide_void(snapshot: Snapshot, fact: Fact) -> Decision:
    """A void after money came sends back what is left of the charge it names."""
    charge = named_charge(snapshot, fact) or only_charge(snapshot, fact)
    if charge is None:
        return Ask("a void of money that is not known here")
    left = Money(snapshot.refundable_minor(charge), charge.money.currency)
    if left.minor <= 0:
        return Record("nothing is left that this void could send back")
    whole = replace(fact, charge_ref=charge.ref, money=left, is_total=False)
    return decide_refund(snapshot, whole, RefundState.SUCCEEDED, is_void=True)


def named_charge(snapshot: Snapshot, fact: Fact) -> Charge | None:
    """The recorded charge that a fact about a refund names, by its own id or by that of a known refund."""
    named = _named_refund(snapshot, fact)
    return snapshot.charge(named.charge_ref if named else fact.charge_ref)


def _named_refund(snapshot: Snapshot, fact: Fact) -> Refund | None:
    refs = (r for r in snapshot.refunds if fact.refund_ref is not None and r.ref == fact.refund_ref)
    return next(refs, None)


def only_charge(snapshot: Snapshot, fact: Fact) -> Charge | None:
    """A refund that names no charge belongs to the only one there is."""
    return snapshot.charges[0] if fact.charge_ref is None and len(snapshot.charges) == 1 else None


def _states_amount(fact: Fact) -> bool:
    """A running total may be nothing; a part that is nothing states no refund."""
    return fact.money is not None and (fact.is_total or fact.money.minor > 0)


def _uncounted(snapshot: Snapshot, fact: Fact, charge: Charge, state: RefundState) -> Money | None:
    """The amount of this one refund; of a running total, the part that is not recorded yet.

    A total of what is pending holds what is recorded as pending, as any total holds what is done.
    """
    if fact.money is None or not fact.is_total:
        return fact.money
    of_charge = (r for r in snapshot.refunds if r.charge_ref == charge.ref and r.at_gateway)
    recorded = sum(refund.money.minor for refund in of_charge if _is_in_total(refund, state))
    excess = fact.money.minor - recorded
    return Money(excess, fact.money.currency) if excess > 0 else None


def _is_in_total(refund: Refund, state: RefundState) -> bool:
    """Whether a running total of refunds in this state holds it. No total holds what failed."""
    return refund.state in {RefundState.SUCCEEDED, state} - {RefundState.FAILED}


def _same_refunds(snapshot: Snapshot, fact: Fact, new: Refund) -> list[Refund]:
    """Recorded refunds of the same amount that this fact may speak of.

    Refunds under way come first. One that is done is what an amount without an id repeats; but a name
    that is not recorded, what a total holds beyond the recorded, or a void of what is left is another.
    """
    known = (r for r in snapshot.refunds if r.charge_ref == new.charge_ref and r.at_gateway)
    same = [refund for refund in known if refund.money == new.money]
    uncounted = [r for r in same if not (fact.is_total and _is_in_total(r, new.state))]
    under_way = [r for r in uncounted if r.state in REFUND_AT_GATEWAY and None in (r.ref, new.ref)]
    repeats = (
        new.ref is None and not fact.is_total and not new.is_void and new.state is not RefundState.FAILED
    )
    done = [r for r in same if repeats and r.state is RefundState.SUCCEEDED]
    return under_way + done


def _external_refund(snapshot: Snapshot, fact: Fact, charge: Charge, new: Refund) -> Decision:
    """A refund that was made at the gateway, not by us."""
    if new.state is RefundState.FAILED:
        return Record("a refund made elsewhere failed; no money moved")
    if new.state is RefundState.PENDING and fact.is_total:
        return Record("a running total that is not final; it counts when it is")
    others = [refund for refund in snapshot.refunds if refund.charge_ref == charge.ref]
    if new.ref is not None and any(_counted_without_name(refund) for refund in others):
        return Ask("refunds of this charge are counted without names; this may be one of them")
    if new.money.minor > snapshot.refundable_minor(charge):
        return review(snapshot, f"a refund of {new.money} is more than what is left of charge {charge.ref}")
    if fact.is_total and any(refund.state in REFUND_AT_GATEWAY for refund in others):
        return Ask("the running total may hold refunds that are under way; those must be known first")
    new = replace(new, ref=new.ref or _our_name(fact, new, len(others) + 1))
    return Move(after_refund(snapshot, None, new), "money went back at the gateway", refund=new)


def _counted_without_name(refund: Refund) -> bool:
    return refund.state is RefundState.SUCCEEDED and (refund.ref is None or refund.ref.startswith(_OUR_NAMES))


def _our_name(fact: Fact, refund: Refund, number: int) -> str:
    """Refunds are never deleted, so their number on the charge makes the name unique."""
    kind = "void" if refund.is_void else "total" if fact.is_total else "part"
    return f"{kind}:{refund.charge_ref}:{number}"


def _change_refund(snapshot: Snapshot, charge: Charge, old: Refund, new: Refund) -> Decision:
    if old == new:
        return Record("this refund is known")
    if old.state is RefundState.SUCCEEDED:
        if new.state is RefundState.FAILED:
            return review(snapshot, f"refund {old.ref} had succeeded and is now stated as failed")
        return Record("this refund is done")
    if old.state is RefundState.FAILED and new.state is RefundState.PENDING:
        return Record("this refund had failed")
    if new.state is RefundState.SUCCEEDED and new.money.minor > snapshot.refundable_minor(charge):
        return review(
            snapshot, f"refund {new.ref} of {new.money} is more than what is left of charge {charge.ref}"
        )
    return Move(after_refund(snapshot, old, new), f"the refund is {new.state}", refund=new)


def after_refund(snapshot: Snapshot, old: Refund | None, new: Refund) -> State:
    """The state that a refund leads to: a review ends when all of the money went back."""
    after = replace(snapshot, refunds=(*(r for r in snapshot.refunds if r is not old), new))
    left = sum(after.refundable_minor(charge) for charge in snapshot.charges)
    return State.CANCELLED if snapshot.state is State.REVIEW and left <= 0 else snapshot.state
