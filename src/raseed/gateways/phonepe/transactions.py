"""Facts from a status answer or a callback of version 1. Only the root `code` decides.

`data.state` and `data.responseCode` inform people; PhonePe adds new ones without notice.
"""

from __future__ import annotations

from raseed.core.facts import Fact, FactKind, Weight
from raseed.gateways.phonepe.members import Members
from raseed.gateways.phonepe.refusals import decline
from raseed.gateways.phonepe.vocabulary import PAYMENT_CODE, REFUND_CODE

_ENDED = {FactKind.FAILED, FactKind.CANCELLED, FactKind.REFUND_FAILED}


def payment_fact(answer: Members, weight: Weight, *, asked_for: str | None = None) -> Fact:
    """How a payment stands. Version 1 has no order id of PhonePe's: ours stands for it."""
    data = answer.child("data")
    kind = PAYMENT_CODE.get(answer.text("code"), FactKind.UNKNOWN)
    charge, money = data.ref("transactionId"), data.money()
    is_paid = charge is not None and money is not None and money.minor > 0
    if kind is FactKind.PAID and not is_paid:
        kind = FactKind.UNKNOWN
    reference = data.ref("merchantTransactionId") or asked_for
    return Fact(
        kind,
        weight,
        reference=reference,
        gateway_ref=reference,
        charge_ref=charge,
        money=money if is_paid else None,
        detail=_said(answer, kind),
        raw={**answer.shown(), **data.shown()},
    )


def refund_fact(
    answer: Members,
    weight: Weight,
    *,
    reference: str | None = None,
    charge_ref: str | None = None,
    asked_for: str | None = None,
) -> Fact:
    """How a refund stands; it is known by the transaction id that we gave it. Unknown codes are not final."""
    data = answer.child("data")
    kind = REFUND_CODE.get(answer.text("code"), FactKind.REFUND_PENDING)
    money = data.money()
    return Fact(
        kind,
        weight,
        reference=reference,
        charge_ref=charge_ref,
        refund_ref=data.ref("merchantTransactionId") or asked_for,
        money=money if money is not None and money.minor > 0 else None,
        detail=_said(answer, kind),
        raw={**answer.shown(), **data.shown()},
    )


def _said(answer: Members, kind: FactKind) -> str:
    code = answer.text("code") or "without a code"
    why = answer.child("data").text("responseCode")
    return f"{code}: {decline(why or code)}" if kind in _ENDED else code
