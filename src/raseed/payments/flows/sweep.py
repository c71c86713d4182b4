"""Find what is owed and hand it to the task framework. The database is the only memory.

Due rows are claimed by moving their due column into the future: if the worker that takes one dies, the
row becomes due again by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Q

from raseed.payments import conf, tasks
from raseed.payments.models import (
    Delivery,
    Fulfilment,
    Notice,
    Payment,
    Refund,
    Reservation,
    Revocation,
)

#: Rows of one kind claimed at a time: small, so that several workers share the work.
BATCH = 50

#: Fewer where each waits for somebody else: if one is down, what is more urgent must not wait behind fifty.
BATCH_OUTSIDE = 5


@dataclass(frozen=True)
class Chore:
    """One kind of owed work: where its due column is, and which task does it."""

    name: str
    model: type[models.Model]
    column: str
    task: Callable[[], Any]
    batch: int = BATCH


def chores() -> Iterator[Chore]:
    """All kinds of owed work, most urgent first."""
    yield Chore("read", Delivery, "next_read_at", lambda: tasks.read)
    yield Chore("fulfil", Fulfilment, "next_try_at", lambda: tasks.fulfil)
    yield Chore("revoke", Revocation, "next_try_at", lambda: tasks.revoke)
    yield Chore("release", Reservation, "next_try_at", lambda: tasks.release)
    yield Chore("refund", Refund, "next_try_at", lambda: tasks.refund, BATCH_OUTSIDE)
    yield Chore("check", Payment, "next_check_at", lambda: tasks.check, BATCH_OUTSIDE)
    yield Chore("notice", Notice, "next_try_at", lambda: tasks.notice, BATCH_OUTSIDE)


def _never() -> bool:
    return False


def sweep(stop: Callable[[], bool] = _never) -> int:
    """Claim everything that is due, up to a batch of each kind, and enqueue it. How many rows it was.

    Once `stop` says so, nothing more is begun, and what was claimed is due again at once.
    """
    now = conf.now()
    until, queue = _lease_end(now), conf.current().task_queue
    total = 0
    for chore in chores():
        if stop():
            break
        ids = claim(chore, now)
        for done, row_id in enumerate(ids):
            if stop():
                _give_back(chore, ids[done:], until, now)
                return total
            chore.task().using(queue_name=queue).enqueue(row_id, until.isoformat())
            total += 1
    return total


def claim(chore: Chore, now: datetime) -> list[int]:
    """Claim due rows by moving them into the future; rows another worker is claiming are passed by."""
    until = _lease_end(now)
    manager = chore.model._default_manager
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic(durable=True):
        due = manager.filter(**{f"{chore.column}__lte": now}).order_by(chore.column)
        if chore.model is Payment:
            due = due.filter(Q(lease_until=None) | Q(lease_until__lte=now))
        rows = due.select_for_update(skip_locked=True) if skip else due
        ids = list(rows.values_list("pk", flat=True)[: chore.batch])
        if ids:
            manager.filter(pk__in=ids).update(**{chore.column: until})
    return ids


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=conf.current().lease_seconds)


def _give_back(chore: Chore, ids: list[int], until: datetime, now: datetime) -> None:
    manager = chore.model._default_manager
    manager.filter(pk__in=ids, **{chore.column: until}).update(**{chore.column: now})


def next_due_at() -> datetime | None:
    """The earliest moment at which anything is owed, or None when nothing is."""
    earliest = (
        chore.model._default_manager.filter(**{f"{chore.column}__isnull": False})
        .order_by(chore.column)
        .values_list(chore.column, flat=True)
        .first()
        for chore in chores()
    )
    return min((moment for moment in earliest if moment is not None), default=None)
