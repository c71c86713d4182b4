"""A kept delivery is read again: its payment may be known by now, or our mistake mended."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from raseed.core.facts import Fact
from raseed.payments import conf
from raseed.payments.flows import round_trips, statements
from raseed.payments.flows.apply_facts import apply_facts
from raseed.payments.flows.giving import BARE, Giving
from raseed.payments.flows.once_more import once_more
from raseed.payments.flows.park_delivery import park_delivery
from raseed.payments.flows.receive_delivery import channel_of, raw_of, refs_of, summary
from raseed.payments.flows.words import words_of
from raseed.payments.models import Delivery, DeliveryRef, DeliveryState
from raseed.payments.schedule import PARKED_READ_SECONDS, read_again_at

log = logging.getLogger("raseed.deliveries")


def read_delivery(delivery_id: int, now: datetime, *, again: bool = False) -> DeliveryState:
    """Read a delivery that was kept unread; what became of it. A failure is recorded, not raised.

    `again` reads one that was read as well: a person wants it, because a mistake of ours was mended.
    The payment is locked before the delivery's row is written, as everywhere.
    """
    delivery = Delivery.objects.get(pk=delivery_id)
    if delivery.state == DeliveryState.READ and not again:
        return DeliveryState.READ
    try:
        return once_more(lambda giving: _read(delivery, now, giving), first=BARE)
    except Exception as error:
        log.exception("delivery %s could not be read; it is kept", delivery.pk)
        return _put_off(delivery, error, now)


@transaction.atomic(durable=True)
def _read(delivery: Delivery, now: datetime, giving: Giving) -> DeliveryState:
    facts, payment_id = read_kept(delivery)
    if payment_id is None:
        park_delivery(
            delivery.pk,
            delivery.account,
            facts,
            received_at=delivery.received_at,
            now=now,
            tries=delivery.tries + 1,
        )
        return DeliveryState(Delivery.objects.values_list("state", flat=True).get(pk=delivery.pk))
    apply_facts(
        payment_id,
        facts,
        channel=channel_of(delivery.method),
        now=now,
        account=delivery.account,
        delivery_id=delivery.pk,
        giving=giving,
    )
    DeliveryRef.objects.filter(delivery=delivery).delete()
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.READ,
        payment_id=payment_id,
        facts_summary=summary(facts),
        read_at=now,
        next_read_at=None,
        error="",
    )
    return DeliveryState.READ


def read_kept(delivery: Delivery) -> tuple[list[Fact], int | None]:
    """The facts in a kept delivery, and the id of the payment that they are about, if it is known."""
    gateway = conf.current().gateway(delivery.account)
    facts = gateway.read(gateway.verified_before(raw_of(delivery)))
    finders, values = statements.find_payment(delivery.account, **refs_of(facts))
    return facts, round_trips.fetch(f"SELECT COALESCE({finders})", values)[0][0]


def _put_off(delivery: Delivery, error: Exception, now: datetime) -> DeliveryState:
    """Set when to read it again, unless another worker has managed to."""
    again = read_again_at(delivery.received_at, now, PARKED_READ_SECONDS)
    state = DeliveryState.STUCK if again is None else DeliveryState.DUE
    unread = Delivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryState.READ)
    kept = unread.update(state=state, tries=delivery.tries + 1, error=words_of(error), next_read_at=again)
    return state if kept else DeliveryState.READ
