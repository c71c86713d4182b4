"""What came of asking a gateway for a checkout: it opened, was refused, or the answer was lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from raseed.core.errors import GatewayRefused
from raseed.core.facts import Channel, Fact, FactKind, Weight
from raseed.core.states import OPEN
from raseed.gateways.base import Capabilities, Opened
from raseed.payments import conf, schedule
from raseed.payments.flows import leases, statements
from raseed.payments.flows.apply_facts import apply_facts
from raseed.payments.models import Payment

#: The fencing number under which a payment is inserted: nobody else has seen it yet.
OPENING_LEASE = 1


@transaction.atomic(durable=True)
def record_opened(payment: Payment, opened: Opened, capabilities: Capabilities) -> Payment:
    """Store what the gateway answered. A webhook may have been faster: then only the ids are news."""
    now = conf.now()
    ids = sorted({value for value in (opened.gateway_ref, *opened.ids.values()) if value})
    expires_at = min(payment.expires_at, opened.expires_at or payment.expires_at)
    locked = statements.lock_opened(
        payment.pk,
        gateway_ref=opened.gateway_ref,
        ids=opened.ids,
        client=opened.client,
        checkout_url=opened.url or "",
        expires_at=expires_at,
    )
    fact = Fact(FactKind.OPENED, Weight.PROOF, gateway_ref=opened.gateway_ref)
    payment = apply_facts(payment.pk, [fact], channel=Channel.POLL, now=now, locked=locked).payment
    statements.name_payment(payment, ids, now)
    _give_back(payment, schedule.next_check(payment, capabilities, now))
    return payment


def record_refusal(payment: Payment, refused: GatewayRefused) -> None:
    """The gateway said no: there is nothing to watch."""
    _record(payment, Fact(FactKind.FAILED, Weight.PROOF, detail=str(refused)), None)


def record_silence(payment: Payment) -> None:
    """The answer was lost: the payment stays pending and is watched; the next click opens a new one."""
    soon = conf.now() + timedelta(seconds=schedule.FIRST_CHECK_SECONDS)
    _record(payment, Fact(FactKind.PENDING, Weight.PROOF, detail="the gateway did not answer"), soon)


@transaction.atomic(durable=True)
def _record(payment: Payment, fact: Fact, next_check_at: datetime | None) -> None:
    applied = apply_facts(payment.pk, [fact], channel=Channel.POLL, now=conf.now())
    _give_back(applied.payment, next_check_at)


def _give_back(payment: Payment, next_check_at: datetime | None) -> None:
    """Whoever took over in the meantime has another number, and keeps the lease."""
    due = payment.next_check_at if payment.state not in OPEN else next_check_at
    leases.release(payment.pk, OPENING_LEASE, next_check_at=due)
