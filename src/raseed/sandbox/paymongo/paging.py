"""Lists: newest first, `limit` 1 to 100 (10 when omitted), `before` and `after` an id."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from raseed.sandbox.paymongo.errors import refused
from raseed.sandbox.store import Doc


def page(documents: list[Doc], query: Mapping[str, str], what: str, view: Callable[[Doc], Doc]) -> Doc:
    """One page of `documents`, which come in the order they were made: `{has_more, data}`.

    `after` means further back in time, as in the list itself. Raises ApiError for a wrong parameter.
    """
    limit = _limit(query.get("limit", "10"))
    newest_first = documents[::-1]
    ids = [document["id"] for document in newest_first]
    begin, end = 0, len(ids)
    if "after" in query:
        begin = _position(ids, query["after"], what) + 1
    if "before" in query:
        end = _position(ids, query["before"], what)
        if "after" not in query:  # the page that ends just before it
            begin = max(0, end - limit)
            return {"has_more": begin > 0, "data": list(map(view, newest_first[begin:end]))}
    chosen = newest_first[begin:end]
    return {"has_more": len(chosen) > limit, "data": list(map(view, chosen[:limit]))}


def _limit(text: str) -> int:
    if not (text.isascii() and text.lstrip("-").isdigit()) or len(text) > 9:
        raise refused("parameter_data_type_invalid", "limit should be an integer.", "limit")
    limit = int(text)
    if limit < 1:
        raise refused("parameter_below_minimum", "The minimum value for the limit is 1.", "limit")
    if limit > 100:
        detail = "The maximum value for the limit cannot be greater than 100."
        raise refused("parameter_above_maximum", detail, "limit")
    return limit


def _position(ids: list[str], wanted: str, what: str) -> int:
    if wanted not in ids:
        raise refused("resource_not_found", f"No such {what} with id {wanted}.", status=404)
    return ids.index(wanted)
