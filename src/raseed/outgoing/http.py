"""One HTTP request to an address from the settings or a notice: bounded in time and size, never redirected.

Gateways have `raseed.gateways.http`, which knows refusals and repetitions. Here an answer is an answer,
whatever its status; only silence is an error.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx2

from raseed.core.errors import Unreachable

CONNECT_SECONDS = 5.0

#: Standard Webhooks advises 15 to 30 seconds for an answer.
WHOLE_SECONDS = 20.0

#: Nobody needs more of an answer than its status and the first words.
LARGEST_ANSWER_BYTES = 4096

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers by lower-case name, and the first 4 KiB of the body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    whole_seconds: float = WHOLE_SECONDS,
    http: Any = None,
) -> Answer:
    """Send one request and read the answer. Raises Unreachable, whose text names the host but no path.

    `http` replaces the network: a transport of the HTTP library, or a function from request to response.
    """
    host = urlsplit(url).netloc.rpartition("@")[2]
    began = time.monotonic()
    try:
        with _client(url, whole_seconds, http) as client:
            sent = {"Accept-Encoding": "identity", "User-Agent": "raseed", **(headers or {})}
            with client.stream(method, url, headers=sent, content=body) as response:
                content = _head(response, began + whole_seconds)
                return Answer(response.status_code, dict(response.headers), content)
    except httpx2.ConnectError as error:
        raise Unreachable(f"{host}: no connection ({_reason(error)}).") from None
    except httpx2.TimeoutException as error:
        raise Unreachable(f"{host}: no answer in time ({type(error).__name__}).") from None
    except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, UnicodeError) as error:
        raise Unreachable(f"{host}: the connection broke ({type(error).__name__}).") from None


def _client(url: str, whole_seconds: float, http: Any) -> httpx2.Client:
    if http is not None and not isinstance(http, httpx2.BaseTransport):
        http = httpx2.MockTransport(http)
    timeout = httpx2.Timeout(whole_seconds, connect=min(CONNECT_SECONDS, whole_seconds))
    # A proxy from the environment is the site's way out, but never the way to this machine.
    nearby = urlsplit(url).hostname in LOOPBACK
    verify = _tls(from_environment=not nearby)
    return httpx2.Client(
        transport=http, timeout=timeout, verify=verify, trust_env=not nearby, follow_redirects=False
    )


@cache
def _tls(*, from_environment: bool) -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than many an answer."""
    return httpx2.create_ssl_context(trust_env=from_environment)


def _head(response: httpx2.Response, until: float) -> bytes:
    """The beginning of the body; a server that drips or floods is cut off."""
    content = b""
    for chunk in response.iter_bytes(LARGEST_ANSWER_BYTES):
        content += chunk
        if len(content) >= LARGEST_ANSWER_BYTES or time.monotonic() > until:
            break
    return content[:LARGEST_ANSWER_BYTES]


def _reason(error: httpx2.ConnectError) -> str:
    """Certificates and names that do not resolve are worth telling; the library's text holds no secret."""
    return str(error).split("\n")[0][:200] or type(error).__name__
