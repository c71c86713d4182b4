"""The whole world as it stood at one moment, to be put back: rows, books, files, time."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any, Protocol

from django.db import connection, connections, transaction

#: Tables that no journey writes: copying them back would only take time.
UNTOUCHED = frozenset({"django_migrations", "django_content_type", "auth_permission"})


class Rows(Protocol):
    """All rows of the database, kept and put back."""

    def keep(self) -> None:
        """Remember them as they stand."""
        ...

    def put_back(self) -> None:
        """As they stood when they were kept."""
        ...


def rows_of_database(directory: Path, name: str) -> Rows:
    """A copy of this name, for whichever database is in use."""
    return CopiedTables(name) if connection.vendor == "postgresql" else CopiedFile(directory, name)


class CopiedFile:
    """SQLite: its pages, through its own backup call, which other connections may be open beside."""

    def __init__(self, directory: Path, name: str) -> None:
        self._copy = directory / f"{name}.sqlite3"
        self._file = str(connection.settings_dict["NAME"])

    def keep(self) -> None:
        connections.close_all()
        self._copy.unlink(missing_ok=True)
        _backup(self._file, str(self._copy))

    def put_back(self) -> None:
        connections.close_all()
        _backup(str(self._copy), self._file)


def _backup(source: str, target: str) -> None:
    one, other = sqlite3.connect(source), sqlite3.connect(target)
    try:
        other.execute("PRAGMA synchronous=OFF")  # nobody needs a copy that survives a power cut
        one.backup(other)
    finally:
        one.close()
        other.close()


class CopiedTables:
    """PostgreSQL: a copy of every table in a schema of its own, put back in one transaction."""

    def __init__(self, name: str) -> None:
        self._schema = f"crash_{name}"
        with connection.cursor() as cursor:
            tables = set(connection.introspection.table_names(cursor)) - UNTOUCHED
        self._tables = sorted(tables)

    def keep(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {self._schema} CASCADE; CREATE SCHEMA {self._schema}")
            for table in self._tables:
                cursor.execute(f'CREATE TABLE {self._schema}."{table}" AS TABLE public."{table}"')

    def put_back(self) -> None:
        """References between rows are checked at the commit, when all are there again."""
        own = [(f'public."{table}"', f'{self._schema}."{table}"') for table in self._tables]
        statements = [f"DELETE FROM {table}" for table, _ in own]  # noqa: S608 names from the catalogue
        statements += [
            f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM {copy}"  # noqa: S608 likewise
            for table, copy in own
        ]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("; ".join(statements))


class Snapshot:
    """Rows, the sandbox's whole state with its clock, and files that the shop's processes write."""

    def __init__(self, rows: Rows, sandbox: Any, directory: Path, files: tuple[str, ...]) -> None:
        self._rows = rows
        self._sandbox = sandbox
        self._directory = directory
        self._files = files
        self._state = ""
        self._texts: dict[str, str | None] = {}

    def keep(self) -> None:
        """Remember everything as it stands."""
        self._rows.keep()
        self._state = json.dumps(self._sandbox.export())
        paths = {name: self._directory / name for name in self._files}
        self._texts = {name: path.read_text() if path.exists() else None for name, path in paths.items()}

    def put_back(self) -> None:
        """As it stood when it was kept. Letters that went out since are forgotten."""
        self._rows.put_back()
        self._sandbox.journal.clear()
        self._sandbox.load(json.loads(self._state))
        for name, text in self._texts.items():
            if text is None:
                (self._directory / name).unlink(missing_ok=True)
            else:
                (self._directory / name).write_text(text)
        shutil.rmtree(self._directory / "outbox", ignore_errors=True)
