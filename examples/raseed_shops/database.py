"""A Django database entry from a URL: `sqlite:///path/to/file` or `postgresql://user:word@host:5432/name`."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

#: Raseed needs both on SQLite: a transaction that takes its lock at the start, and readers that do not
#: block the writer. `synchronous` stays FULL, its default: a confirmed payment survives a power cut.
_SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL",
    "timeout": 20,
}


def database(url: str) -> dict[str, Any]:
    """The entry for `DATABASES`. Raises ValueError for any other kind of database."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path.removeprefix("/")) or ":memory:",
            "OPTIONS": dict(_SQLITE_OPTIONS),
        }
    if parts.scheme in {"postgres", "postgresql"}:
        query = dict(parse_qsl(parts.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.removeprefix("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            # A socket's directory cannot stand in a URL's host: postgresql:///name?host=/run/postgresql
            "HOST": query.pop("host", "") or parts.hostname or "",
            "PORT": str(parts.port or query.pop("port", "")),
            "OPTIONS": query,
        }
    raise ValueError(f"{parts.scheme or url!r} is no database of the demo. Use sqlite:/// or postgresql://.")
