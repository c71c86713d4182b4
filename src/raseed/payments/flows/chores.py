"""The kinds of owed work: which column says when a row of each is due, and what is due first.

The database is the only memory of what is owed: the sweep claims rows by these columns, and a task works
only on a row that stands as its message says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models import DateTimeField, Value

from raseed.payments.flows import round_trips
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
    """One kind of owed work: where its due column is, and how many rows are claimed at a time."""

    name: str
    model: type[models.Model]
    column: str
    batch: int = BATCH

    def claimed(self, row_id: int, claim: str) -> models.QuerySet[Any]:
        """The row, while it stands claimed just so; else none."""
        return self.model._default_manager.filter(pk=row_id, **{self.column: claim})


READ = Chore("read", Delivery, "next_read_at")
FULFIL = Chore("fulfil", Fulfilment, "next_try_at")
REVOKE = Chore("revoke", Revocation, "next_try_at")
RELEASE = Chore("release", Reservation, "next_try_at")
REFUND = Chore("refund", Refund, "next_try_at", BATCH_OUTSIDE)
CHECK = Chore("check", Payment, "next_check_at", BATCH_OUTSIDE)
NOTICE = Chore("notice", Notice, "next_try_at", BATCH_OUTSIDE)

#: Most urgent first.
CHORES = (READ, FULFIL, REVOKE, RELEASE, REFUND, CHECK, NOTICE)


def first_due() -> dict[Chore, datetime]:
    """The earliest moment of each kind of which anything is owed, now or later. One statement.

    Each is the first entry of its partial index, however many rows there are.
    """
    (row,) = round_trips.fetch(_first_due_sql(), [])
    return {chore: _moment(value) for chore, value in zip(CHORES, row, strict=True) if value is not None}


def next_due_at() -> datetime | None:
    """The earliest moment at which anything is owed, or None when nothing is."""
    return min(first_due().values(), default=None)


_MOMENT = Value(None, DateTimeField())


def _moment(value: Any) -> datetime:
    """Of what the database gave: SQLite keeps moments as text."""
    for convert in connection.ops.get_db_converters(_MOMENT):
        value = convert(value, _MOMENT, connection)
    moment: datetime = value
    return moment


@cache
def _first_due_sql() -> str:
    firsts = (
        f"(SELECT {chore.column} FROM {chore.model._meta.db_table} "  # noqa: S608 names of ours
        f"WHERE {chore.column} IS NOT NULL ORDER BY {chore.column} LIMIT 1)"
        for chore in CHORES
    )
    return f"SELECT {', '.join(firsts)}"
