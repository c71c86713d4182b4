"""Everything that has an address here, in one process: shop (in forks), sandbox, a receiver of webhooks.

No socket listens. Browsers, the sandbox's webhooks and the shop's own calls are handed to whatever is at the
address that they name, one event loop for all of it; nothing happens between two calls of the journey.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from raseed.proof.crash.wire import NOTHING, Got, Sent

Place = Callable[[Sent], Awaitable[Got]]


class Internet(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """A transport for both kinds of clients. `places`: who answers at which "host:port"."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.places: dict[str, Place] = {}

    async def reach(self, sent: Sent) -> Got:
        """The answer of whatever is at the request's address; NOTHING where nothing is."""
        url = httpx2.URL(sent.url)
        place = self.places.get(f"{url.host}:{url.port}")
        return NOTHING if place is None else await place(sent)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._loop.run_until_complete(self.reach(Sent.of(request))).response(request)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        sent = Sent(request.method, str(request.url), list(request.headers.raw), body)
        return (await self.reach(sent)).response(request)


def served(app: Any) -> Place:
    """An ASGI application as a place."""
    transport = httpx2.ASGITransport(app=app)

    async def place(sent: Sent) -> Got:
        try:
            response = await transport.handle_async_request(sent.request())
        except Exception:  # noqa: BLE001 a fault of the sandbox cuts the connection by raising
            return NOTHING
        return Got(response.status_code, list(response.headers.raw), await response.aread())

    return place
