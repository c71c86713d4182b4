"""What a dispute does, and what its end does. Called by `facts.decide` only.

A dispute moves nothing while it is open: a person looks. Losing it moves money like a refund.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raseed.core.refunds import after_refund, named_charge, only_charge
from raseed.core.snapshot import Ask, Decision, Move, Record, Refund, Snapshot, review
from raseed.core.states import RefundState

if TYPE_CHECKING:
    from raseed.core.facts import Fact

#: What a person is told to look at, until it is known how the dispute ended.
DISPUTED = "the customer disputes the payment"


def decide_dispute_closed(snapshot: Snapshot, fact: Fact) -> Decision:
    """It ended. `money` is what was lost: zero where it was won, None where that is not stated."""
    if fact.money is None:
        return Record("the dispute is closed; how it ended is not stated")
    if fact.money.minor <= 0:
        return Record("the dispute was won")
    charge = named_charge(snapshot, fact) or only_charge(snapshot, fact)
    if charge is None:
        return Ask("a lost dispute of money that is not known here yet")
    name = fact.refund_ref or f"dispute:{charge.ref}"
    if any(refund.ref == name for refund in snapshot.refunds):
        return Record("this lost dispute is known")
    is_other = fact.money.currency != charge.money.currency
    if is_other or fact.money.minor > snapshot.refundable_minor(charge):
        return review(
            snapshot, f"a dispute was lost over {fact.money}, more than what is left of charge {charge.ref}"
        )
    lost = Refund(None, name, charge.ref, fact.money, RefundState.SUCCEEDED)
    return Move(after_refund(snapshot, None, lost), "the dispute was lost", refund=lost)
