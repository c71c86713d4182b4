"""Everything that happened, in order: requests, responses, delivery attempts."""

from __future__ import annotations

import re
from collections import deque
from typing import Any

from raseed.sandbox.clock import Clock, iso

#: Older entries are dropped, so that a sandbox left running for weeks stays small.
KEPT_ENTRIES = 5000
#: What is kept of one body, in characters.
KEPT_BODY = 16_384
#: A card's number and security code, in JSON or in a form, are never written down.
CARD_SECRETS = re.compile(
    r"""((?:card_number|cvc|cvv|cvn|pan)\\?"?\s*[:=]\s*\\?"?)[0-9 +-]+""", re.IGNORECASE
)


class Journal:
    """An append-only list of entries, each with a number `n` that only grows."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT_ENTRIES)
        self._count = 0

    def add(self, kind: str, **fields: Any) -> int:
        """Write one entry and return its number."""
        self._count += 1
        self._entries.append({"n": self._count, "at": iso(self._clock.now()), "kind": kind, **fields})
        return self._count

    def after(self, number: int = 0) -> list[dict[str, Any]]:
        """The entries with a greater number, oldest first."""
        return [entry for entry in self._entries if entry["n"] > number]

    def clear(self) -> None:
        """Forget the entries; numbering goes on, so that nobody who follows misses or repeats one."""
        self._entries.clear()


def readable(body: bytes) -> str:
    """A body as text fit for the journal."""
    return CARD_SECRETS.sub(r"\1***", body[:KEPT_BODY].decode("utf-8", "replace"))
