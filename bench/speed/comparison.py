"""What the turns of deliveries come to: a table with ratios, and the bars. Pure."""

from __future__ import annotations

from bench.speed.deliveries import COPY, NEW, Case, Turns
from bench.speed.figures import Figure, figure, paired_ratio, percentile
from bench.speed.report import Bar, Sheet
from bench.speed.roundtrips import Counts

RASEED, FLOOR, FUNCTION = "raseed", "floor", "floor-function"
HEADS = (
    "deliveries",
    "contestant",
    "per second",
    "raseed ÷ it",
    "p50 ms",
    "p99 ms",
    "server ms",
    "database ms",
    "round trips",
    "statements",
)


def sheet(turns: Turns, counts: Counts) -> Sheet:
    """One row for each contestant in each case; `raseed ÷ it` is the median of paired turns.

    Round trips and statements are of one delivery, however many connections bring them.
    """
    rows = []
    for case, slices in sorted(
        turns.slices.items(), key=lambda item: (item[0].connections, item[0].kind != NEW)
    ):
        for name, its in slices.items():
            known = figure(its)
            rows.append(
                (
                    _title(case),
                    name,
                    *_cells(known, rate_ratio(turns, case, name)),
                    *counts[name][case.kind].cells,
                )
            )
    return Sheet("Signed deliveries", HEADS, rows)


def _title(case: Case) -> str:
    many = f"{case.connections} connection{'s' if case.connections > 1 else ''}"
    return f"{'new' if case.kind == NEW else 'copies'}, {many}"


def _cells(known: Figure, ratio: float) -> tuple[str, ...]:
    times = (known.p50_ms, known.p99_ms)
    costs = (known.server_ms, known.database_ms)
    return (
        f"{known.rate:,.0f}",
        f"{ratio:.2f}",
        *(f"{milliseconds:.1f}" for milliseconds in times),
        *(f"{milliseconds:.2f}" for milliseconds in costs),
    )


def rate_ratio(turns: Turns, case: Case, other: str) -> float:
    """Raseed's rate over the other's."""
    slices = turns.slices[case]
    return paired_ratio([each.rate for each in slices[RASEED]], [each.rate for each in slices[other]])


def tail_ratio(turns: Turns, case: Case, other: str) -> float:
    """Raseed's slowest hundredth over the other's."""
    slices = turns.slices[case]
    ours, theirs = ([percentile(each.latencies, 0.99) for each in slices[name]] for name in (RASEED, other))
    return paired_ratio(ours, theirs)


def bars(turns: Turns) -> list[Bar]:
    """The bars that these turns can judge: those whose contestants took part at 8 connections."""
    new, copies = Case(NEW, 8), Case(COPY, 8)
    present = turns.slices.get(new, {})
    wanted = [("django-payments", 2.0), ("dj-stripe", 10.0), (FLOOR, 0.8)]
    found = [
        Bar(f"new deliveries at 8 connections, ÷ {name}", rate_ratio(turns, new, name), least)
        for name, least in wanted
        if name in present
    ]
    if FLOOR in present:
        found.append(Bar("copies at 8 connections, ÷ floor", rate_ratio(turns, copies, FLOOR), 0.7))
        found.append(Bar("p99 of new deliveries, ÷ floor", tail_ratio(turns, new, FLOOR), 1.5, at_most=True))
    return found
