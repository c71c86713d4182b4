"""Find what is owed and hand it to the task framework. The database is the only memory.

Due rows are claimed by moving their due column into the future: if the worker that takes one dies, the
row becomes due again by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from raseed.payments import conf, tasks
from raseed.payments.flows.chores import CHECK, CHORES, Chore, first_due


def _never() -> bool:
    return False


def sweep(stop: Callable[[], bool] = _never) -> int:
    """Claim everything that is due, up to a batch of each kind, and enqueue it. How many rows it was.

    Once `stop` says so, nothing more is begun, and what was claimed is due again at once.
    """
    now = conf.now()
    until, queue = _lease_end(now), conf.current().task_queue
    total, due = 0, first_due()
    for chore in CHORES:
        if stop():
            break
        if chore not in due or due[chore] > now:
            continue
        ids = claim(chore, now)
        for done, row_id in enumerate(ids):
            if stop():
                _give_back(chore, ids[done:], until, now)
                return total
            tasks.TASKS[chore].using(queue_name=queue).enqueue(row_id, until.isoformat())
            total += 1
        due = first_due()  # what was done may have made more due
    return total


def claim(chore: Chore, now: datetime) -> list[int]:
    """Claim due rows by moving them into the future; rows another worker is claiming are passed by."""
    until = _lease_end(now)
    manager = chore.model._default_manager
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic(durable=True):
        due = manager.filter(**{f"{chore.column}__lte": now}).order_by(chore.column, "pk")
        if chore is CHECK:
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
