"""Between the site and the sandbox there is no network: requests are handed over within the process."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from raseed.proof.simulate.strands import current

Message = MutableMapping[str, Any]
#: How long the site waits for an answer, in the sandbox's seconds.
PATIENCE_SECONDS = 30.0


class Wire(httpx2.BaseTransport):
    """What the site's adapters have instead of a network."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carried by the scheduler, when it is this call's turn."""
        strand = current()
        if strand is None:
            raise httpx2.ConnectError("only a strand may call", request=request)
        request.read()
        timeout = request.extensions.get("timeout", {}).get("read")
        return strand.call(request, timeout or PATIENCE_SECONDS)


#: One for all: settings name it.
WIRE = Wire()


class Carried:
    """One request of the site under way in the sandbox, which is an ASGI application."""

    def __init__(self, app: Any, request: httpx2.Request) -> None:
        self.response: httpx2.Response | None = None
        self.error: Exception | None = None
        self.is_over = False
        self._app = app
        self._request = request
        self._hung_up = asyncio.Event()
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = b""
        self._is_read = False

    def hang_up(self) -> None:
        """The caller waits no longer."""
        self._hung_up.set()

    async def run(self) -> None:
        """Let the sandbox answer."""
        try:
            await self._app(self._scope(), self._receive, self._send)
            self.response = httpx2.Response(self._status, headers=self._headers, content=self._body)
        except Exception as error:  # noqa: BLE001 a connection that a fault cut
            self.error = error
        self.is_over = True

    def _scope(self) -> dict[str, Any]:
        url = self._request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self._request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(key.lower(), value) for key, value in self._request.headers.raw],
            "server": (url.host, url.port),
            "client": ("127.0.0.1", 1),
        }

    async def _receive(self) -> Message:
        if not self._is_read:
            self._is_read = True
            return {"type": "http.request", "body": self._request.content, "more_body": False}
        await self._hung_up.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], list(message.get("headers", []))
        else:
            self._body += message.get("body", b"")


@dataclass
class Arrival:
    """A webhook at the site's door."""

    request: httpx2.Request
    answered: asyncio.Future[httpx2.Response]


@dataclass
class Door(httpx2.AsyncBaseTransport):
    """Where the sandbox's webhooks wait until the scheduler lets one in."""

    waiting: list[Arrival] = field(default_factory=list)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answered by the site, when its turn comes; or by nobody."""
        await request.aread()
        arrival = Arrival(request, asyncio.get_running_loop().create_future())
        self.waiting.append(arrival)
        return await arrival.answered
