"""One line of a payment's story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One line of the story. `rank` orders what happened at the same moment: cause before effect."""

    at: datetime
    rank: int
    kind: str
    title: str
    tone: str = ""
    marks: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    folded_title: str = ""
    folded: str = ""
    row: Any = None
    lags: tuple[str, ...] = ()
