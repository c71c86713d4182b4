"""Is the database fit: its engine, what it forgets when it falls, how long it waits, its tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from raseed.payments import conf
from raseed.payments.checks import check_databases
from raseed.payments.doctor.findings import found

_WHERE = f"database {DEFAULT_DB_ALIAS!r}"

#: Below this, a busy moment becomes an error: two payments, one worker and a backup wait for each other.
_SHORTEST_WAIT_SECONDS = 5


def examine(settings: conf.Settings) -> Iterator[CheckMessage]:
    """Asks the database itself."""
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    match connection.vendor:
        case "sqlite":
            yield from check_databases(databases=[DEFAULT_DB_ALIAS])
            yield from _sqlite(connection)
        case "postgresql":
            yield from _postgresql(connection)
        case other:
            yield found(
                "raseed.E060",
                _WHERE,
                f"Raseed does not know {other}.",
                "Use PostgreSQL, or SQLite for one machine.",
            )
            return
    yield from _migrations(connection)


def _sqlite(connection: Any) -> Iterator[CheckMessage]:
    seconds = connection.settings_dict.get("OPTIONS", {}).get("timeout", 5)
    if seconds < _SHORTEST_WAIT_SECONDS:
        yield found(
            "raseed.W060",
            _WHERE,
            f"a writer waits {seconds:g} s for another; then it fails with 'database is locked'.",
            'Add "timeout": 20 to its OPTIONS.',
        )


def _postgresql(connection: Any) -> Iterator[CheckMessage]:
    said = _shown(connection)
    if said["fsync"] == "off":
        yield found(
            "raseed.E061",
            _WHERE,
            "fsync is off: when the machine falls, the whole database may be lost.",
            "Set fsync = on in postgresql.conf.",
        )
    if said["synchronous_commit"] == "off":
        yield found(
            "raseed.W061",
            _WHERE,
            "synchronous_commit is off: when the machine falls, acknowledged payments may be forgotten.",
            "Set synchronous_commit = on for this database or role.",
        )
    if said["transaction_isolation"] != "read committed":
        yield found(
            "raseed.W062",
            _WHERE,
            f"its transactions are {said['transaction_isolation']}: what collides fails instead of waiting.",
            "Use PostgreSQL's default, read committed, for this site.",
        )
    for name in ("statement_timeout", "lock_timeout"):
        seconds = int(said[name]) / 1000
        if 0 < seconds < _SHORTEST_WAIT_SECONDS:
            yield found(
                "raseed.W060",
                _WHERE,
                f"{name} is {seconds:g} s: in a busy moment payments fail instead of waiting.",
                f"Set {name} to {_SHORTEST_WAIT_SECONDS}s or more, or to 0, for this role.",
            )


_ASKED = ("fsync", "synchronous_commit", "transaction_isolation", "statement_timeout", "lock_timeout")


def _shown(connection: Any) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, CASE WHEN unit = 'ms' THEN setting ELSE current_setting(name) END "
            "FROM pg_settings WHERE name = ANY(%s)",
            [list(_ASKED)],
        )
        return dict(cursor.fetchall())


def _migrations(connection: Any) -> Iterator[CheckMessage]:
    executor = MigrationExecutor(connection)
    targets = [node for node in executor.loader.graph.leaf_nodes() if node[0] == "raseed"]
    waiting = [str(migration) for migration, _ in executor.migration_plan(targets)]
    if waiting:
        yield found(
            "raseed.E062",
            _WHERE,
            f"its tables are not those of this version: {', '.join(waiting)} not applied.",
            "Run manage.py migrate.",
        )
