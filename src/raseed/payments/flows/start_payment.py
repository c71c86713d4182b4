"""A customer presses "pay": commit a payment with a fresh reference, then open the checkout at the gateway.

Starting locks no payable. A partial unique index allows one open payment per purpose, payable and
occasion, and picks the winner when two start at once; the loser shows the winner's checkout.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from raseed.core.errors import (
    AlreadyPaid,
    AmountBelowMinimum,
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    LeaseLost,
    NotAllowed,
    OutcomeUnknown,
    RefusedRuling,
    StartInProgress,
    UnderReview,
    Unsupported,
)
from raseed.core.facts import Channel, Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.core.states import OPEN, State
from raseed.gateways.base import Gateway, Opened, Order
from raseed.payments import conf, schedule
from raseed.payments.flows import leases, statements
from raseed.payments.flows.apply_facts import apply_answer, apply_facts, apply_ruling
from raseed.payments.flows.check_payment import check_payment, ref_of
from raseed.payments.links import gateway_return_url, path_on_site, site_path
from raseed.payments.memory import DatabaseMemory
from raseed.payments.models import GatewayId, Payment, Ruling
from raseed.payments.purposes import Purpose

#: How long the second of two simultaneous clicks waits for the first one's checkout.
WAIT_FOR_WINNER_SECONDS = 8.0
#: With the longest prefix a reference has 34 characters, which the narrowest gateway takes.
_REFERENCE_BYTES = 12


@dataclass(frozen=True)
class Checkout:
    """Where to send the customer. `url` is None where the page itself pays with `client`."""

    payment: Payment
    url: str | None
    client: Mapping[str, str]
    reused: bool = False


@dataclass(frozen=True)
class _Request:
    """One press of the button, with everything it needs."""

    payable: Any
    purpose: Purpose
    account: str
    gateway: Gateway
    method: str
    user: Any
    money: Money
    return_url: str
    cancel_url: str
    next_url: str
    customer: Mapping[str, str]
    description: str


def start_payment(
    payable: Any,
    *,
    purpose: str,
    account: str,
    method: str,
    user: Any = None,
    return_url: str = "",
    cancel_url: str = "",
    next: str = "",  # noqa: A002 the word that Django sites use
    customer: Mapping[str, str] | None = None,
    description: str = "",
) -> Checkout:
    """Start paying for `payable`, or return to the checkout that is open for it.

    `return_url` and `cancel_url` are paths of this site where `raseed.returned` (or a view that calls
    it) is mounted; default: Raseed's own. `next` is where the status page leads afterwards; one that
    leads away from this site is dropped, because visitors may have written it.
    Raises RefusedStart (with a reason fit for the customer), GatewayRefused, GatewayUnavailable (try
    again: a later click opens a fresh checkout, and this one is watched), or InsideTransaction.
    """
    leases.outside_transaction("start_payment")
    settings = conf.current()
    chosen = settings.purpose(purpose)
    _must_be_payable(payable, chosen)
    request = _Request(
        payable=payable,
        purpose=chosen,
        account=account,
        gateway=settings.gateway(account),
        method=method,
        user=user if getattr(user, "is_authenticated", False) else None,
        money=chosen.price(payable),
        return_url=site_path(return_url, "return_url"),
        cancel_url=site_path(cancel_url or return_url, "cancel_url"),
        next_url=path_on_site(next),
        customer=customer or {},
        description=(description or chosen.describe(payable))[:255],
    )
    _refuse(request)
    standing = _standing(request)
    if standing is not None:
        checkout = _reuse(request, standing)
        if checkout is not None:
            return checkout
        _set_aside(standing)
    return _open(request)


def _must_be_payable(payable: Any, purpose: Purpose) -> None:
    """Payables are known by their key: another model's row, or one without a key, would be mistaken."""
    if not isinstance(payable, purpose.payable):
        raise TypeError(
            f"purpose {purpose.name!r} is for {purpose.payable.__name__}, not {type(payable).__name__}."
        )
    if payable.pk is None:
        raise ValueError(f"save this {type(payable).__name__} before a payment for it is started.")


