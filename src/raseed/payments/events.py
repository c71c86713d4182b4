"""Server-sent events: open pages hear of a change within a second. Its own ASGI process:

    DJANGO_SETTINGS_MODULE=mysite.settings uvicorn raseed.payments.events:application --port 8001

The last part of a stream's path is the signed token of a status page; what stands before it is the
site's choice (`RASEED["EVENTS_URL"]`). An event carries version and state, nothing else: pages then fetch
their new text from the site itself. Loads no model, and asks the database only while somebody listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from types import FrameType
from typing import Any
from urllib.parse import parse_qs

import django
from django.apps import apps

from raseed.payments import conf
from raseed.payments.tokens import reference_of
from raseed.payments.watcher import News, Watcher

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: A stream ends after this long at most, and its page opens another: servers and proxies may be replaced.
#: Below the five minutes that some hosts grant a request. Opening one costs more than keeping one for long.
LIFE_SECONDS = 240.0
#: A comment this often keeps proxies from closing a silent connection, and finds readers that are gone.
HEARTBEAT_SECONDS = 25.0
#: What a page waits before it tries again after a broken connection.
RETRY_MILLISECONDS = 1000
MOST_STREAMS = 10_000
MOST_PER_PAYMENT = 20

_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",  # nginx hands each event on at once
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Application:
    """The ASGI application: one stream per request, one watcher for all of them."""

    def __init__(
        self,
        watcher: Watcher | None = None,
        *,
        life_seconds: float = LIFE_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self.watcher = watcher or Watcher()
        self.life_seconds = life_seconds
        self.heartbeat_seconds = heartbeat_seconds
        self._streams: set[_Stream] = set()
        self._stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the server's own start and end."""
        if not apps.ready:
            django.setup()
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1003})

    def stop(self) -> None:
        """End all streams now; their pages come back to whichever process serves then."""
        self._stopping = True
        for stream in self._streams:
            stream.end()

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._stop_on_signals()
                await send({"type": "lifespan.startup.complete"})
            else:
                self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _stop_on_signals(self) -> None:
        """Servers wait for open responses before they tell us that they end; a stream would hold them up."""
        loop = asyncio.get_running_loop()

        def chain(number: signal.Signals) -> None:
            before = signal.getsignal(number)
            if not callable(before):
                return  # the server leaves it to the system, which ends the process at once

            def handle(received: int, frame: FrameType | None) -> None:
                loop.call_soon_threadsafe(self.stop)
                before(received, frame)

            signal.signal(number, handle)

        with contextlib.suppress(ValueError):  # not the main thread: whoever started us calls stop()
            chain(signal.SIGTERM)
            chain(signal.SIGINT)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        last = scope["path"].strip("/").rpartition("/")[2]
        origin = _header(scope, b"origin")
        reference = reference_of(last)
        if scope["method"] != "GET":
            await _refuse(send, 405, "this address is read with GET", {"Allow": "GET"})
        elif last == "health":
            await _refuse(send, 200, "ok")
        elif origin and origin != conf.current().site_url:
            await _refuse(send, 403, "only pages of this site may listen")
        elif reference is None:
            await _refuse(send, 404, "this link names no payment")
        elif self._is_full(reference):
            await _refuse(send, 503, "too many pages listen; ask the page itself", {"Retry-After": "30"})
        else:
            cors = {"Access-Control-Allow-Origin": origin} if origin else {}
            await self._serve(_Stream(reference, _seen(scope)), receive, send, cors)

    def _is_full(self, reference: str) -> bool:
        many = len(self._streams) >= MOST_STREAMS
        return self._stopping or many or self.watcher.listeners(reference) >= MOST_PER_PAYMENT

    async def _serve(self, stream: _Stream, receive: Receive, send: Send, cors: dict[str, str]) -> None:
        self._streams.add(stream)
        self.watcher.add(stream.reference, stream.version, stream.hear)
        gone = asyncio.create_task(_until_gone(receive, stream))
        try:
            await send(_start(200, {**_HEADERS, **cors, "Vary": "Origin"}))
            await stream.run(send, self._life(), self.heartbeat_seconds)
        finally:
            gone.cancel()
            self.watcher.remove(stream.reference, stream.hear)
            self._streams.discard(stream)

    def _life(self) -> float:
        """A little different for each, so that a thousand pages do not come back in the same moment."""
        return self.life_seconds * (1 - secrets.randbelow(100) / 1000)


class _Stream:
    """What one page is told, from its request to the end of the response."""

    def __init__(self, reference: str, version: int) -> None:
        self.reference = reference
        self.version = version
        self.is_over = False
        self.is_gone = False
        self._news: News | None = None
        self._woken = asyncio.Event()

    def hear(self, news: News) -> None:
        """The payment stands so now."""
        self._news = news
        self._woken.set()

    def end(self, *, gone: bool = False) -> None:
        """The server stops, or the page is gone."""
        self.is_over, self.is_gone = True, gone
        self._woken.set()

    async def run(self, send: Send, life_seconds: float, heartbeat_seconds: float) -> None:
        """Tell the page what happens until its time is over, the page is gone, or the server stops."""
        loop = asyncio.get_running_loop()
        end_at = loop.time() + life_seconds
        await send(_part(f"retry: {RETRY_MILLISECONDS}\n\n"))
        while not self.is_over and loop.time() < end_at:
            try:
                async with asyncio.timeout_at(min(end_at, loop.time() + heartbeat_seconds)):
                    await self._woken.wait()
            except TimeoutError:
                if loop.time() < end_at:
                    await send(_part(":\n\n"))
            self._woken.clear()
            if self._news is not None and self._news.version != self.version:
                self.version = self._news.version
                await send(_part(_event(self._news)))
        if not self.is_gone:
            # After a stream that ends in its time the page opens the next at once, else after `retry`.
            last = "" if self.is_over else "event: end\ndata: {}\n\n"
            await send(_part(last, more=False))


async def _until_gone(receive: Receive, stream: _Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # a body, which nobody reads
    stream.end(gone=True)


def _seen(scope: Scope) -> int:
    """The version that the page shows: from its last event, or as its address says. -1: it says nothing."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    seen = _header(scope, b"last-event-id") or query.get("after", [""])[0]
    return int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 19 else -1


def _header(scope: Scope, name: bytes) -> str:
    value: bytes = next((value for key, value in scope["headers"] if key.lower() == name), b"")
    return value.decode("latin-1")


def _event(news: News) -> str:
    said = json.dumps({"version": news.version, "state": news.state})
    return f"id: {news.version}\nevent: changed\ndata: {said}\n\n"


def _part(text: str, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": text.encode(), "more_body": more}


def _start(status: int, headers: dict[str, str]) -> dict[str, Any]:
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}


async def _refuse(send: Send, status: int, why: str, headers: dict[str, str] | None = None) -> None:
    plain = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    await send(_start(status, plain | (headers or {})))
    await send(_part(f"{why}\n", more=False))


#: What an ASGI server is given.
application = Application()
