"""Send money back: reserve it under the lock, then send it outside any transaction, once.

waiting → sending → (unknown) → pending → succeeded | failed. A lost answer is looked up, not repeated.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from raseed.core.errors import (
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    LeaseLost,
    OutcomeUnknown,
    RefusedRefund,
    Unsupported,
)
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.core.states import REFUND_AT_GATEWAY, REFUND_HOLDS_MONEY, RefundState
from raseed.gateways.base import Gateway
from raseed.payments import conf, schedule
from raseed.payments.books import BY_HAND
from raseed.payments.flows import leases, round_trips, statements
from raseed.payments.flows.apply_facts import apply_answer
from raseed.payments.flows.check_payment import ref_of
from raseed.payments.flows.words import storable, words_of
from raseed.payments.memory import DatabaseMemory
from raseed.payments.models import Charge, Payment, Refund
from raseed.payments.models.refund import LONGEST_KEY

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
    charge_ref: str | None = None,
) -> Refund:
    """Accept a refund; the worker sends it. `money` None: all that is left of the newest charge.

    `charge_ref` names the charge where it must be a certain one.
    The same `key` (up to 128 characters) again returns the same refund, so a second click is harmless.
    Raises RefusedRefund when there is not that much left, or Unsupported where the gateway cannot.
    """
    if len(key) > LONGEST_KEY:
        raise RefusedRefund(f"the key of a refund has at most {LONGEST_KEY} characters.")
    if not conf.current().gateway(payment.account).capabilities.can_refund:
        raise Unsupported(f"account {payment.account!r} cannot refund; send the money back by hand.")
    key = key or secrets.token_hex(12)
    now = conf.now()
    with transaction.atomic():
        locked = statements.lock_payment(payment.pk)
        known = Refund.objects.filter(payment=locked, key=key).first()
        if known is not None:
            return known
        charge, money = _choose(locked, money, charge_ref)
        statements.tell_customer(locked.pk)
        return Refund.objects.create(
            payment=locked,
            account=charge.account,
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


def _choose(payment: Payment, money: Money | None, charge_ref: str | None) -> tuple[Charge, Money]:
    """The charge to refund from, and how much; the newest one that has enough left."""
    charges = payment.charges.exclude(account=BY_HAND).order_by("-pk")
    named = charges if charge_ref is None else charges.filter(ref=charge_ref)
    left = {charge: _left(payment, charge) for charge in named}
    whole = {charge: minor for charge, minor in left.items() if minor > 0}
    if not whole:
        raise RefusedRefund(f"payment {payment.reference} has nothing left to refund{_by_hand(payment)}.")
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


def _by_hand(payment: Payment) -> str:
    came = payment.charges.filter(account=BY_HAND).exists()
    return " at its gateway; what came by hand goes back by hand" if came else ""


def _left(payment: Payment, charge: Charge) -> int:
    refunds = payment.refunds.filter(charge_ref=charge.ref, state__in=[s.value for s in REFUND_HOLDS_MONEY])
    return charge.minor - sum(refund.minor for refund in refunds)


def send_refund(refund_id: int) -> Refund:
    """Bring one refund a step on: send it, or look up what became of it. Failures are recorded."""
    leases.outside_transaction("send_refund")
    refund, number = _claim(refund_id, conf.now())
    if number is None:
        return refund
    gateway = conf.current().gateway(refund.account)
    try:
        facts = _outside(refund, gateway, number)
        apply_answer(refund.payment_id, facts)
        _hand_back(refund_id, number, error="")
    except GatewayRefused as refused:
        _refused(refund, number, refused)
    except LeaseLost:
        pass  # whoever took over goes on
    except (GatewayError, OutcomeUnknown) as problem:
        _hand_back(refund_id, number, error=words_of(problem), lost=True)
    return Refund.objects.get(pk=refund_id)


def _claim(refund_id: int, now: datetime) -> tuple[Refund, int | None]:
    """The refund as it stood, and the fencing number of our lease; None where another has it or it must wait.

    Under the payment's lock: two workers must neither both find that nothing else is under way, nor take
    one that was sent a moment ago for one that never was.
    """
    settings = conf.current()
    until = now + timedelta(seconds=settings.lease_seconds)
    with transaction.atomic(durable=True):
        statements.lock_payment(Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id))
        refund = Refund.objects.select_related("payment").get(pk=refund_id)
        if refund.state == RefundState.WAITING and _must_wait(refund, settings.gateway(refund.account)):
            Refund.objects.filter(pk=refund_id).update(next_try_at=now + timedelta(seconds=30))
            return refund, None
        claimed = round_trips.fetch(CLAIM, [until, until, now, refund_id, now])
    return refund, int(claimed[0][0]) if claimed else None


def _must_wait(refund: Refund, gateway: Gateway) -> bool:
    """Some gateways take one refund of a payment at a time.

    At any gateway, two of one amount and charge that it has not named cannot be told apart in what it says.
    """
    others = Refund.objects.filter(payment=refund.payment_id).exclude(pk=refund.pk)
    under_way = others.filter(state__in=[state.value for state in REFUND_AT_GATEWAY])
    if not gateway.capabilities.one_refund_at_a_time:
        under_way = under_way.filter(ref=None, charge_ref=refund.charge_ref, minor=refund.minor)
    return under_way.exists()


def _outside(refund: Refund, gateway: Gateway, number: int) -> list[Fact]:
    """First attempt: send. Later ones: look up first, and send again only what certainly never arrived."""
    payment = refund.payment
    memory = DatabaseMemory(refund.account, payment.pk, number, refund_id=refund.pk)
    if refund.state != RefundState.WAITING:
        facts = _look_up(refund, gateway, memory)
        if facts or refund.state == RefundState.PENDING:
            return facts
    return gateway.refund(ref_of(payment), refund.charge_ref, refund.money, refund.reason, refund.key, memory)


def _look_up(refund: Refund, gateway: Gateway, memory: DatabaseMemory) -> list[Fact]:
    """A question that is refused (a revoked key, too many calls) says nothing about the refund."""
    try:
        return gateway.query_refund(ref_of(refund.payment), refund.charge_ref, refund.key, refund.ref, memory)
    except GatewayRefused as refused:
        raise GatewayUnavailable(f"asking about the refund was refused: {refused}") from refused


def _refused(refund: Refund, number: int, refused: GatewayRefused) -> None:
    """A refusal is an answer: nothing went back. A temporary one is tried again later."""
    mine = Refund.objects.filter(pk=refund.pk, lease_number=number)
    if refused.is_temporary:
        later = schedule.retry_at(conf.now(), refund.tries + 1, 30)
        mine.filter(state__in=_UNDECIDED).update(
            state=RefundState.WAITING, next_try_at=later, lease_until=None, error=storable(str(refused))
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
    apply_answer(refund.payment_id, [fact])
    mine.update(lease_until=None)


#: Sent, or being sent, without an answer that tells what became of it.
_UNDECIDED = (RefundState.SENDING.value, RefundState.UNKNOWN.value)


def _hand_back(refund_id: int, number: int, *, error: str, lost: bool = False) -> None:
    """Give the lease back; what is not final is looked at again, ever more slowly.

    Whoever took over in the meantime has another number, and keeps the lease.
    """
    mine = Refund.objects.filter(pk=refund_id, lease_number=number)
    refund = mine.first()
    if refund is None:
        return
    if lost:
        mine.filter(state=RefundState.SENDING).update(state=RefundState.UNKNOWN)
    later = schedule.retry_at(conf.now(), refund.tries, schedule.FIRST_CHECK_SECONDS)
    open_still = mine.filter(state__in=[s.value for s in REFUND_AT_GATEWAY])
    open_still.update(error=error, next_try_at=later)
    mine.update(lease_until=None)
