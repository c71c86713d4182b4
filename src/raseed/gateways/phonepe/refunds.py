"""Facts from a refund of version 2, in both shapes that PhonePe documents, and as deliveries carry it.

A refund is known by the id we gave it (`merchantRefundId`): only that can be asked about.
"""

from __future__ import annotations

from raseed.core.facts import Fact, FactKind
from raseed.gateways.phonepe.members import Members
from raseed.gateways.phonepe.orders import About
from raseed.gateways.phonepe.refusals import decline
from raseed.gateways.phonepe.vocabulary import REFUND_EVENTS, REFUND_STATE


def is_refund(document: Members, event: str = "") -> bool:
    """Whether a document is about a refund; by its event, or by the members that only refunds have."""
    named = ("merchantRefundId", "originalMerchantOrderId", "refundId")
    return event.startswith(REFUND_EVENTS) or any(name in document for name in named)


def refund_fact(
    refund: Members, about: About, *, refund_ref: str | None = None, charge_ref: str | None = None
) -> Fact:
    """Where a refund stands. A state we do not know is not final."""
    state = refund.text("state")
    kind = REFUND_STATE.get(state, FactKind.REFUND_PENDING)
    money = refund.money()
    why = f": {decline(refund.text('errorCode'))}" if kind is FactKind.REFUND_FAILED else ""
    said = f"refund {state or 'without a state'}{why}"
    event = about.event.get("event")
    return Fact(
        kind,
        about.weight,
        reference=refund.ref("originalMerchantOrderId") or about.reference,
        charge_ref=charge_ref,
        refund_ref=refund.ref("merchantRefundId") or refund_ref,
        money=money if money is not None and money.minor > 0 else None,
        occurred_at=refund.moment("timestamp"),
        detail=f"{event}: {said}" if event else said,
        raw={**about.event, **refund.shown()},
    )