def _refuse(request: _Request) -> None:
    """Everything that can be known to fail before anything is stored."""
    if not request.purpose.may_pay(request.user, request.payable):
        raise NotAllowed("you may not pay for this. Log in as the person it is meant for.")
    capabilities = request.gateway.capabilities
    if request.method not in capabilities.methods:
        known = ", ".join(sorted(capabilities.methods))
        raise Unsupported(f"account {request.account!r} has no method {request.method!r}. Known: {known}.")
    if request.money.currency not in capabilities.currencies:
        raise Unsupported(f"account {request.account!r} does not take {request.money.currency}.")
    minimum = max(capabilities.minimum_minor(request.method, request.money.currency), 1)
    if request.money.minor < minimum:
        raise AmountBelowMinimum(
            f"{request.money} is less than this method takes; the smallest amount is "
            f"{Money(minimum, request.money.currency)}. Choose another method or a higher price."
        )
    for earlier in _same(request).filter(state__in=[State.PAID, State.REVIEW]):
        if earlier.state == State.REVIEW:
            raise UnderReview(
                "a payment for this has arrived and is being looked at. Please do not pay again."
            )
        if not earlier.is_fully_refunded:
            raise AlreadyPaid("this is paid for already.")


def _same(request: _Request) -> Any:
    return Payment.objects.filter(
        purpose=request.purpose.name,
        payable_key=str(request.payable.pk),
        occasion=request.purpose.occasion(request.payable),
    )


def _standing(request: _Request) -> Payment | None:
    found: Payment | None = _same(request).filter(state__in=[state.value for state in OPEN]).first()
    return found


def _reuse(request: _Request, standing: Payment) -> Checkout | None:
    """The open checkout, if it is the same and still usable; waits while another request opens it."""
    give_up_at = time.monotonic() + WAIT_FOR_WINNER_SECONDS
    while standing.state == State.NEW and _is_leased(standing):
        if time.monotonic() > give_up_at:
            raise StartInProgress("this payment is being opened right now. Try again in a few seconds.")
        time.sleep(0.05)
        standing.refresh_from_db()
    _refuse_ended(standing)
    same = (standing.account, standing.method, standing.money) == (
        request.account,
        request.method,
        request.money,
    )
    usable = standing.state == State.PENDING and bool(standing.checkout_url or standing.client)
    if not (same and usable and conf.now() < standing.expires_at):
        return None
    return Checkout(standing, standing.checkout_url or None, standing.client, reused=True)


def _refuse_ended(standing: Payment) -> None:
    """Money came while we looked."""
    if standing.state == State.REVIEW:
        raise UnderReview("a payment for this has arrived and is being looked at. Please do not pay again.")
    if standing.state == State.PAID:
        raise AlreadyPaid("this is paid for already.")


def _is_leased(payment: Payment) -> bool:
    return payment.lease_until is not None and payment.lease_until > conf.now()


def _set_aside(standing: Payment) -> None:
    """Make room for a new checkout: close the old one at the gateway where it can, and watch it on.

    Whatever the gateway answers, the old one lapses here; if it is paid after all, the policy for late
    or double payment decides.
    """
    if standing.state not in OPEN:
        return
    gateway = conf.current().gateway(standing.account)
    may_close = gateway.capabilities.closes(standing.method) and bool(standing.gateway_ref)
    closed = may_close and _close(gateway, standing)
    if not closed:
        check_payment(standing, Channel.POLL)  # it may be paid, and the webhook on its way
    standing.refresh_from_db()
    _refuse_ended(standing)
    if standing.state not in OPEN:
        return
    try:
        apply_ruling(standing.pk, Ruling.LAPSED, now=conf.now(), reason="another checkout took its place")
    except RefusedRuling:  # it ended this very moment
        standing.refresh_from_db()
        _refuse_ended(standing)


def _close(gateway: Gateway, standing: Payment) -> bool:
    """Close it at the gateway. False where that did not work: perhaps because it is paid."""
    settings = conf.current()
    number = leases.take(standing.pk, settings.clock(), settings.lease_seconds)
    if number is None:
        return False
    error = ""
    try:
        facts = gateway.close(ref_of(standing), DatabaseMemory(standing.account, standing.pk, number))
        apply_answer(standing.pk, facts, account=standing.account)
    except (GatewayError, OutcomeUnknown, LeaseLost) as problem:
        error = f"{type(problem).__name__}: {problem}"
    soon = conf.now() + timedelta(seconds=schedule.FIRST_CHECK_SECONDS)
    leases.release(standing.pk, number, next_check_at=soon, error=error)
    return not error


