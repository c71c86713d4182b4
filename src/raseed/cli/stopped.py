"""`raseed torture postgres`: kill the database server while customers buy, and compare the books."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from raseed.cli.ports import NoFreePort
from raseed.cli.processes import ProcessFailed
from raseed.proof.stopped.run import Options, Outcome, run
from raseed.proof.stopped.server import NoServer

_AT_LEAST_ONE = click.IntRange(1)


@click.command("postgres")
@click.option("--purchases", default=60, show_default=True, type=_AT_LEAST_ONE, help="So many are paid for.")
@click.option("--customers", default=4, show_default=True, type=_AT_LEAST_ONE, help="So many buy at once.")
@click.option("--kills", default=5, show_default=True, type=click.IntRange(0), help="SIGKILLs, at most.")
@click.option("--seed", default=1, show_default=True, help="What is bought, and when the server is killed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, and no text.")
@click.pass_context
def postgres(
    context: click.Context, purchases: int, customers: int, kills: int, seed: int, as_json: bool
) -> None:
    """Kill a PostgreSQL server of our own again and again while customers buy, and check the books."""
    try:
        outcome, kept = run(Options(purchases, customers, kills, seed), _progress)
    except (NoServer, ProcessFailed, NoFreePort) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(asdict(outcome), ensure_ascii=False, indent=2))
    else:
        _tell(outcome)
    if kept is not None:
        click.echo(f"The logs are kept in {kept}", err=True)
    context.exit(1 if outcome.wrong else 0)


def _progress(words: str) -> None:
    click.echo(f"{words} …", err=True, color=sys.stderr.isatty())


def _tell(outcome: Outcome) -> None:
    click.echo(
        f"The server was killed {outcome.kills} times during {outcome.purchases} purchases; "
        f"{outcome.refusals} presses got no page and were repeated."
    )
    click.echo(
        f"{outcome.acknowledged} webhooks were answered as received; {outcome.paid} payments are paid."
    )
    click.echo(f"{len(outcome.wrong)} things were wrong. It took {outcome.seconds:.0f} s.")
    for problem in outcome.wrong:
        click.echo(problem)
