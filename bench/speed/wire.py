"""A relay between an application server and PostgreSQL that counts what really goes over the wire.

It reads the client's side of PostgreSQL's protocol and changes nothing, so all contestants are counted
alike, whatever driver and whatever layer above it they use. It listens on a Unix socket, over which no client
asks for encryption. https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg

#: Messages of a client that run something: a simple query, and the execution of a bound statement.
RUNNING = frozenset(b"QE")
_LENGTH = 4
#: In the name of the socket's file.
_PORT = 5432


@dataclass(frozen=True)
class Count:
    """What was said to PostgreSQL. A round trip is a batch of messages whose answer the client waited for."""

    round_trips: float = 0
    statements: float = 0

    def since(self, earlier: Count, deliveries: int) -> Count:
        """For each delivery, since the earlier count."""
        return Count(
            (self.round_trips - earlier.round_trips) / deliveries,
            (self.statements - earlier.statements) / deliveries,
        )

    @property
    def cells(self) -> tuple[str, str]:
        """For a table; only what differs from time to time has a decimal."""
        return f"{round(self.round_trips, 1):g}", f"{round(self.statements, 1):g}"


class Messages:
    """Splits a client's bytes into messages; the first one of a connection has no type."""

    def __init__(self) -> None:
        self._rest = b""
        self._has_begun = False

    def feed(self, part: bytes) -> list[int]:
        """The types of the messages that are now whole."""
        self._rest += part
        types: list[int] = []
        while True:
            head = 1 if self._has_begun else 0
            length = head + int.from_bytes(self._rest[head : head + _LENGTH])
            if len(self._rest) < max(length, head + _LENGTH):
                return types
            if self._has_begun:
                types.append(self._rest[0])
            self._has_begun, self._rest = True, self._rest[length:]


class Wire:
    """The relay; `count` grows while it is used. `host` may be the directory of a socket."""

    def __init__(self, directory: Path, host: str, port: int) -> None:
        self._directory = directory
        self._upstream = (host, port)
        self._lock = threading.Lock()
        self._trips = self._statements = 0
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(directory / f".s.PGSQL.{_PORT}"))
        self._listener.listen()
        threading.Thread(target=self._accept, name="wire", daemon=True).start()

    def through(self, database_url: str) -> str:
        """The address of the same database by way of this relay."""
        parts = urlsplit(database_url)
        user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        query = {**dict(parse_qsl(parts.query)), "host": str(self._directory), "port": str(_PORT)}
        return f"{parts.scheme}://{user}{parts.path}?{urlencode(query)}"

    @property
    def count(self) -> Count:
        """Everything so far."""
        with self._lock:
            return Count(self._trips, self._statements)

    def close(self) -> None:
        """End all connections."""
        for each in (self._listener, *self._open):
            # A thread that waits for it wakes up only where it is shut down first.
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = _connect(*self._upstream)
                self._open += [client, server]
                talk = _Talk(self, client, server)
                for relay in (talk.ask, talk.answer):
                    threading.Thread(target=relay, name="wire", daemon=True).start()

    def add(self, *, trips: int = 0, statements: int = 0) -> None:
        """Count so many more."""
        with self._lock:
            self._trips += trips
            self._statements += statements


class _Talk:
    """One connection, both ways, each in a thread of its own."""

    def __init__(self, wire: Wire, client: socket.socket, server: socket.socket) -> None:
        self._wire = wire
        self._client = client
        self._server = server
        self._waits = False

    def ask(self) -> None:
        messages = Messages()
        with contextlib.suppress(OSError):
            while part := self._client.recv(65536):
                self._wire.add(statements=sum(kind in RUNNING for kind in messages.feed(part)))
                self._waits = True
                self._server.sendall(part)
            self._server.shutdown(socket.SHUT_WR)

    def answer(self) -> None:
        with contextlib.suppress(OSError):
            while part := self._server.recv(65536):
                # Counted before it is passed on: whoever has the answer finds it counted.
                self._wire.add(trips=int(self._waits))
                self._waits = False
                self._client.sendall(part)
            self._client.shutdown(socket.SHUT_WR)


def _connect(host: str, port: int) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    server = socket.socket(socket.AF_UNIX)
    server.connect(f"{host}/.s.PGSQL.{port}")
    return server


@contextmanager
def relay(like: psycopg.Connection[object]) -> Iterator[Wire]:
    """A relay to the server of this connection."""
    # The address of a Unix socket takes 107 bytes, so it gets a directory with a short name.
    with tempfile.TemporaryDirectory(prefix="raseed-wire-") as directory:
        wire = Wire(Path(directory), like.info.host, like.info.port)
        try:
            yield wire
        finally:
            wire.close()
