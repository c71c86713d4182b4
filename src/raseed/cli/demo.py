"""`raseed demo`: sandbox, shop, event streams and worker on this machine, until Ctrl-C."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click

from raseed.cli.local_shop import LocalShop
from raseed.cli.ports import NoFreePort
from raseed.cli.processes import ProcessFailed
from raseed_shops.front.people import PEOPLE

SHOP_PORT = 8000
SANDBOX_PORT = 8900


@click.command("demo")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("raseed-demo"),
    show_default=True,
    help="Where database, logs and keys are kept; the next run goes on from there.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="The shop's port; the next free one if taken.")
@click.option("--sandbox-port", type=click.IntRange(1, 65535), help="The sandbox's port, likewise.")
@click.option("--database", default="", help="A postgresql:// URL instead of SQLite in the directory.")
@click.option("--no-worker", is_flag=True, help="Leave the worker out: nothing is polled or retried.")
def command(
    directory: Path, port: int | None, sandbox_port: int | None, database: str, no_worker: bool
) -> None:
    """Run sandbox, shop, event streams and worker together, with people and tasks to start with."""
    directory.mkdir(parents=True, exist_ok=True)
    known_ports = (directory / "ports.json").exists()
    with _only_one(directory), _signals() as stopping:
        try:
            local = LocalShop(
                directory,
                database_url=database,
                shop_port=port or (0 if known_ports else SHOP_PORT),
                sandbox_port=sandbox_port or (0 if known_ports else SANDBOX_PORT),
                with_worker=not no_worker,
            )
        except NoFreePort as error:
            raise click.ClickException(str(error)) from error
        local.give_up = stopping
        _run(local, stopping)


def _run(local: LocalShop, stopping: threading.Event) -> None:
    """Start, tell, wait; and stop whatever was started, however it ends."""
    click.echo("Starting …")
    try:
        local.start()
        click.echo(introduction(local))
        while not stopping.wait(0.5):
            if child := local.failed():
                raise ProcessFailed(f"The {child.name} has ended by itself. {child.log_tail()}")
    except ProcessFailed as error:
        if not stopping.is_set():
            raise click.ClickException(str(error)) from error
    finally:
        click.echo("Stopping …")
        local.stop()
        click.echo("Stopped.")


def introduction(local: LocalShop) -> str:
    """Where to click and who one can be."""
    people = [("name", "password", ""), *((p.username, p.username, p.role) for p in PEOPLE)]
    worker = "" if local.with_worker else "\n  No worker runs: nothing is polled or retried."
    return "\n".join(
        [
            "",
            f"  Shop      {local.shop_url}/",
            f"  APIs      {local.shop_url}/api/auth/token/   clinic: POST username and password for a token",
            f"            {local.shop_url}/api/auth/login/   temple: likewise, for a JSON Web Token",
            f"  Admin     {local.shop_url}/admin/",
            f"  Sandbox   {local.sandbox_url}/_sandbox   plays the payment company",
            "",
            "  In the shop a button logs you in; the admin asks for name and password.",
            *(f"    {name:<8}{password:<10}{role}".rstrip() for name, password, role in people),
            "",
            "  The errands shop charges a fee of ₱2.00. PayMongo itself takes nothing that small: here the",
            "  sandbox and the shop are told a lower minimum. A live shop must charge at least PayMongo's.",
            "",
            f"  Database and logs: {local.directory}{worker}",
            "  Ctrl-C stops everything.",
            "",
        ]
    )


@contextlib.contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    """Two demos in one directory would overwrite each other's sandbox."""
    with (directory / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise click.ClickException(
                f"a demo is running in {directory} already. Stop it, or choose another --directory."
            ) from error
        yield


@contextlib.contextmanager
def _signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM or a closed terminal sets; a second one ends us at once.

    Ending at once leaves the children to the watchdog.
    """
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if stopping.is_set():
            os._exit(130)
        stopping.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
