"""A customer presses "pay": commit a payment with a fresh reference, then open the checkout at the gateway.

Starting locks no payable. A partial unique index allows one open payment per purpose, payable and
occasion, and picks the winner when two start at once; the loser shows the winner's checkout.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from raseed.core.errors import (
    AmountBelowMinimum,
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    LeaseLost,
    NotAllowed,
    OutcomeUnknown,
    StartInProgress,
    Unsupported,
)
from raseed.core.money import Money
from raseed.core.states import OPEN, State
from raseed.gateways.base import Gateway, Opened, Order
from raseed.payments import conf
from raseed.payments.flows import leases, reserve
from raseed.payments.flows.card_use import CardUse, card_use
from raseed.payments.flows.opening import OPENING_LEASE, record_opened, record_refusal, record_silence
from raseed.payments.flows.parties import Parties, filled_wallet, parties_of, the_method
from raseed.payments.flows.standing import BEING_OPENED, refuse_ended, set_aside, wait_until_opened
from raseed.payments.links import gateway_return_url, path_on_site, site_path
from raseed.payments.memory import DatabaseMemory
from raseed.payments.models import Payment, SavedCard
from raseed.payments.purposes import Purpose

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
    parties: Parties
    wallet: str
    cards: CardUse


def start_payment(
    payable: Any,
    *,
    purpose: str,
    account: str,
    method: str = "",
    user: Any = None,
    payer_wallet: str = "",
    payee: str = "",
    return_url: str = "",
    cancel_url: str = "",
    next: str = "",  # noqa: A002 the word that Django sites use
    customer: Mapping[str, str] | None = None,
    description: str = "",
    save_card: bool = False,
    saved_card: SavedCard | None = None,
    off_session: bool = False,
) -> Checkout:
    """Start paying for `payable`, or return to the checkout that is open for it.

    `method` may be left out where the account has one only. `payer_wallet` and `payee` are for gateways
    between wallets: the address the customer typed, and who is paid (default: what the purpose says,
    else the account itself).
    `return_url` and `cancel_url` are paths of this site where `raseed.returned` (or a view that calls
    it) is mounted; default: Raseed's own. `next` is where the status page leads afterwards; one that
    leads away from this site is dropped, because visitors may have written it. `save_card` has the
    gateway's page offer to keep the card; `saved_card`, `off_session`: see `pay_with_card`.
    Raises RefusedStart and WrongWallet (with a reason fit for the customer), GatewayRefused, or
    GatewayUnavailable (try again: a later click opens a fresh checkout, and this one is watched).
    """
    leases.outside_transaction("start_payment")
    chosen, gateway = _named(payable, purpose, account)
    request = _Request(
        payable=payable,
        purpose=chosen,
        account=account,
        gateway=gateway,
        method=method or the_method(gateway, account),
        user=user if getattr(user, "is_authenticated", False) else None,
        money=chosen.price(payable),
        return_url=site_path(return_url, "return_url"),
        cancel_url=site_path(cancel_url or return_url, "cancel_url"),
        next_url=path_on_site(next),
        customer=customer or {},
        description=(description or chosen.describe(payable))[:255],
        parties=parties_of(gateway, account, payer_wallet, payee or chosen.payee(payable)),
        wallet=filled_wallet(chosen, payable),
        cards=card_use(gateway, account, user, saved_card, save=save_card, off_session=off_session),
    )
    return _checkout(request)


def _named(payable: Any, purpose: str, account: str) -> tuple[Purpose, Gateway]:
    """The purpose and the gateway of these names. Raises ConfigurationError, or for a wrong payable."""
    settings = conf.current()
    chosen = settings.purpose(purpose)
    _must_be_payable(payable, chosen)
    return chosen, settings.gateway(account)


def _checkout(request: _Request) -> Checkout:
    """The checkout that is open for it, or a new one in its place."""
    _refuse(request)
    standing = _standing(request)
    if standing is not None:
        checkout = _reuse(request, standing)
        if checkout is not None:
            return checkout
        set_aside(standing)
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
    if request.wallet and request.parties.payee:
        raise Unsupported("money that goes from wallet to wallet elsewhere cannot fill one here.")
    if request.money.currency not in capabilities.currencies:
        raise Unsupported(f"account {request.account!r} does not take {request.money.currency}.")
    minimum = max(capabilities.minimum_minor(request.method, request.money.currency), 1)
    if request.money.minor < minimum:
        raise AmountBelowMinimum(
            f"{request.money} is less than this method takes; the smallest amount is "
            f"{Money(minimum, request.money.currency)}. Choose another method or a higher price."
        )


def _standing(request: _Request) -> Payment | None:
    """The checkout that is open for it. Raises RefusedStart where it is paid for already."""
    same = Payment.objects.filter(
        purpose=request.purpose.name,
        payable_key=str(request.payable.pk),
        occasion=request.purpose.occasion(request.payable),
        state__in=OPEN | {State.PAID, State.REVIEW},
    ).order_by("pk")
    for earlier in same:
        if earlier.state == State.REVIEW or (earlier.state == State.PAID and not earlier.is_fully_refunded):
            refuse_ended(earlier)
    return next((payment for payment in same if payment.state in OPEN), None)


def _reuse(request: _Request, standing: Payment) -> Checkout | None:
    """The open checkout, if it is the same and still usable; waits while another request opens it."""
    wait_until_opened(standing)
    refuse_ended(standing)
    same = (
        standing.account == request.account
        and standing.method == request.method
        and standing.money == request.money
        and standing.saved_card_id == (request.cards.card.pk if request.cards.card else None)
        and not request.cards.off_session
        and Parties(standing.payer_wallet, standing.payee) == request.parties
    )
    usable = standing.state == State.PENDING and bool(standing.checkout_url or standing.client)
    if not (same and usable and conf.now() < standing.expires_at):
        return None
    return Checkout(standing, standing.checkout_url or None, standing.client, reused=True)


def _open(request: _Request) -> Checkout:
    payment = _insert(request)
    if payment is None:
        standing = _standing(request)
        checkout = _reuse(request, standing) if standing else None
        if checkout is None:
            raise StartInProgress(BEING_OPENED)
        return checkout
    try:
        opened = _opened(request, payment)
    except GatewayRefused as refused:
        record_refusal(payment, refused)
        raise
    except GatewayError:
        record_silence(payment)
        raise
    except (LeaseLost, OutcomeUnknown) as lost:  # several calls that took longer than the lease
        record_silence(payment)
        raise GatewayUnavailable("the gateway took too long to open the checkout; try again.") from lost
    payment = record_opened(payment, opened, request.gateway.capabilities)
    if opened.url is None and not opened.client and not request.cards.off_session:
        raise GatewayUnavailable("the gateway has this checkout already, and its page is lost; try again.")
    return Checkout(payment, opened.url, opened.client)


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
        payer_wallet=request.parties.payer_wallet,
        payee=request.parties.payee,
        wallet=request.wallet,
        saved_card=request.cards.card,
        next_url=request.next_url,
        created_at=now,
        expires_at=now + timedelta(seconds=request.purpose.open_for_seconds),
        next_check_at=lease_until,
        lease_until=lease_until,
        lease_number=OPENING_LEASE,
    )
    is_first, reserves = False, request.purpose.reserves
    # One statement is a transaction of its own, but for a test case, whose own transaction it must not break.
    is_one = not reserves and not connection.in_atomic_block
    try:
        with nullcontext() if is_one else transaction.atomic(durable=True):
            payment.save(force_insert=True)
            is_first = True
            if reserves:
                reserve.set_aside(request.purpose, payment, now)
    except IntegrityError:
        if is_first:
            raise  # the site's own code, while it set the thing aside
        return None
    return payment


def _opened(request: _Request, payment: Payment) -> Opened:
    """Ask the gateway for a checkout; or to charge the card right away."""
    order, memory, cards = _order(request, payment), _memory(payment), request.cards
    if cards.off_session and cards.token:
        return request.gateway.charge_saved(cards.token, order, memory)
    return request.gateway.open(order, memory)


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
        payer_wallet=payment.payer_wallet or None,
        payee=payment.payee or None,
        open_for_seconds=int(request.purpose.open_for_seconds),
        saved_card=request.cards.token,
        save_card=request.cards.save,
        payable_key=payment.payable_key,
    )
