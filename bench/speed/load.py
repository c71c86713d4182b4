"""The load generator: sends each of many prepared requests exactly once, over a fixed number of connections.

Every delivery differs in its body and its signature and may be sent only once, so the usual tools, which
repeat requests for a time, do not fit. One thread, one epoll; a connection sends its next request as soon as
it has the whole answer to the last one. What it can do by itself is measured against an empty view.
"""

from __future__ import annotations

import gc
import select
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

HOST = "127.0.0.1"
#: No answer of a healthy server takes this long; then the run is void.
SILENCE_SECONDS = 30.0


class LoadFailed(Exception):
    """The server did not answer as HTTP asks, or not at all."""


@dataclass(frozen=True)
class Sample:
    """One slice of load: how long it took, each answer's latency in seconds, and the answers by status."""

    seconds: float
    latencies: list[float]
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0


@dataclass
class _Connection:
    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""


def drive(port: int, requests: Sequence[bytes], connections: int) -> Sample:
    """Send all of them to a port of this machine. Raises LoadFailed when an answer does not come."""
    pending = iter(requests)
    open_connections = [_connect(port) for _ in range(min(connections, len(requests)))]
    by_number = {each.socket.fileno(): each for each in open_connections}
    was_collecting = gc.isenabled()
    gc.disable()  # a pause of ours would stand in the server's latencies
    try:
        return _run(by_number, pending, len(requests))
    finally:
        if was_collecting:
            gc.enable()
        for each in open_connections:
            each.socket.close()


def _connect(port: int) -> _Connection:
    try:
        connected = socket.create_connection((HOST, port), timeout=SILENCE_SECONDS)
    except OSError as error:
        raise LoadFailed(f"nothing listens on port {port}: {error}") from error
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Connection(connected)


def _run(connections: dict[int, _Connection], pending: Iterator[bytes], total: int) -> Sample:
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    poll = select.epoll()
    for number in connections:
        poll.register(number, select.EPOLLIN)
    started = time.perf_counter()
    for each in connections.values():
        _send(each, next(pending))
    while len(latencies) < total:
        ready = poll.poll(SILENCE_SECONDS)
        if not ready:
            raise LoadFailed(f"no answer for {SILENCE_SECONDS:g} s after {len(latencies)} of {total}")
        for number, _ in ready:
            each = connections[number]
            each.received += each.socket.recv(65536) or _closed(each)
            if not is_whole(each.received):
                continue
            latencies.append(time.perf_counter() - each.sent_at)
            statuses[int(each.received[9:12])] += 1
            following = next(pending, None)
            if following is not None:
                _send(each, following)
    poll.close()
    return Sample(time.perf_counter() - started, latencies, statuses)


def _send(connection: _Connection, request: bytes) -> None:
    connection.received = b""
    connection.sent_at = time.perf_counter()
    connection.socket.sendall(request)


def _closed(connection: _Connection) -> bytes:
    raise LoadFailed(f"the server closed a connection after {connection.received[:80]!r}")


def is_whole(answer: bytes) -> bool:
    """Whether an HTTP/1.1 answer has come to its end. Raises LoadFailed for one without a length."""
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    fields = head.lower()
    _, has_length, rest = fields.partition(b"\r\ncontent-length:")
    if has_length:
        return len(body) >= int(rest.partition(b"\r\n")[0])
    if b"\r\ntransfer-encoding: chunked" in fields:
        return body.endswith(b"0\r\n\r\n")
    raise LoadFailed(f"an answer states no length: {head[:80]!r}")


def request(path: str, body: bytes, headers: dict[str, str], method: str = "POST") -> bytes:
    """The bytes of one HTTP/1.1 request that keeps its connection open."""
    fields = {"Host": HOST, "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
