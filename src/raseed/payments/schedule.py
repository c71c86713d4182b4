"""When to look again. Reads no clock and no database: a payment and the present in, a moment out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from raseed.core.states import CLOSED, State

if TYPE_CHECKING:
    from raseed.gateways.base import Capabilities
    from raseed.payments.models import Payment

#: The first look after starting, and the shortest pause between two.
FIRST_CHECK_SECONDS = 5

#: Settled payments are looked at again at these ages in days, so that a refund made in the gateway's
#: dashboard is found even if its webhook was lost.
SETTLED_CHECK_DAYS = (1, 7, 30, 90)

#: Pauses before a kept delivery is read again, counted from its coming; then it is shown to staff.
PARKED_READ_SECONDS = (30, 120, 600, 3600, 6 * 3600, 24 * 3600)

#: Foreign deliveries get two more looks: their payment may have gained its id at the same moment.
FOREIGN_READ_SECONDS = (60, 600)


def next_check(payment: Payment, capabilities: Capabilities, now: datetime) -> datetime | None:
    """When to ask the gateway again, or None when it is final and nothing more can come.

    Never more often than a tenth of the checkout's age, unless the gateway publishes a schedule.
    """
    if payment.state == State.PAID:
        settled_at = payment.paid_at or payment.created_at
        return _settled_check(settled_at, now) if capabilities.can_query_refunds else None
    if payment.state in CLOSED:
        return None
    if payment.state == State.REVIEW:
        return now + timedelta(hours=1)
    age = (now - payment.created_at).total_seconds()
    for until, pause in capabilities.poll_seconds:
        if age < until:
            return now + timedelta(seconds=pause)
    return now + timedelta(seconds=max(FIRST_CHECK_SECONDS, age / 10))


def _settled_check(settled_at: datetime, now: datetime) -> datetime | None:
    moments = (settled_at + timedelta(days=days) for days in SETTLED_CHECK_DAYS)
    return next((moment for moment in moments if moment > now), None)


def read_again_at(received_at: datetime, now: datetime, pauses: Sequence[int]) -> datetime | None:
    """When to read a kept delivery next, or None when its last planned look is behind us.

    Counted from its coming, so that looks which a copy or a new id brought forward use nothing up.
    """
    moments = (received_at + timedelta(seconds=sum(pauses[: n + 1])) for n in range(len(pauses)))
    return next((moment for moment in moments if moment > now), None)


def retry_at(now: datetime, tries: int, first_seconds: float, longest_seconds: float = 3600) -> datetime:
    """Doubling pauses: `tries` failures lie behind us."""
    pause = min(first_seconds * 2 ** min(tries - 1, 20), longest_seconds)
    return now + timedelta(seconds=pause)
