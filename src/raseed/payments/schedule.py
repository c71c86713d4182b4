"""When to look again. Pure: ages in, moments out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from raseed.core.states import CLOSED, State

#: The first look after starting, and the shortest pause between two.
FIRST_CHECK_SECONDS = 5

#: Settled payments are looked at again at these ages in days, so that a refund made in the gateway's
#: dashboard is found even if its webhook was lost.
SETTLED_CHECK_DAYS = (1, 7, 30, 90)

#: Pauses before a kept delivery is read again, counted from its coming; then it is shown to staff.
PARKED_READ_SECONDS = (30, 120, 600, 3600, 6 * 3600, 24 * 3600)

#: Foreign deliveries get two more looks: their payment may have gained its id at the same moment.
FOREIGN_READ_SECONDS = (60, 600)


def next_check(
    state: State,
    *,
    created_at: datetime,
    paid_at: datetime | None,
    now: datetime,
    poll_seconds: Sequence[tuple[int, int]] = (),
    can_query_refunds: bool = True,
) -> datetime | None:
    """When to ask the gateway again, or None when it is final and nothing more can come.

    Never more often than a tenth of the checkout's age, unless the gateway publishes a schedule.
    """
    if state is State.PAID:
        return _settled_check(paid_at or created_at, now) if can_query_refunds else None
    if state in CLOSED:
        return None
    if state is State.REVIEW:
        return now + timedelta(hours=1)
    age = (now - created_at).total_seconds()
    for until, pause in poll_seconds:
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
