"""The flows as Django tasks. Each records its own failures; losing one loses nothing.

A task takes a row's id and the claim under which the sweep handed it out: what it wrote in the row's due
column. It does its work only while that still stands there. So a message that waited in a queue until its
claim ran out does nothing, whatever the queue holds or says twice.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from raseed.core.facts import Channel
from raseed.payments import conf
from raseed.payments.flows import chores
from raseed.payments.flows.check_payment import check_payment
from raseed.payments.flows.fulfil import retry_fulfilment, retry_revocation
from raseed.payments.flows.read_delivery import read_delivery
from raseed.payments.flows.refund import send_refund
from raseed.payments.flows.reserve import retry_release
from raseed.payments.flows.send_notice import send_notice

try:
    from django.tasks import task  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # Django 5.2
    from django_tasks import task  # type: ignore[import-not-found,no-redef,unused-ignore]


def _claimed(chore: chores.Chore) -> Callable[[Callable[[int], None]], Callable[[int, str], None]]:
    """Of two messages about one row only that with the newest claim works, and only once."""

    def wrap(work: Callable[[int], None]) -> Callable[[int, str], None]:
        @functools.wraps(work)
        def run(row_id: int, claim: str) -> None:
            if chore.claimed(row_id, claim).exists():
                work(row_id)

        return run

    return wrap


@task()
@_claimed(chores.READ)
def read(delivery_id: int) -> None:
    """Read a kept delivery again."""
    read_delivery(delivery_id, conf.now())


@task()
@_claimed(chores.FULFIL)
def fulfil(fulfilment_id: int) -> None:
    """Give what is owed."""
    retry_fulfilment(fulfilment_id, conf.now())


@task()
@_claimed(chores.REVOKE)
def revoke(revocation_id: int) -> None:
    """Take back after a refund."""
    retry_revocation(revocation_id, conf.now())


@task()
@_claimed(chores.RELEASE)
def release(reservation_id: int) -> None:
    """Let go of what was set aside for a payment that ended."""
    retry_release(reservation_id, conf.now())


@task()
@_claimed(chores.REFUND)
def refund(refund_id: int) -> None:
    """Send a refund, or look up what became of it."""
    send_refund(refund_id)


@task()
def check(payment_id: int, claim: str) -> None:
    """Ask the gateway how a payment stands, on behalf of whatever brought the check forward."""
    claimed = chores.CHECK.claimed(payment_id, claim).values_list("check_channel", flat=True)
    for channel in claimed:
        check_payment(payment_id, Channel(channel))


@task()
@_claimed(chores.NOTICE)
def notice(notice_id: int) -> None:
    """Send an e-mail or a webhook."""
    send_notice(notice_id)


#: Which task does which kind of owed work.
TASKS: dict[chores.Chore, Any] = {
    chores.READ: read,
    chores.FULFIL: fulfil,
    chores.REVOKE: revoke,
    chores.RELEASE: release,
    chores.REFUND: refund,
    chores.CHECK: check,
    chores.NOTICE: notice,
}
