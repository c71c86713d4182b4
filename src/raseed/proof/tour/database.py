"""A PostgreSQL database that exists for one tour."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

SCHEMES = ("postgres", "postgresql")


class DatabaseRefused(Exception):
    """The server does not answer, or does not let us create a database. The message says which."""


@contextlib.contextmanager
def own_database(url: str) -> Iterator[str]:
    """Create a database on the server of `url`, give its URL, and drop it afterwards.

    Raises DatabaseRefused.
    """
    name = f"raseed_tour_{secrets.token_hex(6)}"
    _run(url, f"CREATE DATABASE {name}")
    try:
        yield named(url, name)
    finally:
        with contextlib.suppress(DatabaseRefused):
            _run(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def named(url: str, name: str) -> str:
    """The same server and options with another database. An empty host (the local socket) stays empty."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/{name}{query}"


def _run(url: str, statement: str) -> None:
    try:
        import psycopg
    except ImportError as error:
        raise DatabaseRefused("psycopg is not installed. Run: pip install 'raseed[postgres]'") from error
    try:
        with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
            connection.execute(statement.encode())  # made above, from hex digits
    except psycopg.Error as error:
        raise DatabaseRefused(f"{statement.partition(' raseed_tour')[0]} failed: {error}") from error
