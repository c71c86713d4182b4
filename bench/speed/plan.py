"""What is measured, and how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PARTS = ("deliveries", "purchases", "pages", "sweep")


@dataclass(frozen=True)
class Size:
    """How much of everything. `rows`: open payments in the table, smallest first.

    `idle_seconds`: as long as a stream lives, so that opening it anew is in what idle pages cost.
    """

    connections: Sequence[int]
    turns: int
    deliveries: int
    purchases: int
    rows: Sequence[int]
    pages: int
    idle_seconds: float


WHOLE = Size((1, 8, 32), 7, 600, 100, (1_000, 10_000, 100_000, 1_000_000), 1000, 240.0)
QUICK = Size((8,), 3, 400, 40, (1_000, 10_000), 50, 5.0)


@dataclass(frozen=True)
class Plan:
    """One run."""

    parts: Sequence[str]
    size: Size
    with_peers: bool
    server_url: str
    workers: int
    threads: int
