"""A request that cannot be verified: keep a bounded trace, and ask the gateway about what it names."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db.models import Q

from raseed.core.errors import DeliveryError
from raseed.core.facts import Channel
from raseed.core.states import CLOSED, State
from raseed.gateways.base import Gateway, RawDelivery
from raseed.payments.flows import statements
from raseed.payments.models import Payment, RejectedDelivery, RejectedMinute

#: Beyond this many in one minute at one account, refused requests are only counted.
KEPT_PER_MINUTE = 20
HEAD_BYTES = 4096

COUNT = """
INSERT INTO raseed_rejectedminute (account, minute_at, count) VALUES (%s, %s, 1)
ON CONFLICT (account, minute_at) DO UPDATE SET count = raseed_rejectedminute.count + 1
RETURNING count
"""


def reject_delivery(account: str, gateway: Gateway, raw: RawDelivery, refused: DeliveryError) -> None:
    """Count it, keep its head while there are few, and bring the check of what it names forward."""
    now = raw.received_at
    minute_at = now.replace(second=0, microsecond=0)
    count = statements.execute(COUNT, [account, minute_at])[0][0]
    if count <= KEPT_PER_MINUTE:
        RejectedDelivery.objects.create(
            account=account,
            reason=f"{type(refused).__name__}: {refused}"[:255],
            digest=hashlib.sha256(raw.body).hexdigest(),
            head=raw.body[:HEAD_BYTES],
            received_at=now,
        )
    _hint(account, gateway, raw, now, minute_at)


def _hint(account: str, gateway: Gateway, raw: RawDelivery, now: datetime, minute_at: datetime) -> None:
    """At most once a minute for one payment and once a second for one account."""
    named = gateway.peek(raw)
    waiting = Payment.objects.filter(account=account).exclude(
        state__in=[state.value for state in CLOSED | {State.PAID}]
    )
    found = waiting.filter(
        Q(reference__in=named.references)
        | Q(gateway_ref__in=named.gateway_refs)
        | Q(gateway_ids__value__in=named.gateway_refs)
    )
    payment_id = found.values_list("pk", flat=True).first()
    if payment_id is None:
        return
    quiet = RejectedMinute.objects.filter(account=account, minute_at=minute_at).filter(
        Q(hinted_at=None) | Q(hinted_at__lte=now - timedelta(seconds=1))
    )
    if quiet.update(hinted_at=now):
        Payment.objects.filter(pk=payment_id).filter(
            Q(hinted_at=None) | Q(hinted_at__lte=now - timedelta(minutes=1))
        ).update(hinted_at=now, next_check_at=now, check_channel=Channel.WEBHOOK)
