"""What is owed: due rows that nobody does, and things that wait for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.core.checks import CheckMessage
from django.db.models import Count, Min, Q

from raseed.payments import conf
from raseed.payments.doctor.findings import found
from raseed.payments.flows.chores import CHECK, CHORES, Chore
from raseed.payments.models import (
    Delivery,
    DeliveryState,
    Fulfilment,
    FulfilmentState,
    Notice,
    NoticeState,
    Payment,
    Revocation,
)

#: A worker looks twice a second; whatever waits for so long waits for nobody.
_OVERDUE = timedelta(minutes=5)

#: The shop's code failed so often that it will not get well by itself.
_MANY_TRIES = 3

_WORK = {
    "read": "deliveries to read",
    "fulfil": "things to give",
    "revoke": "things to take back",
    "release": "reservations to release",
    "refund": "refunds to send",
    "check": "payments to ask about",
    "notice": "notices to send",
}


def examine(settings: conf.Settings) -> Iterator[CheckMessage]:
    """Counts rows; shows none of them."""
    for chore in CHORES:
        yield from _overdue(chore)
    for where, count, remedy in _waiting():
        if count:
            yield found("raseed.W070", where, f"{count} wait for a person.", remedy)


def _overdue(chore: Chore) -> Iterator[CheckMessage]:
    now = conf.now()
    late = Q(**{f"{chore.column}__lte": now - _OVERDUE})
    if chore is CHECK:
        late &= Q(lease_until=None) | Q(lease_until__lte=now)
    rows = chore.model._default_manager.filter(late).aggregate(count=Count("pk"), oldest=Min(chore.column))
    if rows["count"]:
        minutes = int((now - rows["oldest"]).total_seconds() // 60)
        yield found(
            "raseed.E070",
            _WORK[chore.name],
            f"{rows['count']} overdue, the oldest for {minutes} minutes.",
            "Does a worker run, and does it keep up? Several may share the work. Its log says what fails.",
        )


def _waiting() -> Iterator[tuple[str, int, str]]:
    admin = "In the admin: Payments, "
    yield (
        "payments that need a person",
        Payment.objects.exclude(attention="").count(),
        f'{admin}filter "Does anything need me?"',
    )
    yield (
        "deliveries that could not be read",
        Delivery.objects.filter(state=DeliveryState.STUCK).count(),
        'In the admin: Deliveries, filter "Stuck"; the error says why.',
    )
    failing = Q(state=FulfilmentState.DUE, tries__gte=_MANY_TRIES)
    yield (
        "paid, and the shop's own code fails to give it",
        Fulfilment.objects.filter(failing).count() + Revocation.objects.filter(failing).count(),
        f'{admin}filter "Paid, but not given"; the payment\'s page shows the traceback.',
    )
    yield (
        "notices that were given up",
        Notice.objects.filter(state=NoticeState.FAILED).count(),
        'In the admin: Notices, filter "Given up"; the error says why.',
    )
