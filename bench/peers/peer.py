"""What all four have in common: an environment, a database, a server, orders, signed deliveries, and effects.

with started(DjangoPayments, directory, "postgres:///postgres", workers=2) as peer:
    for checkout in peer.prepare(100):
        delivery = peer.paid(checkout)
        # POST delivery.body to peer.url + delivery.path with delivery.headers()
        peer.effects(checkout)
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import psycopg
from psycopg import sql

from bench.peers.delivery import Delivery
from bench.peers.environments import environment, versions
from raseed.cli.ports import HeldPorts
from raseed.cli.processes import Child, ProcessFailed, Watchdog
from raseed.proof.tour.database import own_database

HOST = "127.0.0.1"
#: What every order costs, in minor units.
PRICE_MINOR = 2000
#: So many requests at a time in each server process.
THREADS = 4
SHARED = Path(__file__).parent / "shared"


class Standing(StrEnum):
    """How a peer's own books say that a checkout stands."""

    OPEN = "open"
    PAID = "paid"
    REFUNDED = "refunded"
    HELD = "held"  # the books show that something about the money needs a look
    ENDED = "ended"  # failed, rejected, expired
    NONE = "none"  # the books do not know it


@dataclass(frozen=True)
class Checkout:
    """An order that somebody is paying for; `ids` is the driver's own."""

    order: int
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Books:
    """Where a checkout stands, and the peer's own word for it."""

    standing: Standing
    word: str


class NotPossible(Exception):
    """This cannot be expressed with this peer. The message says why, in one sentence."""


