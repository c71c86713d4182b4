"""Lists: newest first, a page at a time, `first` with or without a cursor, or `last` before one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from raseed.sandbox.exchange import Answer
from raseed.sandbox.openpayments import rights
from raseed.sandbox.openpayments.addresses import Addresses
from raseed.sandbox.openpayments.call import Call
from raseed.sandbox.openpayments.errors import resource_refused
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc

USUAL, MOST = 20, 100
View = Callable[[World, Doc, Addresses], Doc]


def answer(call: Call, kind: str, table: str, view: View) -> Answer:
    """The page of a wallet's resources that this client may list. Raises Refused."""
    size, backward, cursor = _read(call.query)
    wallet = rights.wallet_of(call, call.query.get("wallet-address"))
    right = rights.demand(call, kind, "list", wallet)
    held = [
        row for row in call.world.table(table).values() if row["wallet"] == wallet["name"] and right.owns(row)
    ]
    rows = held[::-1]
    page, at = _page(rows, size, cursor, backward=backward)
    info: Doc = {"hasNextPage": at + len(page) < len(rows), "hasPreviousPage": at > 0}
    if page:
        info |= {"startCursor": page[0]["id"], "endCursor": page[-1]["id"]}
    shown = [view(call.world, row, call.addresses) for row in page]
    return Answer.json({"pagination": info, "result": shown})


def _read(query: Mapping[str, str]) -> tuple[int, bool, str]:
    """How many, whether backward, and from where."""
    cursor = query.get("cursor", "")
    if "wallet-address" not in query or ("cursor" in query and not cursor):
        raise resource_refused(400, "wallet-address is required, and cursor must not be empty")
    if "first" in query and "last" in query:
        raise resource_refused(400, "first and last exclude each other")
    if "last" in query and not cursor:
        raise resource_refused(400, "last needs a cursor")
    text = query.get("first", query.get("last", str(USUAL)))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST:
        raise resource_refused(400, f"first and last must be integers from 1 to {MOST}")
    return int(text), "last" in query, cursor


def _page(rows: list[Doc], size: int, cursor: str, *, backward: bool) -> tuple[list[Doc], int]:
    """The rows of the page and the place of the first."""
    places = {row["id"]: at for at, row in enumerate(rows)}
    if cursor and cursor not in places:
        raise resource_refused(400, "unknown cursor")
    if backward:
        end = places[cursor]
        start = max(0, end - size)
        return rows[start:end], start
    start = places[cursor] + 1 if cursor else 0
    return rows[start : start + size], start
