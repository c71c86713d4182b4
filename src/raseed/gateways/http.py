"""Calls to gateways over HTTP: the only module that knows the HTTP library.

It turns whatever can happen on a wire into three outcomes: an answer (a JSON object), GatewayRefused
(it said no, nothing was done) or GatewayUnavailable (the outcome is unknown). Keys and bodies appear in
no message and no log line.
"""

from __future__ import annotations

import json
import logging
import os
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx2
import stamina

from raseed.core.errors import ConfigurationError, GatewayRefused, GatewayUnavailable

#: A JSON object as the gateway sent it.
Document = dict[str, Any]

#: The member of a `Document` that stands for an answer which is a list and not an object.
BARE_LIST = ""

#: Says what a refusal means: status and parsed body (None where it is not JSON) to the error to raise.
Explain = Callable[[int, Any], GatewayRefused]

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
#: Common servers close an idle connection after 5 s. Whoever closes first must be us: a call that goes out
#: in the moment in which the other side closes has an unknown outcome.
KEEP_SECONDS = 3.0
ATTEMPTS = 3
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 2.0

#: A page of a hundred payments is about 300 KB; whatever is far larger is not an answer.
LARGEST_ANSWER_BYTES = 4 * 1024 * 1024

#: Refusals that say "not now" instead of "no": the same call may still succeed, or may be under way.
NOT_NOW = frozenset({408, 409, 425, 429})

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

log = logging.getLogger("raseed.gateways")
# Where a site has set up no logging, its notes on repeated calls would be lines without any meaning.
logging.getLogger("stamina").addHandler(logging.NullHandler())


class Credentials(httpx2.Auth):
    """Header fields that let one call in: a token, a signature. No traceback shows their values."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = dict(fields)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(self._fields)})"

    def __getitem__(self, name: str) -> str:
        return self._fields[name]

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Add the fields to the request."""
        request.headers.update(self._fields)
        yield request


class Form(Mapping[str, str]):
    """Fields to send as a form. No traceback shows their values: one may be a password."""

    def __init__(self, **fields: str) -> None:
        self._fields = fields

    def __repr__(self) -> str:
        return f"Form({', '.join(self._fields)})"

    def __getitem__(self, name: str) -> str:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


class Sealed(dict[str, Any]):
    """A body whose members hold a secret (a token, a key). No traceback shows their values."""

    def __repr__(self) -> str:
        return f"Sealed({', '.join(self)})"


class _NotNow(GatewayUnavailable):
    """An outcome after which the same call may be repeated at once, if repeating it is harmless."""


