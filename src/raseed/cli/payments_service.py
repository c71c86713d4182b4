"""`raseed payments-service`: pays from wallet to wallet for a shop, as a program of its own, until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import click

from raseed.cli.processes import Child, ProcessFailed, Watchdog

SETTINGS = "raseed_shops.payments_service.settings"
NEEDED = ("PAYMENTS_SERVICE_TOKEN", "PAYMENTS_WEBHOOK_SECRET")


@click.command("payments-service")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8700, show_default=True, type=click.IntRange(1, 65535))
@click.option("--base-url", envvar="BASE_URL", help="How browsers and the shop reach it. [env: BASE_URL]")
@click.option(
    "--django-base-url",
    envvar="DJANGO_BASE_URL",
    default="http://127.0.0.1:8000",
    show_default=True,
    help="The shop. [env: DJANGO_BASE_URL]",
)
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("raseed-payments-service"),
    show_default=True,
    help="Where database and logs are kept.",
)
@click.option("--database", default="", help="A postgresql:// URL instead of SQLite in the directory.")
def command(
    host: str, port: int, base_url: str | None, django_base_url: str, directory: Path, database: str
) -> None:
    """Pay from wallet to wallet for a shop elsewhere, and tell it by signed webhooks.

    PAYMENTS_SERVICE_TOKEN is what the shop shows, PAYMENTS_WEBHOOK_SECRET ("whsec_…") signs what is told.
    """
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        raise click.ClickException(f"set {' and '.join(missing)}: the shop has the same.")
    directory.mkdir(parents=True, exist_ok=True)
    environment = {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "PAYMENTS_SERVICE_DIRECTORY": str(directory.resolve()),
        "PAYMENTS_SERVICE_DATABASE_URL": database,
        "PAYMENTS_SERVICE_SECRET_KEY": _kept_key(directory / "secret-key"),
        "BASE_URL": (base_url or f"http://{host}:{port}").rstrip("/"),
        "DJANGO_BASE_URL": django_base_url.rstrip("/"),
    }
    stopping = _stop_on_signals()
    try:
        _run(host, port, directory, environment, stopping)
    except ProcessFailed as error:
        if not stopping.is_set():
            raise click.ClickException(str(error)) from error


def _run(
    host: str, port: int, directory: Path, environment: dict[str, str], stopping: threading.Event
) -> None:
    with Watchdog() as watchdog:

        def child(name: str, *arguments: str) -> Child:
            log = directory / f"{name}.log"
            return Child(
                name, [sys.executable, "-m", *arguments], environment=environment, log=log, watchdog=watchdog
            )

        server = ["granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--no-ws"]
        web = child(
            "service", *server, "--log-level", "warning", "raseed_shops.payments_service.wsgi:application"
        )
        worker = child("worker", "django", "raseed_work")
        children = [web, worker]
        try:
            _prepare(child("migrate", "django", "migrate", "--no-input"), stopping)
            for each in children:
                each.start()
            web.wait_healthy(f"http://{host}:{port}/health", give_up=stopping)
            click.echo(f"Payments service at {environment['BASE_URL']}, for {environment['DJANGO_BASE_URL']}")
            _wait(children, stopping)
        finally:
            for each in reversed(children):
                each.stop(grace_seconds=2.5)


def _prepare(migrate: Child, stopping: threading.Event) -> None:
    migrate.start()
    while migrate.running and not stopping.wait(0.1):
        pass
    if migrate.returned != 0:
        raise ProcessFailed(f"The database could not be prepared. {migrate.log_tail()}")


def _wait(children: list[Child], stopping: threading.Event) -> None:
    while not stopping.wait(0.5):
        for each in children:
            if not each.running:
                raise ProcessFailed(f"The {each.name} has ended by itself. {each.log_tail()}")


def _stop_on_signals() -> threading.Event:
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    return stopping


def _kept_key(file: Path) -> str:
    """A random key for this directory, readable by its owner only."""
    if not file.exists():
        with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as text:
            text.write(secrets.token_urlsafe(48))
    return file.read_text().strip()