def _open(request: _Request) -> Checkout:
    payment = _insert(request)
    if payment is None:
        standing = _standing(request)
        checkout = _reuse(request, standing) if standing else None
        if checkout is None:
            raise StartInProgress("this payment is being opened right now. Try again in a few seconds.")
        return checkout
    try:
        opened = request.gateway.open(_order(request, payment), _memory(payment))
    except GatewayRefused as refused:
        _record_refusal(payment, refused)
        raise
    except GatewayError:
        _record_silence(payment)
        raise
    except (LeaseLost, OutcomeUnknown) as lost:  # several calls that took longer than the lease
        _record_silence(payment)
        raise GatewayUnavailable("the gateway took too long to open the checkout; try again.") from lost
    return _record_opened(payment, opened)


def _insert(request: _Request) -> Payment | None:
    """The payment, committed with a fresh reference and leased to us; None if another click was first."""
    settings = conf.current()
    now = settings.clock()
    lease_until = now + timedelta(seconds=settings.lease_seconds)
    payment = Payment(
        reference=f"{settings.reference_prefix}-{secrets.token_hex(_REFERENCE_BYTES)}",
        account=request.account,
        purpose=request.purpose.name,
        payable_key=str(request.payable.pk),
        occasion=request.purpose.occasion(request.payable),
        method=request.method,
        user=request.user,
        minor=request.money.minor,
        currency=request.money.currency,
        description=request.description,
        livemode=request.gateway.livemode,
        next_url=request.next_url,
        created_at=now,
        expires_at=now + timedelta(seconds=request.purpose.open_for_seconds),
        next_check_at=lease_until,
        lease_until=lease_until,
        lease_number=1,
    )
    try:
        with transaction.atomic(durable=True):
            payment.save(force_insert=True)
    except IntegrityError:
        return None
    return payment


def _memory(payment: Payment) -> DatabaseMemory:
    return DatabaseMemory(payment.account, payment.pk, payment.lease_number)


def _order(request: _Request, payment: Payment) -> Order:
    return Order(
        reference=payment.reference,
        money=payment.money,
        method=payment.method,
        return_url=gateway_return_url(request.return_url, payment.reference),
        cancel_url=gateway_return_url(request.cancel_url, payment.reference),
        description=payment.description,
        customer=request.customer,
    )


def _record_opened(payment: Payment, opened: Opened) -> Checkout:
    """Store what the gateway answered. A webhook may have been faster: then only the ids are news."""
    now = conf.now()
    ids = {value for value in (opened.gateway_ref, *opened.ids.values()) if value}
    expires_at = min(payment.expires_at, opened.expires_at or payment.expires_at)
    with transaction.atomic(durable=True):
        Payment.objects.filter(pk=payment.pk).update(
            gateway_ref=opened.gateway_ref,
            ids=dict(opened.ids),
            client=dict(opened.client),
            checkout_url=opened.url or "",
            expires_at=expires_at,
        )
        GatewayId.objects.bulk_create(
            [GatewayId(account=payment.account, value=value, payment=payment) for value in sorted(ids)],
            ignore_conflicts=True,
        )
        opened_fact = Fact(FactKind.OPENED, Weight.PROOF, gateway_ref=opened.gateway_ref)
        payment = apply_facts(payment.pk, [opened_fact], channel=Channel.POLL, now=now).payment
        statements.wake_deliveries(payment.account, [payment.reference, *sorted(ids)], now)
    _give_back(payment, now + timedelta(seconds=schedule.FIRST_CHECK_SECONDS))
    return Checkout(payment, opened.url, opened.client)


def _record_refusal(payment: Payment, refused: GatewayRefused) -> None:
    now = conf.now()
    fact = Fact(FactKind.FAILED, Weight.PROOF, detail=str(refused))
    apply_facts(payment.pk, [fact], channel=Channel.POLL, now=now)
    _give_back(payment, None)


def _record_silence(payment: Payment) -> None:
    """The answer was lost: the payment stays pending and is watched; the next click opens a new one."""
    now = conf.now()
    fact = Fact(FactKind.PENDING, Weight.PROOF, detail="the gateway did not answer")
    apply_facts(payment.pk, [fact], channel=Channel.POLL, now=now)
    _give_back(payment, now + timedelta(seconds=schedule.FIRST_CHECK_SECONDS))


def _give_back(payment: Payment, next_check_at: datetime | None) -> None:
    payment.refresh_from_db(fields=["state", "paid_at", "next_check_at"])
    due = payment.next_check_at if payment.state not in OPEN else next_check_at
    leases.release(payment.pk, 1, next_check_at=due)