class Api:
    """One account's connection to one gateway. Threads may share it; it connects at the first call.

    `http` replaces the network: a transport or client of the HTTP library, or a function that takes its
    request and returns its response. Only calls that are safe to repeat are repeated, a few times; a
    read time-out is not, because asking later is cheaper than keeping a customer waiting.
    """

    def __init__(
        self,
        gateway: str,
        base_url: str,
        *,
        explain: Explain,
        user: str = "",
        password: str = "",
        timeout_seconds: float = READ_SECONDS,
        http: Any = None,
    ) -> None:
        self.gateway = gateway
        self.base_url = checked_base_url(base_url)
        self._explain = explain
        self._auth = httpx2.BasicAuth(user, password) if user else None
        self._timeout = httpx2.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds))
        # A server that drips bytes resets the read time-out each time; this bounds the whole answer.
        self._longest_seconds = 2 * timeout_seconds
        self._http = http
        self._lock = threading.Lock()
        self._connected: tuple[int, httpx2.Client] | None = None

    def __repr__(self) -> str:
        return f"Api({self.gateway!r}, {self.base_url!r})"

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        credentials: Credentials | None = None,
    ) -> Document:
        """Read; repeated where that may help. Raises GatewayRefused or GatewayUnavailable.

        `credentials` are those of this one call, where the account's own do not serve.
        """
        return self._repeat(ATTEMPTS, "GET", path, params=params, credentials=credentials)

    def post(
        self,
        path: str,
        body: Document | None = None,
        *,
        idempotency_key: str = "",
        credentials: Credentials | None = None,
    ) -> Document:
        """Change something; repeated only under an idempotency key, which must be stable for one purpose.

        Raises GatewayRefused (nothing was done) or GatewayUnavailable (it may have been done).
        """
        attempts = ATTEMPTS if idempotency_key else 1
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._repeat(attempts, "POST", path, json=body, headers=headers, credentials=credentials)

    def post_form(self, path: str, form: Form) -> Document:
        """Send a form that changes nothing (it asks for a token); repeated where that may help.

        Raises GatewayRefused or GatewayUnavailable.
        """
        return self._repeat(ATTEMPTS, "POST", path, data=form)

    def put(self, path: str, body: Document) -> Document:
        """Replace something; repeated where that may help, because a second time changes nothing more.

        Raises GatewayRefused or GatewayUnavailable (it may have been done).
        """
        return self._repeat(ATTEMPTS, "PUT", path, json=body)

    def patch(self, path: str, body: Document) -> Document:
        """Change members of something, once. Raises GatewayRefused or GatewayUnavailable."""
        return self._repeat(1, "PATCH", path, json=body)

    def delete(self, path: str) -> Document:
        """Remove something, once: a second time is refused. Raises GatewayRefused or GatewayUnavailable."""
        return self._repeat(1, "DELETE", path)

    def _repeat(self, attempts: int, method: str, path: str, **parts: Any) -> Document:
        try:
            return self._attempted(attempts, method, path, **parts)
        except GatewayUnavailable as error:
            log.warning("%s", error)
            raise

    def _attempted(self, attempts: int, method: str, path: str, **parts: Any) -> Document:
        for attempt in stamina.retry_context(
            on=_wait_before_repeating,
            attempts=attempts,
            timeout=None,
            wait_initial=FIRST_WAIT_SECONDS,
            wait_max=LONGEST_WAIT_SECONDS,
            wait_jitter=FIRST_WAIT_SECONDS,
        ):
            with attempt:
                return self._call(method, path, **parts)
        raise AssertionError("the last attempt returns or raises")

    def _call(self, method: str, path: str, **parts: Any) -> Document:
        began = time.monotonic()
        where = f"{self.gateway} {method} {path}"
        try:
            status, retry_after, content = self._exchange(method, path, began, **parts)
        except (httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ConnectError) as error:
            raise _NotNow(f"{where}: no connection ({type(error).__name__}).") from None
        except httpx2.TimeoutException as error:
            raise GatewayUnavailable(f"{where}: no answer in time ({type(error).__name__}).") from None
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise _NotNow(f"{where}: the connection broke ({type(error).__name__}).") from None
        log.info("%s answered %s in %.0f ms", where, status, (time.monotonic() - began) * 1000)
        return self._outcome(where, status, retry_after, content)

    def _exchange(
        self, method: str, path: str, began: float, credentials: Credentials | None = None, **parts: Any
    ) -> tuple[int, float | None, bytes]:
        client = self._client()
        request = client.build_request(method, self.base_url + path, timeout=self._timeout, **parts)
        # An uncompressed answer cannot grow in memory past what was received.
        request.headers["Accept-Encoding"] = "identity"
        request.headers["Accept"] = "application/json"
        response = client.send(request, stream=True, auth=credentials or self._auth, follow_redirects=False)
        try:
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > LARGEST_ANSWER_BYTES:
                    raise GatewayUnavailable(f"{self.gateway} {method} {path}: the answer is too long.")
                if time.monotonic() - began > self._longest_seconds:
                    raise httpx2.ReadTimeout("the whole answer takes too long")
            return response.status_code, _seconds(response.headers.get("Retry-After")), bytes(content)
        finally:
            response.close()

    def _outcome(self, where: str, status: int, retry_after: float | None, content: bytes) -> Document:
        document = _parsed(content)
        if 200 <= status < 300:
            if isinstance(document, list):
                return {BARE_LIST: document}
            if isinstance(document, dict):
                return document
            raise GatewayUnavailable(f"{where}: answered {status} with something that is not a JSON object.")
        if status >= 500 or status in NOT_NOW:
            raise _NotNow(f"{where}: answered {status}, not now.", retry_after_seconds=retry_after)
        if 400 <= status < 500:
            raise self._explain(status, document)
        raise GatewayUnavailable(f"{where}: answered {status}, which is never followed.")

    def _client(self) -> httpx2.Client:
        """Connected at the first call, and anew after a fork: processes must not share sockets."""
        if isinstance(self._http, httpx2.Client):
            return self._http
        with self._lock:
            if self._connected is None or self._connected[0] != os.getpid():
                client = self._connect()
                self._connected = (os.getpid(), client)
                # Connections end with their account; at exit the system closes them, also in a fork.
                weakref.finalize(self, client.close).atexit = False
            return self._connected[1]

    def _connect(self) -> httpx2.Client:
        transport = self._http
        if transport is not None and not isinstance(transport, httpx2.BaseTransport):
            transport = httpx2.MockTransport(transport)
        # A proxy from the environment is the site's way out, but never the way to this machine.
        nearby = urlsplit(self.base_url).hostname in LOOPBACK
        kept = httpx2.Limits(keepalive_expiry=KEEP_SECONDS)
        return httpx2.Client(
            transport=transport,
            timeout=self._timeout,
            limits=kept,
            verify=tls(from_environment=not nearby),
            trust_env=not nearby,
        )


@cache
def tls(*, from_environment: bool) -> ssl.SSLContext:
    """Which certificates are trusted; the environment may name others. Made once in a process and its forks.

    Reading them takes longer than many an answer.
    """
    return httpx2.create_ssl_context(trust_env=from_environment)


def checked_base_url(base_url: str) -> str:
    """The base URL without a slash at its end. Raises ConfigurationError naming BASE_URL."""
    try:
        parts = urlsplit(str(base_url))
        usable = parts.hostname and not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        usable = None
    if not usable or parts.scheme not in {"http", "https"}:
        raise ConfigurationError("BASE_URL must look like https://api.example.com, without a query.")
    return base_url.rstrip("/")


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _seconds(value: str | None) -> float | None:
    """The delay form of Retry-After; the date form is of no use to a clock that may be another."""
    return float(value) if value and value.isascii() and value.isdigit() and len(value) < 7 else None


def _wait_before_repeating(error: Exception) -> bool | float:
    """Whether an attempt is repeated, and after how many seconds where the gateway says so."""
    if not isinstance(error, _NotNow):
        return False
    wait = error.retry_after_seconds
    return True if wait is None else (wait if wait <= LONGEST_WAIT_SECONDS else False)
