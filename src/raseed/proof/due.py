"""When the shop owes something next, in one question: it is asked after every webhook and every sweep."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

from raseed.payments.flows.sweep import chores


def next_due() -> float | None:
    """The earliest moment at which anything is owed, in unix seconds, or None when nothing is."""
    earliest = " UNION ALL ".join(
        f"SELECT MIN({chore.column}) AS due FROM {chore.model._meta.db_table}"  # noqa: S608 names of ours
        for chore in chores()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT MIN(due) FROM ({earliest}) AS owed")  # noqa: S608 likewise
        (due,) = cursor.fetchone()
    if isinstance(due, str):  # SQLite, where Django writes moments in UTC
        due = datetime.fromisoformat(due).replace(tzinfo=UTC)
    return None if due is None else float(due.timestamp())
