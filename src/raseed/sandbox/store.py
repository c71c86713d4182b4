"""Where the sandbox keeps what it knows: named tables of plain JSON documents, in memory."""

from __future__ import annotations

from typing import Any

Doc = dict[str, Any]
Table = dict[str, Doc]


class Store:
    """Tables of JSON documents by id, in the order they were made. One event loop, so no locks."""

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}

    def table(self, *path: str) -> Table:
        """The table of that name, made on first use: `table("paymongo", "test", "sources")`."""
        return self._tables.setdefault("/".join(path), {})

    def clear(self) -> None:
        self._tables.clear()

    def export(self) -> dict[str, Table]:
        return {name: table for name, table in self._tables.items() if table}

    def load(self, data: dict[str, Any]) -> None:
        """Take over exported tables. Raises TypeError or ValueError where they are malformed."""
        tables = {
            str(name): {str(key): dict(doc) for key, doc in table.items()} for name, table in data.items()
        }
        self._tables = tables
