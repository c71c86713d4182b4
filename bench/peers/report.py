"""The table: for a terminal, for the documentation page, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from bench.peers.peer import THREADS
from bench.peers.verdicts import Mark, Verdict

SIGNS = {Mark.RIGHT: "✓", Mark.ARGUABLE: "~", Mark.WRONG: "✗", Mark.NOT_POSSIBLE: "–", Mark.ERROR: "!"}
_STYLES = {Mark.RIGHT: "green", Mark.ARGUABLE: "yellow", Mark.WRONG: "red", Mark.ERROR: "magenta"}


@dataclass(frozen=True)
class Column:
    """One peer: its versions, its verdict in each situation, and why it has none, if it has none."""

    name: str
    versions: Mapping[str, str]
    verdicts: Mapping[str, Verdict]
    notes: Mapping[str, str]
    void: str = ""

    @property
    def heading(self) -> str:
        """Name and version."""
        return f"{self.name} {self.versions.get(self.name, '')}".strip()


@dataclass(frozen=True)
class Cell:
    """A sign, a few words, and the number of the footnote (0: none)."""

    mark: Mark
    text: str
    footnote: int = 0


@dataclass(frozen=True)
class Conditions:
    """Where, when and how it was run."""

    day: str
    cores: int
    postgresql: str
    rounds: int
    workers: int

    def __str__(self) -> str:
        return (
            f"{self.day}, {self.cores} cores, PostgreSQL {self.postgresql}, {self.workers} server processes "
            f"of {THREADS} threads, {self.rounds} rounds of each kind of copies"
        )


def versions(columns: Sequence[Column]) -> str:
    """What was installed for each."""
    each = (", ".join(f"{name} {number}" for name, number in column.versions.items()) for column in columns)
    return "; ".join(each)


def cells(
    rows: Sequence[tuple[str, str]], columns: Sequence[Column]
) -> tuple[list[tuple[str, list[Cell]]], list[str]]:
    """The table's rows and its footnotes. `rows` are keys and titles."""
    notes: list[str] = []
    table = []
    for key, title in rows:
        table.append((title, [_cell(column, key, notes) for column in columns]))
    return table, notes


def _cell(column: Column, key: str, notes: list[str]) -> Cell:
    if column.void:
        return Cell(Mark.ERROR, "void")
    verdict = column.verdicts[key]
    note = column.notes.get(key, "") if verdict.mark is not Mark.ERROR else ""
    words, _, reason = (
        verdict.text.partition(": ") if verdict.mark is Mark.NOT_POSSIBLE else (verdict.text, "", "")
    )
    if verdict.mark is Mark.NOT_POSSIBLE and not reason:
        words, reason = "", verdict.text
    texts = [_sentence(text) for text in (reason, note) if text]
    if not texts:
        return Cell(verdict.mark, words)
    footnote = f"{column.name}: " + " ".join(texts)
    if footnote not in notes:
        notes.append(footnote)
    return Cell(verdict.mark, words, notes.index(footnote) + 1)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:].rstrip(".") + "."


def terminal(
    rows: Sequence[tuple[str, str]], columns: Sequence[Column], conditions: Conditions
) -> Iterator[Table | str]:
    """What is printed: the table, then its footnotes."""
    table, notes = cells(rows, columns)
    shown = Table(box=SIMPLE_HEAD)
    shown.add_column("situation")
    for column in columns:
        shown.add_column(column.heading)
    for title, row in table:
        shown.add_row(title, *(_styled(cell) for cell in row))
    yield shown
    yield from (f"{number}. {note}" for number, note in enumerate(notes, 1))
    yield f"{conditions}. {versions(columns)}."
    yield from (f"{column.name}: void, {column.void}" for column in columns if column.void)


def _styled(cell: Cell) -> Text:
    number = f" [{cell.footnote}]" if cell.footnote else ""
    return Text(f"{SIGNS[cell.mark]} {cell.text}{number}", style=_STYLES.get(cell.mark, ""))


def markdown(rows: Sequence[tuple[str, str]], columns: Sequence[Column], conditions: Conditions) -> str:
    """The same table for the documentation page."""
    table, notes = cells(rows, columns)
    lines = [
        "| situation | " + " | ".join(column.heading for column in columns) + " |",
        "| --- |" + " --- |" * len(columns),
    ]
    for title, row in table:
        lines.append(f"| {title} | " + " | ".join(_plain(cell) for cell in row) + " |")
    lines.append("")
    lines += [f"{number}. {note}" for number, note in enumerate(notes, 1)]
    lines += ["", f"Run on {conditions}. Installed: {versions(columns)}."]
    return "\n".join(lines)


def _plain(cell: Cell) -> str:
    number = f" ({cell.footnote})" if cell.footnote else ""
    return f"{SIGNS[cell.mark]} {cell.text}{number}".rstrip()


def document(
    rows: Sequence[tuple[str, str]], columns: Sequence[Column], conditions: Conditions
) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "conditions": asdict(conditions),
        "situations": dict(rows),
        "peers": [
            {
                "name": column.name,
                "versions": dict(column.versions),
                "void": column.void,
                "notes": dict(column.notes),
                "verdicts": {
                    key: {"mark": verdict.mark.value, "text": verdict.text}
                    for key, verdict in column.verdicts.items()
                },
            }
            for column in columns
        ],
    }
