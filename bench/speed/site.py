"""The measured site: a fresh database with all tables, and an application server before it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.speed.load import HOST
from bench.speed.wire import Wire
from raseed.cli.ports import HeldPorts
from raseed.cli.processes import Child, ProcessFailed, Watchdog
from raseed.proof.tour.database import own_database

ROOT = Path(__file__).resolve().parents[2]
FUNCTION = Path(__file__).with_name("shop") / "function.sql"

#: A measurement with one of these off would not measure payments.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class NotDurable(Exception):
    """This PostgreSQL may lose what it has acknowledged."""


def check_durable(connection: psycopg.Connection[Any]) -> None:
    """Raises NotDurable, naming the setting and what it must be."""
    for name, wanted in DURABLE.items():
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        if row is None or row[0] != wanted:
            raise NotDurable(f"{name} is {row and row[0]}; it must be {wanted} here, as for payments.")


def run_to_its_end(child: Child) -> None:
    """Raises ProcessFailed with the end of its log where it fails."""
    child.start()
    while child.running:
        time.sleep(0.05)
    if child.returned:
        raise ProcessFailed(f"{child.name} failed. {child.log_tail()}")


@contextmanager
def serving(server: Child, health: str) -> Iterator[None]:
    """A server that answers at this address; stopped afterwards. Raises ProcessFailed."""
    try:
        server.start()
        server.wait_healthy(health)
        yield
    finally:
        server.stop()


class Site:
    """One running site of `bench.speed.shop`. `database` is a connection of the command's own."""

    def __init__(self, directory: Path, database_url: str, ports: HeldPorts, watchdog: Watchdog) -> None:
        self.directory = directory
        self.database_url = database_url
        self._ports = ports
        self.port = ports.take()
        self.sandbox_port = ports.take()
        self.watchdog = watchdog
        self.database = psycopg.connect(database_url, autocommit=True)
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "bench.speed.shop.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), str(ROOT / "examples")]),
            "RASEED_BENCH_DATABASE_URL": database_url,
            "RASEED_BENCH_SITE_URL": f"http://{HOST}:{self.port}",
            "RASEED_BENCH_SANDBOX_URL": f"http://{HOST}:{self.sandbox_port}",
        }

    def child(self, name: str, *command: str) -> Child:
        """A process of this site; its log is in the directory."""
        log = self.directory / f"{name}.log"
        whole = [sys.executable, *command]
        return Child(name, whole, environment=self.environment, log=log, watchdog=self.watchdog)

    def server(self, workers: int, threads: int, *, name: str = "server", port: int = 0) -> Child:
        """The application server: so many processes of so many threads, at the site's port if at no other."""
        where = ["--interface", "wsgi", "--host", HOST, "--port", str(port or self.port), "--no-ws"]
        many = ["--workers", str(workers), "--blocking-threads", str(threads), "--log-level", "error"]
        return self.child(name, "-m", "granian", *where, *many, "bench.speed.shop.wsgi:application")

    @contextmanager
    def counted(self, wire: Wire) -> Iterator[int]:
        """The port of a second server, of one thread, that reaches PostgreSQL by this wire."""
        port = self.free_port()
        server = self.server(1, 1, name="counted", port=port)
        server.environment["RASEED_BENCH_DATABASE_URL"] = wire.through(self.database_url)
        with serving(server, f"http://{HOST}:{port}/empty/"):
            yield port

    def migrate(self) -> None:
        """All tables, and the function of the floor. Raises ProcessFailed."""
        migrate = self.child("migrate", "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0")
        run_to_its_end(migrate)
        self.database.execute(FUNCTION.read_bytes())

    def free_port(self) -> int:
        """One more port, for as long as the site runs."""
        return self._ports.take()

    def run(self, module: str, *arguments: str, said: Any = None) -> Any:
        """Run a module of the shop to its end with `said` as JSON on its input; the JSON that it prints.

        Raises ProcessFailed.
        """
        done = subprocess.run(
            [sys.executable, "-m", f"bench.speed.shop.{module}", *arguments],
            env={**os.environ, **self.environment},
            input=json.dumps(said),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ProcessFailed(f"{module} failed:\n{done.stderr[-2000:]}")
        return json.loads(done.stdout)

    def one(self, query: bytes, *values: object) -> Any:
        """The first member of the first row."""
        row = self.database.execute(query, values).fetchone()
        return row[0] if row else None


@contextmanager
def running(directory: Path, server_url: str, *, workers: int, threads: int) -> Iterator[tuple[Site, Child]]:
    """A site and its server, both gone afterwards.

    Raises DatabaseRefused, NotDurable, or ProcessFailed with the end of a log.
    """
    ports = HeldPorts(HOST)
    with own_database(server_url) as database_url, Watchdog() as watchdog:
        site = Site(directory, database_url, ports, watchdog)
        server = site.server(workers, threads)
        try:
            check_durable(site.database)
            site.migrate()
            server.start()
            server.wait_healthy(f"http://{HOST}:{site.port}/empty/")
            yield site, server
        finally:
            server.stop()
            site.database.close()
            ports.release()
