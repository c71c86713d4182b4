"""A return as a page of the site tells it: what the browser brought, and what became of asking."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from raseed.core.errors import DeliveryError, InsideTransaction
from raseed.core.facts import Channel, FactKind, Weight
from raseed.gateways.base import RawDelivery
from raseed.payments import conf
from raseed.payments.flows.receive_return import receive_return
from raseed.payments.models import Payment, PaymentFact

log = logging.getLogger("raseed.return")

_DECLINED = {FactKind.ATTEMPT_FAILED, FactKind.CANCELLED, FactKind.FAILED, FactKind.EXPIRED}


@dataclass(frozen=True)
class Visit:
    """The payment that a return names, as it stands after asking.

    `said` is what the address says, and proves nothing: "agreed", "declined", "nothing" (a plain visit) or
    "unreadable" (no gateway sends that). `is_forged`: it says agreed, and the gateway did not say it.
    `is_unanswered`: the gateway does not answer just now; the worker goes on asking.
    """

    payment: Payment
    said: str
    is_forged: bool = False
    is_unanswered: bool = False


def receive_visit(payment: Payment, delivery: RawDelivery | None) -> Visit:
    """Keep what a return says, ask, and tell. `delivery` None: no gateway makes such a request.

    Raises InsideTransaction.
    """
    said = _said(payment, delivery)
    try:
        checked = receive_return(payment, None if said == "unreadable" else delivery)
    except InsideTransaction:
        raise  # the mistake of the view that called us
    except Exception:
        log.exception("payment %s could not be checked when its customer came back", payment.reference)
        return Visit(Payment.objects.get(pk=payment.pk), said, is_unanswered=True)
    is_unanswered = bool(checked.error) and not checked.wait_seconds
    is_forged = said == "agreed" and not checked.error and _is_denied(payment)
    return Visit(checked.payment, said, is_forged=is_forged, is_unanswered=is_unanswered)


def _said(payment: Payment, delivery: RawDelivery | None) -> str:
    if delivery is None:
        return "unreadable"
    try:
        facts = conf.current().gateway(payment.account).read_return(delivery)
    except DeliveryError:
        return "unreadable"
    kinds = {fact.kind for fact in facts}
    if kinds & _DECLINED:
        return "declined"
    return "agreed" if kinds & {FactKind.CHARGEABLE, FactKind.PAID} else "nothing"


def _is_denied(payment: Payment) -> bool:
    """The gateway did not say what browsers brought, and nothing good came of any of them since."""
    told = PaymentFact.objects.filter(payment=payment, channel=Channel.RETURN.value)
    denied = told.filter(kind=FactKind.ATTEMPT_FAILED.value, weight=Weight.HINT.value).order_by("pk").last()
    return denied is not None and not told.filter(pk__gt=denied.pk, weight=Weight.PROOF.value).exists()
