"""Let go of what is finished and old enough, in small transactions, while everything else goes on.

Payments, charges, refunds, disputes, fulfilments, postings, wallets and every fact that moved something stay
for good. They make a late duplicate harmless: it tells them nothing new, whether or not its first copy is
still known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet

from raseed.core.states import OPEN, RefundState, State
from raseed.payments import conf
from raseed.payments.models import (
    Charge,
    Delivery,
    DeliveryState,
    Dispute,
    DisputeState,
    Fulfilment,
    FulfilmentState,
    Notice,
    NoticeState,
    Payment,
    PaymentFact,
    Refund,
    RejectedDelivery,
    RejectedMinute,
    Reservation,
    Revocation,
    StaffAction,
)
from raseed.payments.models.fact import IDLE


@dataclass(frozen=True)
class Chaff:
    """Rows of one kind that may go: `old` ones by the moment in `column`, and how they go."""

    name: str
    days: int
    rows: QuerySet[Any]
    column: str
    go: Callable[[Sequence[int]], object]


def chaff(now: datetime) -> Iterator[Chaff]:
    """All kinds that the settings do not keep for good."""
    for name, days in conf.current().retention_days.items():
        if days is not None:
            yield from _KINDS[name](days, now - timedelta(days=days))


def let_go(kind: Chaff, batch: int) -> Iterator[int]:
    """Batch after batch, each in a transaction of its own; how many rows each was.

    Rows that somebody works on right now are passed by, for the next run. What is old and still needed is
    read once, not again with every batch.
    """
    at: datetime | None = None
    while True:
        with transaction.atomic(durable=True):
            rows = kind.rows if at is None else kind.rows.filter(**{f"{kind.column}__gte": at})
            if connection.features.has_select_for_update_skip_locked:
                rows = rows.select_for_update(skip_locked=True, of=("self",))
            chosen = list(rows.order_by(kind.column).values_list("pk", kind.column)[:batch])
            if not chosen:
                return
            kind.go([pk for pk, _ in chosen])
            at = chosen[-1][1]
        yield len(chosen)


def _unfinished(since: datetime) -> Exists:
    """The row's payment is open, watched, owed something, waits for a person, or was heard of since then."""
    of_payment = {"payment": OuterRef("pk")}
    due = Q(state=FulfilmentState.DUE)
    going_back = Q(state__in=set(RefundState) - {RefundState.SUCCEEDED, RefundState.FAILED})
    parts = (
        Fulfilment.objects.filter(due, **of_payment),
        Revocation.objects.filter(due, refund__payment=OuterRef("pk")),
        Reservation.objects.filter(next_try_at__isnull=False, **of_payment),
        Refund.objects.filter(going_back, **of_payment),
        Dispute.objects.filter(state=DisputeState.OPEN, **of_payment),
        Charge.objects.filter(held=True, **of_payment),
        PaymentFact.objects.filter(created_at__gte=since, **of_payment),
    )
    busy = Q(state__in={*OPEN, State.REVIEW}) | Q(next_check_at__isnull=False) | ~Q(attention="")
    for part in parts:
        busy |= Q(Exists(part))
    return Exists(Payment.objects.filter(busy, pk=OuterRef("payment_id")))


def _bodies(days: int, before: datetime) -> Iterator[Chaff]:
    """Read ones only: what is parked, due, stuck or foreign may have to be read again."""
    rows = Delivery.objects.filter(
        ~_unfinished(before), state=DeliveryState.READ, received_at__lt=before, body__isnull=False
    )

    def go(ids: Sequence[int]) -> object:
        return Delivery.objects.filter(pk__in=ids).update(body=None, query={}, headers={})

    yield Chaff("bodies", days, rows, "received_at", go)


def _deliveries(days: int, before: datetime) -> Iterator[Chaff]:
    """What a person had read again stays, with who did it and why."""
    rows = Delivery.objects.filter(
        ~_unfinished(before),
        ~Exists(StaffAction.objects.filter(delivery=OuterRef("pk"))),
        state__in=[DeliveryState.READ, DeliveryState.FOREIGN],
        next_read_at=None,
        received_at__lt=before,
    )
    yield Chaff("deliveries", days, rows, "received_at", _delete(Delivery))


def _facts(days: int, before: datetime) -> Iterator[Chaff]:
    """What changed nothing. What a person said stays."""
    rows = PaymentFact.objects.filter(
        ~_unfinished(before), decision__in=IDLE, from_state=F("to_state"), user=None, created_at__lt=before
    )
    yield Chaff("facts", days, rows, "created_at", _delete(PaymentFact))


def _rejected(days: int, before: datetime) -> Iterator[Chaff]:
    refused = RejectedDelivery.objects.filter(received_at__lt=before)
    minutes = RejectedMinute.objects.filter(minute_at__lt=before)
    yield Chaff("rejected", days, refused, "received_at", _delete(RejectedDelivery))
    yield Chaff("rejected counts", days, minutes, "minute_at", _delete(RejectedMinute))


def _notices(days: int, before: datetime) -> Iterator[Chaff]:
    """The row and its key stay: without them the same notice could be sent again."""
    rows = Notice.objects.filter(state=NoticeState.SENT, sent_at__lt=before).exclude(recipient="")

    def go(ids: Sequence[int]) -> object:
        return Notice.objects.filter(pk__in=ids).update(recipient="", body="", html="")

    yield Chaff("notices", days, rows, "sent_at", go)


def _delete(model: type[Model]) -> Callable[[Sequence[int]], object]:
    return lambda ids: model._default_manager.filter(pk__in=ids).delete()


_KINDS: dict[str, Callable[[int, datetime], Iterator[Chaff]]] = {
    "bodies": _bodies,
    "deliveries": _deliveries,
    "facts": _facts,
    "rejected": _rejected,
    "notices": _notices,
}
