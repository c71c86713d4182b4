"""`python -m bench.peers`: the same situations for Raseed and its peers, and one table."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click
import psycopg
from rich.console import Console

from bench.peers import report
from bench.peers.report import Conditions
from bench.peers.run import PEERS, column
from bench.peers.situations import SITUATIONS
from raseed.proof.tour.database import DatabaseRefused

NAMES = [kind.name for kind in PEERS]
KEYS = [situation.key for situation in SITUATIONS]


@click.command()
@click.option(
    "--peer", "peers", multiple=True, type=click.Choice(NAMES), help="Only this one; may be repeated."
)
@click.option("--situation", "keys", multiple=True, type=click.Choice(KEYS), help="Only this one; likewise.")
@click.option(
    "--rounds", default=60, show_default=True, type=click.IntRange(1, 1000), help="Of each kind of copies."
)
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 16), help="Server processes.")
@click.option(
    "--database",
    default="postgres:///postgres",
    show_default=True,
    metavar="URL",
    help="A PostgreSQL server, on which a database for each peer is made and dropped again.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, and no table.")
@click.option("--markdown", "as_markdown", is_flag=True, help="The table as docs/proof/peers.md shows it.")
@click.pass_context
def command(
    context: click.Context,
    peers: tuple[str, ...],
    keys: tuple[str, ...],
    rounds: int,
    workers: int,
    database: str,
    *,
    as_json: bool,
    as_markdown: bool,
) -> None:
    """Put Raseed, django-payments, dj-stripe and django-getpaid into the same situations, over HTTP."""
    situations = [situation for situation in SITUATIONS if not keys or situation.key in keys]
    logs = Path(tempfile.mkdtemp(prefix="raseed-peers-"))
    try:
        columns = [
            column(
                kind,
                logs,
                database,
                rounds=rounds,
                workers=workers,
                situations=situations,
                progress=_progress,
            )
            for kind in PEERS
            if not peers or kind.name in peers
        ]
    except DatabaseRefused as error:
        raise click.ClickException(str(error)) from error
    _progress("", "")
    conditions = Conditions(
        day=datetime.now(UTC).date().isoformat(),
        cores=os.cpu_count() or 1,
        postgresql=_server_version(database),
        rounds=rounds,
        workers=workers,
    )
    rows = [(situation.key, situation.title) for situation in situations]
    if as_json:
        click.echo(json.dumps(report.document(rows, columns, conditions), ensure_ascii=False, indent=2))
    elif as_markdown:
        click.echo(report.markdown(rows, columns, conditions))
    else:
        console = Console()
        for part in report.terminal(rows, columns, conditions):
            console.print(part, markup=False) if isinstance(part, str) else console.print(part)
    click.echo(f"The sites' logs are in {logs}", err=True)
    context.exit(1 if any(found.void for found in columns) else 0)


def _server_version(url: str) -> str:
    with psycopg.connect(url) as connection:
        number = connection.info.server_version
    return f"{number // 10_000}.{number % 10_000}"


def _progress(name: str, doing: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{name}: {doing} …" if name else "\r\x1b[K", nl=False, err=True)
    elif name:
        click.echo(f"{name}: {doing}", err=True)


if __name__ == "__main__":
    command(prog_name="python -m bench.peers")
