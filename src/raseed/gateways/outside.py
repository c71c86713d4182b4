"""Calls to addresses that strangers name: wallets, and the servers their documents point to.

With `gateways.http` the only module that knows the HTTP library. What is called at all is said in
`gateways.addresses`; this module sees to it that nothing else is reached, and that nobody makes us wait.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2

from raseed.core.errors import GatewayUnavailable, MalformedDelivery
from raseed.gateways.addresses import RefusedAddress, origin_of, public_addresses
from raseed.gateways.http import Document, tls
from raseed.gateways.signatures import strict_json

log = logging.getLogger("raseed.gateways")

_Made = TypeVar("_Made")

#: What a wallet may send, and how long it may take, from looking up its name to the last byte.
OUTSIDE_BYTES = 64 * 1024
OUTSIDE_SECONDS = 5.0


@dataclass(frozen=True)
class Answer:
    """An answer that says yes or no: status, and the JSON object it carries (empty where there is none)."""

    status: int
    document: Document = field(repr=False)


class NoDocument(GatewayUnavailable):
    """Something answered, but not with what we came for: a redirect, or no JSON object."""


class Outside:
    """Calls to addresses that strangers named, under the rules of `gateways.addresses`.

    Only public addresses over https, the resolved one pinned; no redirects, no proxy, no cookies, no
    connection that is used twice; OUTSIDE_BYTES and OUTSIDE_SECONDS at most. `exempt_origin` is the
    sandbox's. `http` replaces the network, as for `Api`.
    """

    def __init__(self, gateway: str, *, exempt_origin: str = "", http: Any = None) -> None:
        self.gateway = gateway
        self._exempt_origin = exempt_origin
        self._http = http

    def call(self, method: str, url: str, headers: Mapping[str, str], content: bytes = b"") -> Answer:
        """One call, never repeated. The address must have been `checked`, and be sent exactly as it is.

        Raises GatewayUnavailable where the answer says nothing: none in time, a redirect, 5xx, "not now",
        or a success that is no JSON object.
        """
        where = f"{self.gateway} {method} {url.partition('?')[0]}"
        began = time.monotonic()
        try:
            status, retry_after, body = self._exchange(where, method, url, headers, content)
        except RefusedAddress as refused:
            raise GatewayUnavailable(f"{where}: {refused}") from None
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise GatewayUnavailable(f"{where}: no answer ({type(error).__name__}).") from None
        log.info("%s answered %s in %.0f ms", where, status, (time.monotonic() - began) * 1000)
        document = _parsed(body)
        if 200 <= status < 300 and not isinstance(document, dict):
            raise NoDocument(f"{where}: answered {status} with something that is not a JSON object.")
        if status < 400 and not 200 <= status < 300:
            raise NoDocument(f"{where}: answered {status}, which is never followed.")
        if 200 <= status < 300 or (400 <= status < 500 and status not in {408, 425, 429}):
            return Answer(status, document if isinstance(document, dict) else {})
        raise GatewayUnavailable(f"{where}: answered {status}.", retry_after_seconds=retry_after)

    def _exchange(
        self, where: str, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> tuple[int, float | None, bytes]:
        if self._http is not None:
            return self._through(_client_of(self._http), where, method, url, headers, content)
        exempt = bool(self._exempt_origin) and origin_of(url) == self._exempt_origin
        transport = (
            httpx2.HTTPTransport(verify=tls(from_environment=False), trust_env=False) if exempt else _Pinned()
        )
        client = httpx2.Client(transport=transport, timeout=OUTSIDE_SECONDS, trust_env=False)
        try:
            return _within(
                OUTSIDE_SECONDS, where, lambda: self._through(client, where, method, url, headers, content)
            )
        finally:
            client.close()  # whatever still waits for a byte finds its connection gone

    def _through(
        self,
        client: httpx2.Client,
        where: str,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
    ) -> tuple[int, float | None, bytes]:
        request = client.build_request(method, url, headers=dict(headers), content=content or None)
        request.headers["Accept-Encoding"] = "identity"
        request.headers["Accept"] = "application/json"
        response = client.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                # Not asked for; and a few packed bytes unpack to more than there is room for.
                raise GatewayUnavailable(f"{where}: the answer is packed, which was not asked for.")
            received = bytearray()
            for chunk in response.iter_bytes():
                received += chunk
                if len(received) > OUTSIDE_BYTES:
                    raise GatewayUnavailable(f"{where}: the answer is too long.")
            return response.status_code, _delay(response.headers.get("Retry-After")), bytes(received)
        finally:
            response.close()


class _Pinned(httpx2.HTTPTransport):
    """Connects to the address that was looked at, not to whatever the name stands for a moment later."""

    def __init__(self) -> None:
        super().__init__(
            verify=tls(from_environment=False),
            trust_env=False,
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Look the name up, and send to one of its addresses under its name."""
        host = request.url.host
        failure: Exception | None = None
        for number in public_addresses(host, request.url.port or 443):
            pinned = httpx2.Request(
                request.method,
                request.url.copy_with(host=number),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return super().handle_request(pinned)
            except httpx2.ConnectError as error:  # nothing was sent: the next address is as good
                failure = error
        raise failure or httpx2.ConnectError("no address")


def _client_of(http: Any) -> httpx2.Client:
    if isinstance(http, httpx2.Client):
        return http
    transport = http if isinstance(http, httpx2.BaseTransport) else httpx2.MockTransport(http)
    return httpx2.Client(transport=transport)


def _within(seconds: float, where: str, call: Callable[[], _Made]) -> _Made:
    """The call's answer, if it comes in time. One that drips bytes is left to its own time-outs."""
    outcome: queue.SimpleQueue[Callable[[], _Made]] = queue.SimpleQueue()

    def run() -> None:
        try:
            made = call()
        except Exception as error:  # noqa: BLE001 carried to the caller's thread
            failure = error

            def fail() -> _Made:
                raise failure

            outcome.put(fail)
        else:
            outcome.put(lambda: made)

    threading.Thread(target=run, daemon=True, name="raseed-outside").start()
    try:
        tell = outcome.get(timeout=seconds)
    except queue.Empty:
        raise GatewayUnavailable(f"{where}: no answer within {seconds:g} s.") from None
    return tell()


def _parsed(body: bytes) -> Any:
    """The JSON in an answer, an empty object for no body, None for anything else."""
    if not body.strip():
        return {}
    try:
        return strict_json(body)
    except MalformedDelivery:
        return None


def _delay(value: str | None) -> float | None:
    """The delay form of Retry-After, where it is no longer than an hour."""
    return float(value) if value and value.isascii() and value.isdigit() and len(value) < 4 else None
