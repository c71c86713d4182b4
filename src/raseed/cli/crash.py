"""`raseed torture crash`: kill a process at every single step, and compare the books."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from raseed.proof.crash.results import Progress, Result
from raseed.proof.crash.run import SQLITE, NoSuchJourney, Options, WorkerFailed, run
from raseed.proof.tour.database import SCHEMES


def _databases(_: click.Context, __: click.Parameter, urls: tuple[str, ...]) -> tuple[str, ...]:
    for url in urls:
        if url != SQLITE and urlsplit(url).scheme not in SCHEMES:
            raise click.BadParameter(f"use {SQLITE}, or a URL like postgresql://user@host/database.")
    return urls or (SQLITE,)


@click.command("crash")
@click.option(
    "--journey", "journeys", multiple=True, metavar="TEXT", help="Only those with this in their name."
)
@click.option(
    "--every", default=1, show_default=True, type=click.IntRange(1), help="Die at each n-th step only."
)
@click.option("--seed", default=1, show_default=True, help="What is bought, and where counting begins.")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    show_default="the processors",
    help="So many side by side, each with a sandbox and a database of its own.",
)
@click.option(
    "--database",
    "databases",
    multiple=True,
    callback=_databases,
    metavar="URL",
    help='"sqlite", or a PostgreSQL server, on which databases are made and dropped again. May be repeated.',
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, and no table.")
@click.pass_context
def crash(
    context: click.Context,
    journeys: tuple[str, ...],
    every: int,
    seed: int,
    jobs: int,
    databases: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run every flow once for each of its steps, with the process killed there, and check the books."""
    options = Options(databases, journeys, every, seed, jobs)
    watched = _Watched()
    try:
        results, kept = run(options, watched.tell)
    except (NoSuchJourney, WorkerFailed) as error:
        raise click.ClickException(str(error)) from error
    watched.clear()
    seconds = round(time.monotonic() - watched.began, 1)
    if as_json:
        told = {"journeys": [asdict(result) for result in results], "seconds": seconds}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        Console().print(_table(results))
        click.echo(_sentence(results, seconds, jobs))
        for result in results:
            for problem in result.wrong:
                click.echo(f"{result.journey} ({result.database}): {problem}")
    if kept is not None:
        click.echo(f"Databases and logs are kept in {kept}", err=True)
    context.exit(1 if any(result.wrong for result in results) else 0)


@dataclass
class _Watched:
    """How far each flow under way is: one line that changes on a terminal, a line for each flow elsewhere."""

    began: float = field(default_factory=time.monotonic)
    crashes: int = 0
    under_way: dict[tuple[str, str], str] = field(default_factory=dict)

    def tell(self, word: Progress | Result) -> None:
        key = (word.journey, word.database)
        if isinstance(word, Result):
            self.under_way.pop(key, None)
            if not sys.stderr.isatty():
                click.echo(f"{word.journey} ({word.database}): {_outcome(word)}", err=True)
            return
        self.crashes += word.step > 0
        self.under_way[key] = f"{word.journey} ({word.database}) {word.step} of {word.steps or '…'}"
        if sys.stderr.isatty():
            rate = self.crashes / (time.monotonic() - self.began)
            line = f"{self.crashes} crashes, {rate:.1f}/s; {'; '.join(self.under_way.values())}"
            click.echo(f"\r\x1b[K{line[: os.get_terminal_size().columns - 1]}", nl=False, err=True)

    def clear(self) -> None:
        """Take the line away that changed."""
        if sys.stderr.isatty():
            click.echo("\r\x1b[K", nl=False, err=True)


def _outcome(result: Result) -> str:
    return f"{result.crashes} crashes in {result.seconds} s, {len(result.wrong)} wrong"


def _table(results: list[Result]) -> Table:
    made = Table(box=SIMPLE_HEAD)
    for column in ("flow", "database", "steps", "crashes", "wrong", "s"):
        made.add_column(column, justify="left" if column in {"flow", "database"} else "right")
    for r in results:
        wrong = "[green]0[/green]" if not r.wrong else f"[red]{len(r.wrong)}[/red]"
        made.add_row(r.journey, r.database, str(r.steps), str(r.crashes), wrong, f"{r.seconds:.1f}")
    return made


def _sentence(results: list[Result], seconds: float, jobs: int) -> str:
    crashes, wrong = sum(r.crashes for r in results), sum(len(r.wrong) for r in results)
    each = "one process" if jobs == 1 else f"{jobs} processes side by side"
    return f"{crashes} crashes in {seconds:.0f} s ({each}); {wrong} things were wrong."
