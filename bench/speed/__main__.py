"""`python -m bench.speed`: deliveries, purchases, pages and sweeps, as figures and as ratios in one run."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console

from bench.speed import report
from bench.speed.load import LoadFailed
from bench.speed.plan import PARTS, QUICK, WHOLE, Plan
from bench.speed.run import Outcome, measure
from bench.speed.site import NotDurable
from raseed.cli.processes import ProcessFailed
from raseed.proof.tour.database import DatabaseRefused


@click.command()
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Only this; may be repeated.")
@click.option("--quick", is_flag=True, help="A short look, in a minute or two. Its figures prove nothing.")
@click.option("--without-peers", is_flag=True, help="Only Raseed and the floor.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 16), help="Server processes.")
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64), help="In each of them.")
@click.option(
    "--database",
    default="postgres:///postgres",
    show_default=True,
    metavar="URL",
    help="A PostgreSQL server, on which databases are made and dropped again.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, and no tables.")
@click.option("--markdown", "as_markdown", is_flag=True, help="The tables as docs/proof/speed.md shows them.")
def command(
    parts: tuple[str, ...],
    database: str,
    workers: int,
    threads: int,
    *,
    quick: bool,
    without_peers: bool,
    as_json: bool,
    as_markdown: bool,
) -> None:
    """Measure how fast Raseed is, against a floor and against its peers, on this machine."""
    plan = Plan(
        parts=parts or PARTS,
        size=QUICK if quick else WHOLE,
        with_peers=not without_peers,
        server_url=database,
        workers=workers,
        threads=threads,
    )
    try:
        outcome = measure(plan, _progress)
    except (DatabaseRefused, LoadFailed, NotDurable, ProcessFailed) as error:
        _progress("")
        raise click.ClickException(str(error)) from error
    _progress("")
    _show(outcome, as_json=as_json, as_markdown=as_markdown)


def _show(outcome: Outcome, *, as_json: bool, as_markdown: bool) -> None:
    sheets = [*outcome.sheets, *([report.bars_sheet(outcome.bars)] if outcome.bars else [])]
    if as_json:
        click.echo(json.dumps(report.document(outcome.machine, outcome.sheets, outcome.bars), indent=2))
    elif as_markdown:
        for sheet in sheets:
            click.echo(report.markdown(sheet))
    else:
        console = Console()
        console.print(
            ", ".join(f"{name} {value}" for name, value in outcome.machine.items()), highlight=False
        )
        for sheet in sheets:
            console.print(report.terminal(sheet))


def _progress(words: str) -> None:
    """On one line of the terminal; nothing where nobody looks."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{words[:100]}")
        sys.stderr.flush()


if __name__ == "__main__":
    command(prog_name="python -m bench.speed")
