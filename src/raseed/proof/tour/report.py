"""How the tour tells what it saw: progress and a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from raseed.proof.tour.run import Result


class Watched:
    """Progress, where standard error is a terminal; a line for each situation that went wrong, at once."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID = self._progress.add_task("Starting …", total=None)

    def __enter__(self) -> Watched:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, total: int) -> None:
        self._progress.update(self._task, total=total)

    def playing(self, shop: str, situation: str) -> None:
        self._progress.update(self._task, description=f"{shop}: {situation}")

    def played(self, result: Result) -> None:
        self._progress.advance(self._task)
        if not result.ok:
            self._console.print(
                f"[red]wrong[/red] {result.shop}: {result.situation}", highlight=False, soft_wrap=True
            )


def table(results: Sequence[Result]) -> Table:
    """One row a situation."""
    made = Table(box=SIMPLE_HEAD)
    for column in ("shop", "situation", "", "first", "s"):
        made.add_column(column, justify="right" if column == "s" else "left", no_wrap=column != "situation")
    made.add_column("what was seen")
    for result in results:
        outcome = "[green]ok[/green]" if result.ok else "[red]WRONG[/red]"
        made.add_row(
            result.shop,
            result.situation,
            outcome,
            result.first_channel,
            f"{result.seconds:.1f}",
            result.detail.replace("[", r"\["),
        )
    return made


def document(results: Sequence[Result]) -> str:
    """The same for programs."""
    passed = sum(result.ok for result in results)
    whole = {
        "results": [asdict(result) for result in results],
        "passed": passed,
        "failed": len(results) - passed,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2)