class Peer(ABC):
    """One package, in a site that follows its documentation."""

    name: ClassVar[str]
    #: Names and versions for the package index; empty: the environment that runs this.
    requirements: ClassVar[Sequence[str]] = ()
    at_least: ClassVar[str] = "3.11"
    #: Packages whose installed version the report names, the peer first.
    reported: ClassVar[Sequence[str]]
    #: Why the package cannot compare amounts; empty: it can.
    no_amounts: ClassVar[str] = ""
    #: By situation: what a reader should know about the cell, in one sentence.
    notes: ClassVar[Mapping[str, str]] = {}

    def __init__(self, directory: Path, database_url: str, watchdog: Watchdog, ports: HeldPorts) -> None:
        self.directory = directory
        self.database_url = database_url
        self._watchdog = watchdog
        self._ports = ports
        port = ports.take()
        self.url = f"http://{HOST}:{port}"
        self.site = Path(sys.modules[type(self).__module__].__file__ or "").parent / "site"
        self.python = environment(self.name, self.requirements, self.at_least) if self.requirements else None
        self.environment = self._environment()
        self._power_cut = directory / "power-cut"
        #: Imitations of the gateway's API and where they say that they are up; started first.
        self.gateways: list[tuple[Child, str]] = []
        #: What the peer ships besides the web server; started last.
        self.besides: list[Child] = []
        self._books: psycopg.Connection[Any] | None = None
        self._server = self.child("server", [])
        self._port = port

    # --- what each peer says for itself ---------------------------------------------------------------

    @abstractmethod
    def settings(self) -> Mapping[str, str]:
        """Environment variables that the site's settings read."""

    @abstractmethod
    def paid(self, checkout: Checkout, minor: int = PRICE_MINOR) -> Delivery:
        """The signed news that this was paid, with so much."""

    def paid_many(self, checkouts: Sequence[Checkout]) -> list[Delivery]:
        """As `paid` for each, in few steps: for load."""
        return [self.paid(checkout) for checkout in checkouts]

    @abstractmethod
    def expired(self, checkout: Checkout) -> Delivery:
        """The signed news that the checkout ended without money."""

    @abstractmethod
    def refunded(self, checkout: Checkout) -> Delivery:
        """The signed news that all of it went back. Raises NotPossible."""

    @abstractmethod
    def books(self, checkout: Checkout) -> Books:
        """How the peer's own rows say that it stands."""

    @abstractmethod
    def announced(self) -> Checkout:
        """A checkout that the gateway knows and the site does not know yet. `create` makes it known."""

    def create(self, checkout: Checkout) -> Checkout:
        """The site learns of an announced checkout."""
        made = self.command("create", *checkout.ids.values())
        return Checkout(made[0]["order"], checkout.ids)

    def refund(self, checkout: Checkout) -> Delivery | None:
        """The money goes back the way this peer documents: what remains to be delivered, if anything."""
        return self.refunded(checkout)

    @abstractmethod
    def pay_silently(self, checkout: Checkout) -> None:
        """The customer pays, and the webhook is lost. Where the peer might ask, its gateway now says so."""

    @abstractmethod
    def asked(self, checkout: Checkout) -> int:
        """How often the peer has asked its gateway about this checkout."""

    # --- processes ------------------------------------------------------------------------------------

    def start(self, workers: int = 2) -> None:
        """Make the tables, start the server and wait until it answers. Raises ProcessFailed."""
        for child, health in self.gateways:
            child.start()
            child.wait_healthy(health)
        self.manage("migrate", "--run-syncdb", "--verbosity", "0")
        self._server.command = self._serving(self._port, workers, THREADS)
        self._server.start()
        self._server.wait_healthy(f"{self.url}/health/")
        for child in self.besides:
            child.start()

    def second_server(self, database_url: str) -> tuple[int, Child]:
        """Port and process of one more server, of one thread, which reaches its database by this address."""
        port = self._ports.take()
        server = self.child("counted", self._serving(port, 1, 1))
        server.environment["PEER_DATABASE_URL"] = database_url
        return port, server

    def _serving(self, port: int, workers: int, threads: int) -> list[str]:
        where = ["--interface", "wsgi", "--host", HOST, "--port", str(port)]
        many = ["--workers", str(workers), "--blocking-threads", str(threads), "--log-level", "warning"]
        lasting = ["--respawn-failed-workers", "--respawn-interval", "0.1"]
        return [self._python, "-m", "granian", *where, *many, *lasting, "wsgi:application"]

    @property
    def pid(self) -> int:
        """Of the server; its workers are its children. 0 before the start."""
        return self._server.pid or 0

    def stop(self) -> None:
        """Stop everything, the last started first."""
        gateways = [child for child, _ in self.gateways]
        for child in (*self.besides, self._server, *gateways):
            child.stop()
        if self._books is not None:
            self._books.close()

    def child(self, name: str, command: Sequence[str]) -> Child:
        """A process of this site, with its log in the directory."""
        log = self.directory / f"{self.name}-{name}.log"
        return Child(name, command, environment=self.environment, log=log, watchdog=self._watchdog)

    def manage(self, *arguments: str) -> None:
        """Run a management command of the site. Raises ProcessFailed."""
        self._run([self._python, "-m", "django", *arguments])

    def command(self, *arguments: str) -> Any:
        """Run a command of the site's own `commands.py` and return what it printed. Raises ProcessFailed."""
        return json.loads(self._run([self._python, str(self.site / "commands.py"), *arguments]))

    def prepare(self, count: int) -> list[Checkout]:
        """So many orders, each with an open checkout."""
        return [_checkout(made) for made in self.command("prepare", str(count))]

    def effects(self, checkout: Checkout) -> int:
        """How many effects the order has, by the peer's own database."""
        return int(self.one("SELECT count(*) FROM shop_effect WHERE order_id = %s", checkout.order) or 0)

    def one(self, query: str, *values: object) -> Any:
        """The first member of the first row, or None."""
        if self._books is None:
            self._books = psycopg.connect(self.database_url, autocommit=True)
        row = self._books.execute(sql.SQL(query), values).fetchone()
        return row[0] if row else None

    def cut_power(self) -> None:
        """The next hook that runs dies by SIGKILL after the package wrote its state."""
        self._power_cut.touch()

    @property
    def power_was_cut(self) -> bool:
        """Whether a hook has died since."""
        return not self._power_cut.exists()

    def versions(self) -> dict[str, str]:
        """Installed versions of the packages that the report names."""
        return versions(Path(self._python), self.reported)

    @property
    def _python(self) -> str:
        return str(self.python or sys.executable)

    def _environment(self) -> dict[str, str]:
        return {
            "PYTHONPATH": os.pathsep.join([str(self.site), str(SHARED)]),
            "DJANGO_SETTINGS_MODULE": "settings",
            "PEER_SITE_URL": self.url,
            "PEER_DATABASE_URL": self.database_url,
            "PEER_POWER_CUT": str(self.directory / "power-cut"),
            **self.settings(),
        }

    def _run(self, command: Sequence[str]) -> str:
        environment = {**os.environ, **self.environment}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = (done.stdout + done.stderr).strip().splitlines()[-12:]
            raise ProcessFailed(f"{self.name}: {' '.join(command[1:4])} failed:\n" + "\n".join(lines))
        return done.stdout


P = TypeVar("P", bound=Peer)


def _checkout(made: Mapping[str, Any]) -> Checkout:
    return Checkout(made["order"], {name: str(value) for name, value in made.items() if name != "order"})


@contextlib.contextmanager
def started(kind: type[P], directory: Path, server_url: str, *, workers: int = 2) -> Iterator[P]:
    """A running peer with a database of its own, both gone afterwards. `directory` keeps the logs.

    Raises ProcessFailed, DatabaseRefused or NoEnvironment.
    """
    directory.mkdir(parents=True, exist_ok=True)
    ports = HeldPorts(HOST)
    with own_database(server_url) as database_url, Watchdog() as watchdog:
        peer = kind(directory, database_url, watchdog, ports)
        try:
            peer.start(workers)
            yield peer
        finally:
            peer.stop()
            ports.release()
