"""`raseed tour`: pay in every situation without a person, and check the shops' own rows."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from urllib.parse import urlsplit

import click
from rich.console import Console

from raseed.cli.ports import NoFreePort
from raseed.cli.processes import ProcessFailed
from raseed.proof.tour.database import SCHEMES, DatabaseRefused
from raseed.proof.tour.engines import ENGINES
from raseed.proof.tour.engines.base import Engine, EngineMissing
from raseed.proof.tour.report import Watched, document, table
from raseed.proof.tour.run import NoSuchSituation, Options, Result, run
from raseed.proof.tour.shops import SHOPS


def _shops(context: click.Context, option: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in SHOPS:
            raise click.BadParameter(f"there is no shop {name!r}. Shops: {', '.join(SHOPS)}.")
    return tuple(name for name in SHOPS if name in names or not names)


def _database(context: click.Context, option: click.Parameter, url: str) -> str:
    if url and urlsplit(url).scheme not in SCHEMES:
        raise click.BadParameter(
            "use a URL like postgresql://user@host/database, or leave it out for SQLite."
        )
    return url


database_option = click.option(
    "--database",
    default="",
    callback=_database,
    metavar="URL",
    help="A PostgreSQL server, on which a database is made and dropped again; default: SQLite.",
)


@click.command("tour")
@click.option(
    "--shop",
    "shops",
    multiple=True,
    callback=_shops,
    metavar="NAME",
    help="Only this shop; may be given several times. Default: all.",
)
@click.option(
    "--situation", "situations", multiple=True, metavar="TEXT", help="Only those with this in their name."
)
@click.option(
    "--seed", default=1, show_default=True, help="The order and every choice of the tour come out of this."
)
@database_option
@click.option(
    "--engine",
    type=click.Choice(list(ENGINES)),
    default=Engine.name,
    show_default=True,
    help="What does owed work: the worker itself, or processes behind a queue.",
)
@click.option(
    "--queue", default="", metavar="URL", help="Redis or RabbitMQ for --engine; default: on this machine."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, and no table.")
@click.pass_context
def command(
    context: click.Context,
    shops: tuple[str, ...],
    situations: tuple[str, ...],
    seed: int,
    database: str,
    engine: str,
    queue: str,
    as_json: bool,
) -> None:
    """Pay in every situation without a person and check the shops' own rows.

    Starts sandbox, shop and worker on a database of their own. Ends with 1 if any situation went wrong.
    """
    results = _run(Options(shops, seed, database, situations, engine, queue))
    if as_json:
        click.echo(document(results))
    else:
        Console().print(table(results))
    wrong = sum(not result.ok for result in results)
    click.echo(
        f"{len(results) - wrong} of {len(results)} situations as they must be (seed {seed}).", err=True
    )
    context.exit(1 if wrong else 0)


def _run(options: Options) -> list[Result]:
    give_up = _stop_on_signals()
    try:
        with Watched() as watch:
            results, kept = run(options, watch, give_up)
    except (ProcessFailed, NoFreePort, DatabaseRefused, EngineMissing, NoSuchSituation) as error:
        raise click.ClickException(str(error)) from error
    if give_up.is_set():
        raise click.Abort
    if kept is not None:
        click.echo(f"Database and logs are kept in {kept}", err=True)
    return results


def _stop_on_signals() -> threading.Event:
    """Ctrl-C and SIGTERM end the tour after the situation under way, with all processes stopped."""
    give_up = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        give_up.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return give_up
