"""Customers who buy at the same time: start at the site, pay at the sandbox, wait until it is given.

One event loop with plain sockets. Each buyer takes the next order when the last one was given to them.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import psycopg

from bench.speed.load import HOST, SILENCE_SECONDS, LoadFailed, is_whole, request
from bench.speed.sandbox import SandboxProcess
from bench.speed.site import Site

#: How often all that is waited for is looked up, with one query.
LOOK_SECONDS = 0.005
SESSION = re.compile(rb"(?i)\r\nlocation: [^\r\n]*/checkout/(cs_[A-Za-z0-9]+?)_client_")
GIVEN = (
    b"SELECT coalesce(array_agg(DISTINCT order_id), '{}') FROM benchshop_shipment WHERE order_id = ANY(%s)"
)


@dataclass(frozen=True)
class Bought:
    """One turn: how long it took, and the seconds from each customer's click to what they bought."""

    seconds: float
    latencies: Sequence[float]


@dataclass(frozen=True)
class Place:
    """Where is bought: a server's port, the sandbox behind it, the site that knows what was given."""

    port: int
    sandbox: SandboxProcess
    site: Site


def buy(place: Place, path: str, orders: Sequence[int], buyers: int) -> Bought:
    """Buy each order once. `path` is where a purchase starts, before the order's number.

    Raises LoadFailed where an answer is not as it should be, or an order is not given.
    """
    return asyncio.run(_Turn(place, path).run(orders, buyers))


@dataclass
class _Turn:
    place: Place
    path: str
    waiting: dict[int, asyncio.Event] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    async def run(self, orders: Sequence[int], buyers: int) -> Bought:
        pending = iter(orders)
        began = time.perf_counter()
        try:
            async with asyncio.TaskGroup() as all_tasks:
                watch = all_tasks.create_task(self._watch())
                async with asyncio.TaskGroup() as customers:
                    for _ in range(min(buyers, len(orders))):
                        customers.create_task(self._buy(pending))
                seconds = time.perf_counter() - began
                watch.cancel()
        except* (LoadFailed, OSError, psycopg.Error) as failed:
            raise LoadFailed(f"{self.path}: {_told(_first(failed))}") from None
        return Bought(seconds, self.latencies)

    async def _buy(self, pending: Iterator[int]) -> None:
        """One customer after the other, on connections that stay open."""
        shop, counter = _Line(self.place.port), _Line(self.place.sandbox.port)
        try:
            for order in pending:
                clicked_at = time.perf_counter()
                answer = await shop.ask(request(f"{self.path}{order}/", b"", {}))
                await counter.ask(self.place.sandbox.payment(session_of(answer)), expected=200)
                await self._given(order)
                self.latencies.append(time.perf_counter() - clicked_at)
        finally:
            shop.close()
            counter.close()

    async def _given(self, order: int) -> None:
        self.waiting[order] = asyncio.Event()
        try:
            await asyncio.wait_for(self.waiting[order].wait(), SILENCE_SECONDS)
        except TimeoutError:
            raise LoadFailed(f"order {order} was paid and not given in {SILENCE_SECONDS:g} s") from None

    async def _watch(self) -> None:
        while True:
            if self.waiting:
                self._tell(self.place.site.one(GIVEN, list(self.waiting)))
            await asyncio.sleep(LOOK_SECONDS)

    def _tell(self, given: Iterable[int]) -> None:
        for order in given:
            self.waiting.pop(order).set()


def session_of(answer: bytes) -> str:
    """The checkout session that a redirect leads to. Raises LoadFailed for any other answer."""
    found = SESSION.search(answer) if answer.startswith(b"HTTP/1.1 302") else None
    if found is None:
        raise LoadFailed(f"no checkout was opened: {answer[:200]!r}")
    return found[1].decode()


def _first(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """What went wrong first: the others followed from it."""
    one = failed.exceptions[0]
    return _first(one) if isinstance(one, BaseExceptionGroup) else one


def _told(error: BaseException) -> str:
    return str(error) if isinstance(error, LoadFailed) else repr(error)


class _Line:
    """A connection that is opened at the first question and kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, question: bytes, expected: int | None = None) -> bytes:
        """The whole answer. Raises LoadFailed where its status is not the expected one."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(HOST, self._port)
        reader, writer = self._streams
        writer.write(question)
        answer = b""
        while not is_whole(answer):
            part = await asyncio.wait_for(reader.read(65536), SILENCE_SECONDS)
            if not part:
                raise LoadFailed(f"port {self._port} closed a connection after {answer[:80]!r}")
            answer += part
        if expected is not None and int(answer[9:12]) != expected:
            raise LoadFailed(f"port {self._port} answered {answer[:300]!r}")
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
