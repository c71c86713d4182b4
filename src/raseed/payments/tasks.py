"""The flows as Django tasks. Each records its own failures; losing one loses nothing.

A task takes a row's id and the claim under which the sweep handed it out: what it wrote in the row's due
column. It does its work only while that still stands there. So a message that waited in a queue until its
claim ran out does nothing, whatever the queue holds or says twice.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from django.db.models import Model

from raseed.core.facts import Channel
from raseed.payments import conf
from raseed.payments.flows.check_payment import check_payment
from raseed.payments.flows.fulfil import retry_fulfilment, retry_revocation
from raseed.payments.flows.read_delivery import read_delivery
from raseed.payments.flows.refund import send_refund
from raseed.payments.flows.reserve import retry_release
from raseed.payments.flows.send_notice import send_notice
from raseed.payments.models import (
    Delivery,
    Fulfilment,
    Notice,
    Payment,
    Refund,
    Reservation,
    Revocation,
)

try:
    from django.tasks import task  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # Django 5.2
    from django_tasks import task  # type: ignore[import-not-found,no-redef,unused-ignore]


def _claimed(
    model: type[Model], column: str
) -> Callable[[Callable[[int], None]], Callable[[int, str], None]]:
    """Of two messages about one row only that with the newest claim works, and only once."""

    def wrap(work: Callable[[int], None]) -> Callable[[int, str], None]:
        @functools.wraps(work)
        def run(row_id: int, claim: str) -> None:
            if model._default_manager.filter(pk=row_id, **{column: claim}).exists():
                work(row_id)

        return run

    return wrap


@task()
@_claimed(Delivery, "next_read_at")
def read(delivery_id: int) -> None:
    """Read a kept delivery again."""
    read_delivery(delivery_id, conf.now())


@task()
@_claimed(Fulfilment, "next_try_at")
def fulfil(fulfilment_id: int) -> None:
    """Give what is owed."""
    retry_fulfilment(fulfilment_id, conf.now())


@task()
@_claimed(Revocation, "next_try_at")
def revoke(revocation_id: int) -> None:
    """Take back after a refund."""
    retry_revocation(revocation_id, conf.now())


@task()
@_claimed(Reservation, "next_try_at")
def release(reservation_id: int) -> None:
    """Let go of what was set aside for a payment that ended."""
    retry_release(reservation_id, conf.now())


@task()
@_claimed(Refund, "next_try_at")
def refund(refund_id: int) -> None:
    """Send a refund, or look up what became of it."""
    send_refund(refund_id)


@task()
@_claimed(Payment, "next_check_at")
def check(payment_id: int) -> None:
    """Ask the gateway how a payment stands, on behalf of whatever brought the check forward."""
    channel = Payment.objects.values_list("check_channel", flat=True).get(pk=payment_id)
    check_payment(payment_id, Channel(channel))


@task()
@_claimed(Notice, "next_try_at")
def notice(notice_id: int) -> None:
    """Send an e-mail or a webhook."""
    send_notice(notice_id)
