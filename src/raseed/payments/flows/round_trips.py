"""Running hand-written statements on the default connection: as few round trips as the database allows."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db import connection

from raseed.payments.flows.words import storable


@dataclass(frozen=True)
class Statement:
    """One that is to be run, and its values."""

    sql: str
    values: Sequence[Any]


def execute(sql: str, values: Sequence[Any]) -> None:
    """Run one statement that returns nothing, or nothing that is wanted."""
    with connection.cursor() as cursor:
        cursor.execute(sql, _adapted(values))


def fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one statement that returns rows, perhaps none."""
    with connection.cursor() as cursor:
        cursor.execute(sql, _adapted(values))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def execute_together(statements: Sequence[Statement]) -> None:
    """Run statements that return nothing and do not see each other's rows.

    On PostgreSQL in one round trip: all but the last stand in its WITH. SQLite knows no such thing, and has
    no round trips to save.
    """
    if connection.vendor == "postgresql" and len(statements) > 1:
        *others, last = statements
        named = ", ".join(f"also_{number} AS ({other.sql})" for number, other in enumerate(others))
        values = [value for each in statements for value in each.values]
        statements = [Statement(f"WITH {named} {last.sql}", values)]
    for each in statements:
        execute(each.sql, each.values)


@dataclass(frozen=True)
class NewRow:
    """A row to insert, unless `conflict` (an ON CONFLICT target) meets an earlier one."""

    table: str
    row: Mapping[str, Any]
    conflict: str

    @property
    def columns(self) -> list[str]:
        """Those that are not empty. See `insertion`."""
        return [name for name, value in self.row.items() if value is not None]

    @property
    def values(self) -> list[Any]:
        """Of those columns."""
        return [value for value in self.row.values() if value is not None]

    def sql(self, condition: str = "") -> str:
        """The statement; with a `condition`, it inserts nothing where that is not so."""
        columns = self.columns
        names, given = ", ".join(columns), marks(columns)
        source = f"SELECT {given} WHERE {condition}" if condition else f"VALUES ({given})"
        to = f"INSERT INTO {self.table} ({names})"
        return f"{to} {source} ON CONFLICT {self.conflict} DO NOTHING RETURNING id"


def insert(new: NewRow) -> int | None:
    """Its id; None where an earlier row was met."""
    rows = fetch(new.sql(), new.values)
    return int(rows[0][0]) if rows else None


INSERT_BOTH = """
WITH one AS ({first}), other AS ({second})
SELECT (SELECT id FROM one), (SELECT id FROM other)
"""


def insert_both(first: NewRow, second: NewRow) -> tuple[int | None, int | None]:
    """The second only where the first was inserted. On PostgreSQL in one round trip."""
    if connection.vendor != "postgresql":
        first_id = insert(first)
        return first_id, insert(second) if first_id is not None else None
    sql = INSERT_BOTH.format(first=first.sql(), second=second.sql("EXISTS (SELECT 1 FROM one)"))
    return cast("tuple[int | None, int | None]", fetch(sql, [*first.values, *second.values])[0])


def insertion(table: str, rows: Sequence[Mapping[str, Any]], *, ignore_conflicts: bool = False) -> Statement:
    """Inserts rows of the same columns.

    Those that are empty in all of them are left out: the driver remembers how it read a statement only
    where that has at most fifty values.
    """
    columns = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    all_marks = ", ".join(f"({marks(columns)})" for _ in rows)
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {all_marks}"  # noqa: S608 our own names
    if ignore_conflicts:
        sql += " ON CONFLICT DO NOTHING"
    return Statement(sql, [row[name] for row in rows for name in columns])


def marks(values: Collection[Any]) -> str:
    """A placeholder for each."""
    return ", ".join(["%s"] * len(values))


#: libpq's word for a transaction in which a statement failed: only undoing it is left.
_IN_ERROR = 3


def is_aborted() -> bool:
    """Whether the database would take the next COMMIT for an undoing. Asks the driver, not the server."""
    return connection.vendor == "postgresql" and connection.connection.info.transaction_status == _IN_ERROR


#: What the driver takes as it is. Nearly all values are of these, and asking for the exact type is quickest.
_PLAIN = frozenset({str, int, bool, bytes, type(None)})


def _adapted(values: Sequence[Any]) -> list[Any]:
    """Plain SQL knows no dictionaries, and SQLite no moments."""
    adapted = [value if type(value) in _PLAIN else _plain(value) for value in values]
    texts = "".join([value for value in adapted if type(value) is str])
    if texts.isascii() and "\x00" not in texts:
        return adapted  # nearly always: then each by itself need not be looked at
    return [storable(value) if isinstance(value, str) else value for value in adapted]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, str):
        return str(value)
    return _json(value) if isinstance(value, Mapping) else value


def _json(value: Mapping[str, Any]) -> str:
    """As text in which everything but ASCII is escaped, so that it shows what cannot be stored."""
    text = _encoded(value)
    return _encoded(_storable(value)) if "\\u0000" in text or "\\ud" in text else text


def _in_json(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


_encoded = json.JSONEncoder(default=_in_json).encode


def _storable(value: Any) -> Any:
    """Every text in it; what a gateway wrote must not lose money."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {_storable(str(name)): _storable(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(member) for member in value]
    return value
