"""`raseed torture simulate`: many payments in a storm of faults, repeatable from a seed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from raseed.cli.tour import database_option
from raseed.proof.simulate.run import Options, Result, ShardFailed, Violation, Watch, run
from raseed.proof.tour.database import DatabaseRefused

#: Without a terminal, a line of progress so often.
LINE_SECONDS = 10.0
#: So many violations are told; the rest are counted.
TOLD = 20


@click.command("simulate")
@click.option("--seed", default=1, show_default=True, help="The same seed makes every choice again.")
@click.option("--payments", default=1000, show_default=True, type=click.IntRange(1), help="At least so many.")
@click.option(
    "--jobs", default=1, show_default=True, type=click.IntRange(1), help="So many processes share the work."
)
@click.option("--world", type=click.IntRange(0), metavar="NUMBER", help="Only this world of the seed's.")
@database_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, and no text.")
@click.pass_context
def simulate(
    context: click.Context,
    seed: int,
    payments: int,
    jobs: int,
    world: int | None,
    database: str,
    as_json: bool,
) -> None:
    """Have many customers pay in a storm of faults, and compare all rows with the gateways' books."""
    options = Options(seed, payments, jobs, database, world)
    try:
        with _progress(options) as watch:
            result, kept = run(options, watch)
    except (DatabaseRefused, ShardFailed) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(asdict(result), ensure_ascii=False, indent=2))
    else:
        _tell(result)
    if kept is not None:
        click.echo(f"What happened in those worlds, step by step, is in {kept}", err=True)
    context.exit(1 if result.violations else 0)


def _tell(result: Result) -> None:
    for violation in result.violations[:TOLD]:
        click.echo(f"{_line(violation)}\n    again: {violation.command}")
    if len(result.violations) > TOLD:
        click.echo(f"… and {len(result.violations) - TOLD} more")
    rate = result.payments / result.seconds if result.seconds else 0.0
    click.echo(
        f"{result.payments} payments in {result.worlds} worlds on {result.database}, "
        f"{len(result.violations)} violations, {result.seconds:.0f} s, {rate:.1f} payments/s"
    )
    click.echo(", ".join(f"{what}: {count}" for what, count in result.tally.items()))
    click.echo(f"digest {result.digest}")


def _line(violation: Violation) -> str:
    return f"world {violation.world}: {violation.what}"


@contextmanager
def _progress(options: Options) -> Iterator[Watch]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(len(options.worlds))
        return
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("no world is over yet", total=len(options.worlds))
        began, violations = time.monotonic(), 0

        def watch(worlds: int, payments: int, found: Sequence[Violation]) -> None:
            nonlocal violations
            violations += len(found)
            for violation in found:
                console.print(_line(violation), markup=False, highlight=False)
            rate = payments / max(time.monotonic() - began, 0.1)
            said = f"{payments} payments, {rate:.1f}/s, {violations} violations"
            bar.update(task, completed=worlds, description=said)

        yield watch


def _lines(worlds_in_all: int) -> Watch:
    began = last = time.monotonic()
    violations = 0

    def watch(worlds: int, payments: int, found: Sequence[Violation]) -> None:
        nonlocal last, violations
        violations += len(found)
        for violation in found:
            print(_line(violation), file=sys.stderr, flush=True)
        now = time.monotonic()
        if now - last >= LINE_SECONDS:
            last, rate = now, payments / (now - began)
            said = f"{worlds} of {worlds_in_all} worlds, {payments} payments, {rate:.1f}/s"
            print(f"{said}, {violations} violations", file=sys.stderr, flush=True)

    return watch
