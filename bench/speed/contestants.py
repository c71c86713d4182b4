"""Who takes part: each makes orders that wait for money, signs deliveries, and counts what came of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from bench.peers.peer import Peer
from bench.speed import processors
from bench.speed.load import HOST, request
from bench.speed.orders import Signer, fill
from bench.speed.site import Site, serving
from bench.speed.wire import Wire
from raseed.cli.processes import Child

BACKENDS = b"SELECT coalesce(array_agg(pid), '{}') FROM pg_stat_activity WHERE datname = current_database()"


class Contestant(Protocol):
    """`share`: how many of its deliveries make a turn, of those that Raseed takes."""

    name: str
    share: float

    @property
    def port(self) -> int:
        """Where it listens."""

    def deliveries(self, batch: str, count: int) -> list[bytes]:
        """So many orders that wait for their money, and a signed request for each."""

    def effects(self) -> int:
        """How often something was given so far."""

    def processes(self) -> tuple[list[int], list[int]]:
        """Of its server, and of PostgreSQL for its database."""

    def counted(self, wire: Wire) -> AbstractContextManager[int]:
        """The port of a second server, of one thread, that reaches PostgreSQL by this wire."""


class OwnView:
    """A view of the measured site: Raseed's, or one of the floors."""

    share = 1.0

    def __init__(self, name: str, path: str, site: Site, server: Child, signer: Signer) -> None:
        self.name = name
        self._path = path
        self._site = site
        self._server = server
        self._signer = signer

    @property
    def port(self) -> int:
        return self._site.port

    def deliveries(self, batch: str, count: int) -> list[bytes]:
        names = fill(self._site.database, f"{batch}{self.name}", count)
        return [self._signer.delivery(self._path, name) for name in names]

    def effects(self) -> int:
        return int(self._site.one(b"SELECT count(*) FROM benchshop_shipment"))

    def processes(self) -> tuple[list[int], list[int]]:
        mine = self._site.database.info.backend_pid
        backends = [pid for pid in self._site.one(BACKENDS) if pid != mine]
        return processors.family(self._server.pid or 0), backends

    @contextmanager
    def counted(self, wire: Wire) -> Iterator[int]:
        with self._site.counted(wire) as port:
            yield port


class OtherPackage:
    """A peer on its own site; see `bench.peers`. It is slower, so its turns are shorter."""

    def __init__(self, peer: Peer, share: float) -> None:
        self.name = peer.name
        self.share = share
        self._peer = peer

    @property
    def port(self) -> int:
        return int(self._peer.url.rpartition(":")[2])

    def deliveries(self, batch: str, count: int) -> list[bytes]:
        made = self._peer.paid_many(self._peer.prepare(count))
        return [request(each.path, each.body, each.headers()) for each in made]

    def effects(self) -> int:
        return int(self._peer.one("SELECT count(*) FROM shop_effect"))

    def processes(self) -> tuple[list[int], list[int]]:
        backends: Sequence[int] = self._peer.one(BACKENDS.decode())
        return processors.family(self._peer.pid), list(backends)

    @contextmanager
    def counted(self, wire: Wire) -> Iterator[int]:
        port, server = self._peer.second_server(wire.through(self._peer.database_url))
        with serving(server, f"http://{HOST}:{port}/health/"):
            yield port
