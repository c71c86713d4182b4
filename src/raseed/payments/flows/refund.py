"""Send money back: reserve it under the lock, then send it outside any transaction, once.

waiting → sending → (unknown) → pending → succeeded | failed. A lost answer is looked up, not repeated.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from raseed.core.errors import (
    GatewayError,
    GatewayRefused,
    LeaseLost,
    OutcomeUnknown,
    RefusedRefund,
    Unsupported,
)
from raseed.core.facts import Channel, Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.core.states import REFUND_AT_GATEWAY, REFUND_HOLDS_MONEY, RefundState
from raseed.gateways.base import Gateway
from raseed.payments import conf, schedule
from raseed.payments.flows import leases, statements
from raseed.payments.flows.apply_facts import apply_facts
from raseed.payments.flows.check_payment import ref_of
from raseed.payments.memory import DatabaseMemory
from raseed.payments.models import Charge, Payment, Refund

CLAIM = """
UPDATE raseed_refund
SET state = CASE WHEN state = 'waiting' THEN 'sending' ELSE state END,
    lease_until = %s, lease_number = lease_number + 1, next_try_at = %s, tries = tries + 1,
    sent_at = COALESCE(sent_at, %s)
WHERE id = %s AND state IN ('waiting', 'sending', 'unknown', 'pending')
  AND (lease_until IS NULL OR lease_until <= %s)
RETURNING lease_number
"""


def request_refund(
    payment: Payment,
    money: Money | None = None,
    *,
    reason: str = "requested_by_customer",
    key: str = "",
    user: Any = None,
) -> Refund:
    """Accept a refund; the worker sends it. `money` None: all that is left.

    The same `key` again returns the same refund, so a second click is harmless.
    Raises RefusedRefund when there is not that much left, or Unsupported where the gateway cannot.
    """
    if not conf.current().gateway(payment.account).capabilities.can_refund:
        raise Unsupported(f"account {payment.account!r} cannot refund; send the money back by hand.")
    key = key or secrets.token_hex(12)
    now = conf.now()
    with transaction.atomic():
        locked = statements.lock_payment(payment.pk)
        known = Refund.objects.filter(payment=locked, key=key).first()
        if known is not None:
            return known
        charge, money = _choose(locked, money)
        return Refund.objects.create(
            payment=locked,
            account=locked.account,
            charge_ref=charge.ref,
            minor=money.minor,
            currency=money.currency,
            state=RefundState.WAITING,
            key=key,
            reason=reason[:255],
            user=user if getattr(user, "is_authenticated", False) else None,
            created_at=now,
            next_try_at=now,
        )


def _choose(payment: Payment, money: Money | None) -> tuple[Charge, Money]:
    """The charge to refund from, and how much; the newest one that has enough left."""
    left = {charge: _left(payment, charge) for charge in payment.charges.order_by("-pk")}
    whole = {charge: minor for charge, minor in left.items() if minor > 0}
    if not whole:
        raise RefusedRefund(f"payment {payment.reference} has nothing left to refund.")
    if money is None:
        charge = next(iter(whole))
        return charge, Money(whole[charge], charge.currency)
    if money.minor <= 0:
        raise RefusedRefund(f"{money} cannot be refunded: the amount must be above zero.")
    for charge, minor in whole.items():
        if charge.currency == money.currency and money.minor <= minor:
            return charge, money
    most = max((Money(minor, charge.currency) for charge, minor in whole.items()), key=lambda m: m.minor)
    raise RefusedRefund(
        f"{money} is more than can be refunded of payment {payment.reference}: {most} is left."
    )


def _left(payment: Payment, charge: Charge) -> int:
    refunds = payment.refunds.filter(charge_ref=charge.ref, state__in=[s.value for s in REFUND_HOLDS_MONEY])
    return charge.minor - sum(refund.minor for refund in refunds)


def send_refund(refund_id: int) -> Refund:
    """Bring one refund a step on: send it, or look up what became of it. Failures are recorded."""
    leases.outside_transaction("send_refund")
    settings = conf.current()
    now = settings.clock()
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    gateway = settings.gateway(refund.account)
    if refund.state == RefundState.WAITING and _must_wait(refund, gateway):
        later = now + timedelta(seconds=30)
        Refund.objects.filter(pk=refund_id, state=RefundState.WAITING).update(next_try_at=later)
        return refund
    until = now + timedelta(seconds=settings.lease_seconds)
    claimed = statements.execute(CLAIM, [until, until, now, refund_id, now])
    if not claimed:
        return refund
    try:
        facts = _outside(refund, gateway, int(claimed[0][0]))
        apply_facts(refund.payment_id, facts, channel=Channel.POLL, now=conf.now(), account=refund.account)
        _hand_back(refund_id, error="")
    except GatewayRefused as refused:
        _refused(refund, refused)
    except LeaseLost:
        pass  # whoever took over goes on
    except (GatewayError, OutcomeUnknown) as problem:
        _hand_back(refund_id, error=f"{type(problem).__name__}: {problem}", lost=True)
    return Refund.objects.get(pk=refund_id)


def _must_wait(refund: Refund, gateway: Gateway) -> bool:
    """Some gateways take one refund of a payment at a time."""
    others = Refund.objects.filter(payment=refund.payment_id).exclude(pk=refund.pk)
    under_way = others.filter(state__in=[state.value for state in REFUND_AT_GATEWAY])
    return gateway.capabilities.one_refund_at_a_time and under_way.exists()


def _outside(refund: Refund, gateway: Gateway, number: int) -> list[Fact]:
    """First attempt: send. Later ones: look up first, and send again only what certainly never arrived."""
    payment = refund.payment
    memory = DatabaseMemory(payment.account, payment.pk, number, refund_id=refund.pk)
    if refund.state != RefundState.WAITING:
        facts = gateway.query_refund(ref_of(payment), refund.charge_ref, refund.key, refund.ref, memory)
        if facts or refund.state == RefundState.PENDING:
            return facts
    return gateway.refund(ref_of(payment), refund.charge_ref, refund.money, refund.reason, refund.key, memory)


def _refused(refund: Refund, refused: GatewayRefused) -> None:
    """A refusal is an answer: nothing went back. A temporary one is tried again later."""
    if refused.is_temporary:
        later = schedule.retry_at(conf.now(), refund.tries + 1, 30)
        Refund.objects.filter(pk=refund.pk).update(
            state=RefundState.WAITING, next_try_at=later, lease_until=None, error=str(refused)
        )
        return
    fact = Fact(
        FactKind.REFUND_FAILED,
        Weight.PROOF,
        charge_ref=refund.charge_ref,
        refund_ref=refund.ref,
        money=refund.money,
        detail=str(refused),
    )
    apply_facts(refund.payment_id, [fact], channel=Channel.POLL, now=conf.now())
    Refund.objects.filter(pk=refund.pk).update(lease_until=None)


def _hand_back(refund_id: int, *, error: str, lost: bool = False) -> None:
    """Give the lease back; what is not final is looked at again, ever more slowly."""
    refund = Refund.objects.get(pk=refund_id)
    state = RefundState.UNKNOWN if lost and refund.state == RefundState.SENDING else refund.state
    open_still = Q(state__in=[s.value for s in REFUND_AT_GATEWAY])
    later: datetime = schedule.retry_at(conf.now(), refund.tries, schedule.FIRST_CHECK_SECONDS)
    Refund.objects.filter(open_still, pk=refund_id).update(state=state, error=error, next_try_at=later)
    Refund.objects.filter(pk=refund_id).update(lease_until=None)
