"""Ask the gateway how a payment stands, and apply what it says. Used by polling, returns and staff."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from raseed.core.errors import GatewayError, LeaseLost, OutcomeUnknown, RefusedRuling
from raseed.core.facts import Channel, Fact, FactKind
from raseed.core.states import CLOSED, OPEN, State
from raseed.gateways.base import Gateway, GatewayRef, Memory
from raseed.payments import conf, schedule
from raseed.payments.flows import fulfil, leases
from raseed.payments.flows.apply_facts import apply_answer, apply_ruling
from raseed.payments.flows.ask_refunds import ask_refunds, next_look
from raseed.payments.flows.kept_returns import kept_agreements
from raseed.payments.flows.words import words_of
from raseed.payments.memory import DatabaseMemory
from raseed.payments.models import Payment, Ruling

log = logging.getLogger("raseed.check")


#: Before a question is repeated that a webhook raised.
_FIRST_PAUSE = timedelta(seconds=schedule.FIRST_CHECK_SECONDS)

#: A checkout that has a deadline of ours.
_WAITS = OPEN - {State.AUTHORIZED}


@dataclass(frozen=True)
class Checked:
    """The payment afterwards; `asked` is False when another worker was asking; `error` in words.

    `wait_seconds`: the gateway answered, and wants to be asked again after so long.
    """

    payment: Payment
    asked: bool
    error: str = ""
    wait_seconds: float = 0.0


def check_payment(payment: Payment | int, channel: str = Channel.MANUAL) -> Checked:
    """Query the gateway now and apply the answer.

    Network calls are made outside any transaction, under a lease. A gateway that cannot be reached
    changes nothing. Raises InsideTransaction when called inside the site's own transaction.
    """
    leases.outside_transaction("check_payment")
    payment_id = payment if isinstance(payment, int) else payment.pk
    settings = conf.current()
    number = leases.take(payment_id, settings.clock(), settings.lease_seconds)
    current = Payment.objects.get(pk=payment_id)
    if number is None:
        return Checked(current, asked=False)
    gateway = settings.gateway(current.account)
    error, wait, left = "", 0.0, Channel.POLL
    try:
        error = _ask(gateway, current, number, Channel(channel))
    except (GatewayError, OutcomeUnknown, LeaseLost) as problem:
        error, left = words_of(problem), Channel(channel)
        wait = getattr(problem, "retry_after_seconds", None) or 0.0
        log.warning("payment %s: %s", current.reference, error)
    except Exception as mistake:
        # A mistake of ours must not keep the lease, nor stop the worker that has other payments to ask about.
        error, left = words_of(mistake), Channel(channel)
        log.exception("payment %s could not be checked", current.reference)
    payment = _finish(payment_id, number, gateway, error, wait, told=left is Channel.WEBHOOK)
    return Checked(payment, asked=True, error=error, wait_seconds=wait)


def _ask(gateway: Gateway, payment: Payment, number: int, channel: Channel) -> str:
    """Query, apply, go on with what that needs. What staff should know, or an empty text."""
    memory = DatabaseMemory(payment.account, payment.pk, number)
    ref = ref_of(payment)
    facts = gateway.query(ref, memory)
    if facts:
        payment = apply_answer(payment.pk, facts, channel=channel, account=payment.account).payment
    if facts and gateway.capabilities.ends_when_over and _is_over(payment):
        apply_answer(payment.pk, gateway.close(ref, memory), channel=channel, account=payment.account)
        return ""
    error = _take(gateway, payment, ref, facts, memory, channel)
    return error or ask_refunds(gateway, payment, ref, memory, channel)


def _take(
    gateway: Gateway,
    payment: Payment,
    ref: GatewayRef,
    facts: Sequence[Fact],
    memory: Memory,
    channel: Channel,
) -> str:
    """Take money that the customer agreed to. What staff should know, or an empty text."""
    if payment.state in CLOSED | {State.PAID, State.REVIEW}:
        return ""
    chargeable = [fact for fact in facts if fact.kind is FactKind.CHARGEABLE]
    if gateway.capabilities.agrees_on_return:
        chargeable += kept_agreements(payment)
    if not chargeable:
        return ""
    if fulfil.is_anothers(payment):
        # Taking it would only make a second payment to send back; what is not taken returns by itself.
        return "the customer agreed, but what this is for is given for another payment: not taken"
    for fact in chargeable:
        more = gateway.advance(ref, fact, memory)
        apply_answer(payment.pk, more, channel=channel, account=payment.account)
    return ""


def _is_over(payment: Payment) -> bool:
    """Nobody waits for this checkout any more, or nobody should."""
    return payment.state == State.LAPSED or (payment.state in _WAITS and conf.now() >= payment.expires_at)


def _finish(
    payment_id: int, number: int, gateway: Gateway, error: str, wait_seconds: float, *, told: bool
) -> Payment:
    """Let an overdue payment lapse, then give the lease back with the moment of the next check.

    `told`: a webhook made us ask, and nobody answered. What it told is still to be asked about.

    What must be closed at the gateway first lapses when that went well, or cannot be had for a day.
    Held money has no deadline of ours: its customer has done their part.
    """
    now = conf.now()
    payment = Payment.objects.get(pk=payment_id)
    gives_up_at = payment.expires_at
    if gateway.capabilities.ends_when_over and error:
        gives_up_at += timedelta(days=1)
    if payment.state in _WAITS and now >= gives_up_at:
        with contextlib.suppress(RefusedRuling):  # a webhook was faster: it has ended otherwise
            apply_ruling(payment_id, Ruling.LAPSED, now=now, reason="the time to pay is over")
        payment = Payment.objects.get(pk=payment_id)
    due = schedule.next_check(payment, gateway.capabilities, now)
    due = due or next_look(payment, gateway.capabilities, now)
    if told:
        again = _ask_again(payment, now)
        due = min(due, again) if due else again
    if due is not None and payment.state in _WAITS and now < payment.expires_at:
        due = min(due, max(payment.expires_at, now + timedelta(seconds=1)))
    if due is not None and wait_seconds:
        due = now + timedelta(seconds=wait_seconds)
    left = Channel.WEBHOOK if told else Channel.POLL
    leases.release(payment_id, number, next_check_at=due, channel=left, checked_at=now, error=error)
    return payment


def _ask_again(payment: Payment, now: datetime) -> datetime:
    """When to repeat a question that a webhook raised and nobody answered; ever more slowly."""
    told = payment.facts.filter(channel=Channel.WEBHOOK.value).order_by("-pk")
    told_at = told.values_list("created_at", flat=True).first() or now
    return now + max(_FIRST_PAUSE, (now - told_at) / 10)


def check_on_return(payment: Payment) -> Checked:
    """The customer's browser came back: ask, at most once per payment in a few seconds."""
    settings = conf.current()
    now = settings.clock()
    quiet = Payment.objects.filter(pk=payment.pk).filter(
        Q(checked_at=None) | Q(checked_at__lte=now - timedelta(seconds=settings.return_query_seconds))
    )
    if payment.state == State.PAID or not quiet.update(checked_at=now):
        return Checked(Payment.objects.get(pk=payment.pk), asked=False)
    return check_payment(payment, Channel.RETURN)


def ref_of(payment: Payment) -> GatewayRef:
    """All that the gateway needs to be asked about a payment."""
    return GatewayRef(
        reference=payment.reference,
        gateway_ref=payment.gateway_ref,
        ids=payment.ids,
        method=payment.method,
        money=payment.money,
    )
