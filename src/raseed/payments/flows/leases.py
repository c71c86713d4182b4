"""Leases: one worker at a time makes outside calls for a payment; a fencing number stops late ones."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from raseed.core.errors import InsideTransaction
from raseed.core.facts import Channel
from raseed.payments.flows import round_trips

TAKE = """
UPDATE raseed_payment
SET lease_until = %s, lease_number = lease_number + 1, next_check_at = %s, check_channel = 'poll'
WHERE id = %s AND (lease_until IS NULL OR lease_until <= %s)
RETURNING lease_number
"""

RELEASE = """
UPDATE raseed_payment
SET lease_until = NULL, checked_at = COALESCE(%s, checked_at), check_error = %s,
    next_check_at = CASE WHEN check_channel = 'poll' THEN %s ELSE next_check_at END,
    check_channel = CASE WHEN check_channel = 'poll' THEN %s ELSE check_channel END
WHERE id = %s AND lease_number = %s
"""


def outside_transaction(what: str) -> None:
    """Raises InsideTransaction where a site's own transaction is open. A test case's own is no matter."""
    blocks = connection.atomic_blocks
    if blocks and not getattr(blocks[-1], "_from_testcase", False):
        raise InsideTransaction(
            f"{what} talks to a gateway and must not run inside a transaction. Call it after the atomic() "
            "block, or with transaction.on_commit(); with ATOMIC_REQUESTS, mark the view non_atomic_requests."
        )


def take(payment_id: int, now: datetime, seconds: float) -> int | None:
    """Take the lease, committed at once. The fencing number, or None while another worker holds it.

    The next check is moved to the end of the lease: if this process dies, that is when it is found again.
    """
    until = now + timedelta(seconds=seconds)
    rows = round_trips.fetch(TAKE, [until, until, payment_id, now])
    return int(rows[0][0]) if rows else None


def release(
    payment_id: int,
    number: int,
    *,
    next_check_at: datetime | None,
    channel: Channel = Channel.POLL,
    checked_at: datetime | None = None,
    error: str = "",
) -> None:
    """Give it back and set the next check; a check that was brought forward meanwhile stays forward.

    `channel`: on whose behalf the next check is made. `checked_at` is given where the gateway was asked, and
    left out where something else was called.
    """
    round_trips.execute(RELEASE, [checked_at, error, next_check_at, channel.value, payment_id, number])
