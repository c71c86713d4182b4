"""Print the URL of a PostgreSQL that answers, or say in one line how to get one and fail.

Looks at DATABASE_URL, then at the local socket, then at 127.0.0.1. The tests create and drop their own
database there; nothing else is touched.
"""

from __future__ import annotations

import os
import sys

import psycopg

CANDIDATES = (
    "postgres:///postgres",  # the local socket, as whoever runs this
    "postgres://postgres@/postgres",
    "postgres://postgres@127.0.0.1:5432/postgres",
)


def answers(url: str) -> bool:
    """Whether a server takes our connection within two seconds and lets us create databases."""
    try:
        with psycopg.connect(url, connect_timeout=2, autocommit=True) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def main() -> int:
    """The first URL that answers goes to standard output."""
    wanted = os.environ.get("DATABASE_URL", "")
    urls = [wanted] if wanted.startswith("postgres") else list(CANDIDATES)
    for url in urls:
        if answers(url):
            sys.stdout.write(f"{url}\n")
            return 0
    sys.stderr.write(
        "== PostgreSQL: skipped, none answers. Get one with `apt-get install postgresql`, or set "
        "DATABASE_URL=postgres://user@host/database (a role that may create databases).\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
