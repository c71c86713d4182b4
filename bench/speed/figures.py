"""From samples to figures: percentiles, medians, ratios. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of them does not exceed. Raises for none."""
    if not values:
        raise ValueError("there is no percentile of nothing")
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not at {share}")
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1_000_000) * len(ordered) // 1_000_000) - 1)]


@dataclass(frozen=True)
class Slice:
    """One contestant's turn: answers per second, latencies, and processor seconds used, per delivery."""

    rate: float
    latencies: Sequence[float]
    server_seconds: float = 0.0
    database_seconds: float = 0.0


@dataclass(frozen=True)
class Figure:
    """All turns of one contestant: medians of the rate and of each turn's percentiles.

    Latencies and processor times are in milliseconds; processor times are for one delivery.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    server_ms: float
    database_ms: float
    deliveries: int


def figure(slices: Sequence[Slice]) -> Figure:
    """What several turns come to. Raises ValueError for none."""
    if not slices:
        raise ValueError("nothing was measured")
    return Figure(
        rate=median(each.rate for each in slices),
        p50_ms=1000 * median(percentile(each.latencies, 0.50) for each in slices),
        p99_ms=1000 * median(percentile(each.latencies, 0.99) for each in slices),
        server_ms=1000 * median(each.server_seconds / len(each.latencies) for each in slices),
        database_ms=1000 * median(each.database_seconds / len(each.latencies) for each in slices),
        deliveries=sum(len(each.latencies) for each in slices),
    )


def paired_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of ratios of turns that followed each other: what slowed the machine slowed both.

    Raises ValueError where the turns do not pair, or theirs is nothing.
    """
    if len(ours) != len(theirs) or not ours:
        raise ValueError(f"{len(ours)} and {len(theirs)} turns make no pairs")
    if not all(theirs):
        raise ValueError("there is no ratio to nothing")
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))
