"""The tables: for a terminal, for the documentation page, and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table


@dataclass(frozen=True)
class Sheet:
    """One table: a title, its column heads, and cells as text; the first column is text, the rest numbers."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Bar:
    """What must hold: measured against wanted. `at_most` says that smaller is better."""

    name: str
    measured: float
    wanted: float
    at_most: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it holds."""
        return self.measured <= self.wanted if self.at_most else self.measured >= self.wanted

    @property
    def words(self) -> str:
        """What is wanted."""
        return f"{'≤' if self.at_most else '≥'} {self.wanted:g}"


def bars_sheet(bars: Iterable[Bar]) -> Sheet:
    """All bars in one table."""
    rows = [(bar.name, f"{bar.measured:.3g}", bar.words, "met" if bar.is_met else "NOT MET") for bar in bars]
    return Sheet("Bars", ("bar", "measured", "wanted", ""), rows)


def terminal(sheet: Sheet) -> Table:
    """For people at a terminal."""
    table = Table(title=sheet.title, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    for number, head in enumerate(sheet.heads):
        table.add_column(head, justify="left" if number == 0 else "right")
    for row in sheet.rows:
        table.add_row(*row)
    return table


def markdown(sheet: Sheet) -> str:
    """As docs/proof/speed.md shows it."""
    lines = [f"### {sheet.title}", "", _line(sheet.heads)]
    lines.append(_line(["---", *["---:"] * (len(sheet.heads) - 1)]))
    return "\n".join([*lines, *(_line(row) for row in sheet.rows), ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def document(machine: Mapping[str, str], sheets: Iterable[Sheet], bars: Iterable[Bar]) -> dict[str, Any]:
    """The same for programs: cells by column head, and each bar with its verdict."""
    tables = {
        sheet.title: [dict(zip(sheet.heads, row, strict=True)) for row in sheet.rows] for sheet in sheets
    }
    return {
        "machine": dict(machine),
        "tables": tables,
        "bars": [asdict(bar) | {"met": bar.is_met} for bar in bars],
    }
