"""A checkout is open already for the same thing: wait for it, or set it aside for a new one."""

from __future__ import annotations

import time
from datetime import timedelta

from raseed.core.errors import (
    AlreadyPaid,
    GatewayError,
    LeaseLost,
    MoneyUnderWay,
    OutcomeUnknown,
    RefusedRuling,
    StartInProgress,
    UnderReview,
)
from raseed.core.facts import Channel
from raseed.core.states import OPEN, State
from raseed.gateways.base import Gateway
from raseed.payments import conf, schedule
from raseed.payments.flows import leases
from raseed.payments.flows.apply_facts import apply_answer, apply_ruling
from raseed.payments.flows.check_payment import check_payment, ref_of
from raseed.payments.flows.words import words_of
from raseed.payments.memory import DatabaseMemory
from raseed.payments.models import Payment, Ruling

#: How long the second of two simultaneous clicks waits for the first one's checkout.
WAIT_FOR_WINNER_SECONDS = 8.0

BEING_OPENED = "this payment is being opened right now. Try again in a few seconds."


def wait_until_opened(standing: Payment) -> None:
    """Wait while another request opens it. Raises StartInProgress where that takes too long."""
    give_up_at = time.monotonic() + WAIT_FOR_WINNER_SECONDS
    while standing.state == State.NEW and _is_leased(standing):
        if time.monotonic() > give_up_at:
            raise StartInProgress(BEING_OPENED)
        time.sleep(0.05)
        standing.refresh_from_db()


def _is_leased(payment: Payment) -> bool:
    return payment.lease_until is not None and payment.lease_until > conf.now()


def refuse_ended(standing: Payment) -> None:
    """Money came for it, or is held. Raises UnderReview or AlreadyPaid."""
    if standing.state == State.REVIEW:
        raise UnderReview("a payment for this has arrived and is being looked at. Please do not pay again.")
    if standing.state == State.AUTHORIZED:
        raise AlreadyPaid("the money for this is reserved already. You need not pay again.")
    if standing.state == State.PAID:
        raise AlreadyPaid("this is paid for already.")


def set_aside(standing: Payment) -> None:
    """Make room for a new checkout: close the old one at the gateway where it can, and watch it on.

    Whatever the gateway answers, the old one lapses here; if it is paid after all, the policy for late
    or double payment decides.
    """
    if standing.state not in OPEN:
        return
    gateway = conf.current().gateway(standing.account)
    may_close = gateway.capabilities.closes(standing.method) and bool(standing.gateway_ref)
    closed = may_close and close_checkout(gateway, standing)
    if not closed:
        check_payment(standing, Channel.POLL)  # it may be paid, and the webhook on its way
    standing.refresh_from_db()
    refuse_ended(standing)
    if standing.state not in OPEN:
        return
    try:
        apply_ruling(standing.pk, Ruling.LAPSED, now=conf.now(), reason="another checkout took its place")
    except RefusedRuling:  # it ended this very moment
        standing.refresh_from_db()
        refuse_ended(standing)


def close_checkout(gateway: Gateway, standing: Payment) -> bool:
    """Close it at the gateway. False where that did not work: perhaps because it is paid."""
    settings = conf.current()
    number = leases.take(standing.pk, settings.clock(), settings.lease_seconds)
    if number is None:
        return False
    error, is_under_way = "", False
    try:
        facts = gateway.close(ref_of(standing), DatabaseMemory(standing.account, standing.pk, number))
        apply_answer(standing.pk, facts, account=standing.account)
    except (GatewayError, OutcomeUnknown, LeaseLost) as problem:
        error = words_of(problem)
        is_under_way = isinstance(problem, MoneyUnderWay)
    soon = conf.now() + timedelta(seconds=schedule.FIRST_CHECK_SECONDS)
    leases.release(standing.pk, number, next_check_at=soon, error=error)
    if is_under_way:
        raise StartInProgress("the money for this is on its way. Please wait, and do not pay again.")
    return not error
