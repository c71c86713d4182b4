"""A request that cannot be verified: keep a bounded trace, and ask the gateway about what it names."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from raseed.core.errors import DeliveryError
from raseed.core.states import SETTLED
from raseed.gateways.base import Gateway, RawDelivery, Refs
from raseed.payments import encryption
from raseed.payments.flows import round_trips
from raseed.payments.flows.words import words_of
from raseed.payments.models import Payment, RejectedDelivery, RejectedMinute

log = logging.getLogger("raseed.deliveries")

#: Beyond this many in one minute at one account, refused requests are only counted.
KEPT_PER_MINUTE = 20
HEAD_BYTES = 4096

#: A genuine delivery names one checkout; a forged one may name thousands.
_NAMES_LOOKED_UP = 20

COUNT = """
INSERT INTO raseed_rejectedminute (account, minute_at, count) VALUES (%s, %s, 1)
ON CONFLICT (account, minute_at) DO UPDATE SET count = raseed_rejectedminute.count + 1
RETURNING count
"""


def reject_delivery(account: str, gateway: Gateway, raw: RawDelivery, refused: DeliveryError) -> None:
    """Count it, keep its head while there are few, and bring the check of what it names forward."""
    now = raw.received_at
    minute_at = now.replace(second=0, microsecond=0)
    count = round_trips.fetch(COUNT, [account, minute_at])[0][0]
    if count <= KEPT_PER_MINUTE:
        head, secret = raw.body[:HEAD_BYTES], bool(gateway.capabilities.token_fields)
        RejectedDelivery.objects.create(
            account=account,
            reason=words_of(refused)[:255],
            digest=hashlib.sha256(raw.body).hexdigest(),
            # A genuine body with a bad signature is refused too, and may carry what could be used again.
            head=encryption.encrypt(head) if secret else head,
            is_encrypted=secret,
            received_at=now,
        )
    _hint(account, gateway, raw, now, minute_at)


def _hint(account: str, gateway: Gateway, raw: RawDelivery, now: datetime, minute_at: datetime) -> None:
    """At most once a minute for one payment and once a second for one account.

    The payment's own limit comes first: naming one payment again and again must not use up the turn of
    the others.
    """
    named = _peek(gateway, raw)
    gateway_refs = _names(named.gateway_refs)
    waiting = Payment.objects.filter(account=account).exclude(state__in=[state.value for state in SETTLED])
    rested = Q(hinted_at=None) | Q(hinted_at__lte=now - timedelta(minutes=1))
    found = waiting.filter(
        Q(reference__in=_names(named.references))
        | Q(gateway_ref__in=gateway_refs)
        | Q(gateway_ids__value__in=gateway_refs),
        rested,
    )
    payment_id = found.values_list("pk", flat=True).first()
    if payment_id is None:
        return
    quiet = RejectedMinute.objects.filter(account=account, minute_at=minute_at).filter(
        Q(hinted_at=None) | Q(hinted_at__lte=now - timedelta(seconds=1))
    )
    if quiet.update(hinted_at=now):
        Payment.objects.filter(rested, pk=payment_id).update(hinted_at=now, next_check_at=now)


def _peek(gateway: Gateway, raw: RawDelivery) -> Refs:
    """Anybody may have written the body: whatever an adapter makes of it, the answer must be a refusal."""
    try:
        return gateway.peek(raw)
    except Exception:
        log.exception("%s could not peek into a request", gateway.name)
        return Refs()


def _names(values: Iterable[str]) -> list[str]:
    """A few names that a database can look up."""
    return sorted(value for value in values if value.isprintable() and len(value) <= 255)[:_NAMES_LOOKED_UP]
