"""Open waiting pages: what many cost while nothing happens, and how soon one hears of its payment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.speed import processors
from bench.speed.contestants import BACKENDS
from bench.speed.figures import percentile
from bench.speed.load import HOST, LoadFailed, drive
from bench.speed.orders import Signer, fill
from bench.speed.report import Bar, Sheet
from bench.speed.site import Site

#: Payments that are confirmed one after the other while all pages are open.
CONFIRMED = 20
#: A page that has not heard by then is an error.
PATIENCE_SECONDS = 10.0
#: What the payment's version is when its page is opened.
FIRST_VERSION = 1


@dataclass
class _Page:
    token: str
    heard_at: float = 0.0
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Found:
    """Core-seconds that all pages cost in a minute, and how long after a delivery was sent its page heard."""

    pages: int
    core_seconds_per_minute: float
    delays: Sequence[float]


def measure(site: Site, signer: Signer, count: int, idle_seconds: float, say: Callable[[str], None]) -> Found:
    """Raises LoadFailed where a page does not hear, ProcessFailed where the streams' process fails."""
    names = fill(site.database, "page", count)
    tokens = site.run("waiting", said=[f"bench-{name}" for name in names])
    deliveries = [signer.delivery("/raseed/webhook/", name) for name in names[:CONFIRMED]]
    port = site.free_port()
    where = ["--host", HOST, "--port", str(port), "--no-access-log", "--log-level", "warning"]
    streams = site.child("events", "-m", "uvicorn", "raseed.payments.events:application", *where)
    try:
        streams.start()
        streams.wait_healthy(f"http://{HOST}:{port}/health/")
        pages = [_Page(token) for token in tokens]
        watch = _Watch(site, streams.pid or 0, idle_seconds, say)
        return asyncio.run(_run(pages, port, deliveries, site.port, watch))
    finally:
        streams.stop()


@dataclass
class _Watch:
    site: Site
    pid: int
    idle_seconds: float
    say: Callable[[str], None]

    def used(self) -> float:
        """Of the streams' process and of what PostgreSQL does for this database."""
        mine = self.site.database.info.backend_pid
        backends = [pid for pid in self.site.one(BACKENDS) if pid != mine]
        return processors.used([*processors.family(self.pid), *backends])


async def _run(
    pages: Sequence[_Page], port: int, deliveries: Sequence[bytes], site_port: int, watch: _Watch
) -> Found:
    tasks = [asyncio.create_task(_listen(page, port)) for page in pages]
    try:
        watch.say(f"{len(pages)} pages are opened")
        await asyncio.gather(*(asyncio.wait_for(page.opened.wait(), 60) for page in pages))
        await asyncio.sleep(2)
        watch.say(f"{len(pages)} pages wait, and nothing happens for {watch.idle_seconds:g} s")
        before, began = watch.used(), time.perf_counter()
        await asyncio.sleep(watch.idle_seconds)
        cost = (watch.used() - before) / (time.perf_counter() - began) * 60
        watch.say("payments are confirmed one after the other")
        delays = [await _confirm(*each, site_port) for each in zip(pages, deliveries, strict=False)]
    except TimeoutError:
        raise LoadFailed("a page did not hear of its payment, or could not be opened") from None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return Found(len(pages), cost, delays)


async def _confirm(page: _Page, delivery: bytes, port: int) -> float:
    began = time.perf_counter()
    await asyncio.to_thread(drive, port, [delivery], 1)
    await asyncio.wait_for(page.heard.wait(), PATIENCE_SECONDS)
    return page.heard_at - began


async def _listen(page: _Page, port: int) -> None:
    """As a browser does: a stream that ended is opened again."""
    while not page.heard.is_set():
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            head = f"GET /{page.token}/?after={FIRST_VERSION} HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
            writer.write(head.encode())
            async for line in reader:
                if line.startswith(b"retry:"):
                    page.opened.set()
                elif line.startswith(b"event: changed"):
                    page.heard_at = time.perf_counter()
                    page.heard.set()
                elif line.startswith(b"event: end"):
                    break
        finally:
            writer.close()


def sheet(found: Found) -> Sheet:
    """One row."""
    delays = [percentile(found.delays, share) for share in (0.5, 0.99)]
    heads = ("open pages", "core-seconds per minute, idle", "delivery to page, p50 s", "p99 s", "confirmed")
    cells = (f"{found.core_seconds_per_minute:.2f}", *(f"{delay:.2f}" for delay in delays))
    return Sheet("Waiting pages", heads, [(f"{found.pages:,}", *cells, str(len(found.delays)))])


def bars(found: Found) -> list[Bar]:
    """Nothing may happen cheaply, and something quickly."""
    name = f"{found.pages:,} waiting pages, core-seconds per minute"
    return [
        Bar(name, found.core_seconds_per_minute, 1.0, at_most=True),
        Bar("the slowest page that heard of its payment, s", max(found.delays), 1.0, at_most=True),
    ]
