"""How often what nobody signed may make us ask. A hint that must wait is asked about later, never lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from raseed.payments.models import Payment

#: One question about one payment in this time; also how long a hint waits where its account had its share.
PAUSE_SECONDS = 5

#: Payments of one account that hints may have asked about at once, counted over a second: anybody who saw
#: one delivery of a gateway that signs none can send others.
PER_SECOND = 10


def turn(payment: Payment, now: datetime) -> datetime:
    """When a hint about this payment may be followed: now, unless something was asked about just before."""
    pause = timedelta(seconds=PAUSE_SECONDS)
    if payment.hinted_at is not None and payment.hinted_at <= now < payment.hinted_at + pause:
        return payment.hinted_at + pause
    just_now = Payment.objects.filter(
        account=payment.account, hinted_at__gt=now - timedelta(seconds=1), hinted_at__lte=now
    )
    return now + pause if just_now.count() >= PER_SECOND else now
