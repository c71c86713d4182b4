"""`raseed torture`: break things on purpose, in numbers, and count what was lost or doubled."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from raseed.cli.ports import NoFreePort
from raseed.cli.processes import ProcessFailed
from raseed.cli.tour import database_option
from raseed.proof.crash.run import NoSuchJourney, Options, Result, run
from raseed.proof.tour.database import DatabaseRefused


@click.group("torture")
def command() -> None:
    """Break things on purpose, in numbers, and count what was lost or doubled."""


@command.command("crash")
@click.option(
    "--journey", "journeys", multiple=True, metavar="TEXT", help="Only those with this in their name."
)
@click.option(
    "--every", default=1, show_default=True, type=click.IntRange(1), help="Die at each n-th step only."
)
@click.option("--seed", default=1, show_default=True, help="What is bought, and where counting begins.")
@database_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, and no table.")
@click.pass_context
def crash(
    context: click.Context, journeys: tuple[str, ...], every: int, seed: int, database: str, as_json: bool
) -> None:
    """Run every flow once for each of its steps, with the process killed there, and check the books."""
    options = Options(database=database, journeys=journeys, every=every, seed=seed)
    try:
        results, kept = run(options, _progress)
    except (ProcessFailed, NoFreePort, DatabaseRefused, NoSuchJourney) as error:
        raise click.ClickException(str(error)) from error
    _clear()
    if as_json:
        click.echo(
            json.dumps({"journeys": [asdict(result) for result in results]}, ensure_ascii=False, indent=2)
        )
    else:
        Console().print(_table(results))
        for result in results:
            for problem in result.wrong:
                click.echo(f"{result.journey}: {problem}")
    if kept is not None:
        click.echo(f"Database and logs are kept in {kept}", err=True)
    context.exit(1 if any(result.wrong for result in results) else 0)


def _progress(journey: str, step: int, steps: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{journey}: {step} of {steps or '…'}", nl=False, err=True)


def _clear() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)


def _table(results: list[Result]) -> Table:
    made = Table(box=SIMPLE_HEAD)
    for column in ("flow", "database", "steps", "crashes", "wrong", "s"):
        made.add_column(column, justify="left" if column in {"flow", "database"} else "right")
    for r in results:
        wrong = "[green]0[/green]" if not r.wrong else f"[red]{len(r.wrong)}[/red]"
        made.add_row(r.journey, r.database, str(r.steps), str(r.crashes), wrong, f"{r.seconds:.1f}")
    return made
