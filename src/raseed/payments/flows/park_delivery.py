"""A verified delivery finds no payment: is it ours and early, or about something else on the account?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from raseed.core.facts import Fact
from raseed.core.states import State
from raseed.payments import conf
from raseed.payments.models import Delivery, DeliveryRef, DeliveryState, Payment
from raseed.payments.schedule import FOREIGN_READ_SECONDS, PARKED_READ_SECONDS, read_again_at

#: What the column holds; no gateway's id is longer.
_LONGEST_ID = 255


def park_delivery(
    delivery_id: int, account: str, facts: Sequence[Fact], *, received_at: datetime, now: datetime, tries: int
) -> None:
    """Park what bears our reference, or comes while a checkout is being opened; the rest is foreign.

    Both are kept with the ids they name and read again when a payment gains one of them, and on a
    schedule. When it is over, what bears our reference is shown to staff. `tries` counts earlier looks.
    """
    named = _bears_our_reference(facts)
    parked = named or Payment.objects.filter(account=account, state=State.NEW).exists()
    pauses = PARKED_READ_SECONDS if parked else FOREIGN_READ_SECONDS
    again = read_again_at(received_at, now, pauses) if facts else None
    if parked and again is None:
        state = DeliveryState.STUCK if named else DeliveryState.FOREIGN
    else:
        state = DeliveryState.PARKED if parked else DeliveryState.FOREIGN
    rows = Delivery.objects.filter(pk=delivery_id)
    if tries:  # somebody else may have read it in the meantime
        rows = rows.exclude(state=DeliveryState.READ)
    kept = rows.update(state=state, read_at=None, next_read_at=again, tries=tries, error="")
    # A delivery that could not be read when it came gets its ids only now.
    if kept and (tries == 0 or not DeliveryRef.objects.filter(delivery_id=delivery_id).exists()):
        refs = [
            DeliveryRef(delivery_id=delivery_id, account=account, value=value) for value in _values(facts)
        ]
        DeliveryRef.objects.bulk_create(refs)


def _bears_our_reference(facts: Sequence[Fact]) -> bool:
    prefix = f"{conf.current().reference_prefix}-"
    return any(fact.reference and fact.reference.startswith(prefix) for fact in facts)


def _values(facts: Sequence[Fact]) -> list[str]:
    named = {
        value
        for fact in facts
        for value in (fact.reference, fact.gateway_ref, fact.charge_ref, fact.refund_ref)
        if value and len(value) <= _LONGEST_ID
    }
    return sorted(named)
