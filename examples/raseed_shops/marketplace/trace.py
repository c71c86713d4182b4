"""One request from outside: its id, its sender, its lines in the log, and its row in the history."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import MutableMapping
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from raseed_shops.marketplace.models import Event

_log = logging.getLogger(__name__)
#: An id that a proxy or a caller gave is kept, if it is fit for a log.
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Lines(logging.LoggerAdapter):  # type: ignore[type-arg]
    """Every line begins with what it is about and the request's id: `[webhook] 4f1c… …`."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        return f"[{self.extra['kind']}] {self.extra['request_id']} {msg}", kwargs  # type: ignore[index]


def lines_of(event: Event) -> Lines:
    """The log of one request."""
    return Lines(_log, {"kind": str(event.kind), "request_id": event.request_id})


def begin(request: HttpRequest, kind: Event.Kind, **more: Any) -> Event:
    """The row of a request that begins; not saved yet."""
    given = request.headers.get("X-Request-ID", "")
    request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    return Event(kind=kind, request_id=request_id, address=sender_of(request), **more)


def sender_of(request: HttpRequest) -> str | None:
    """The address a request came from: behind declared proxies the one that they name, else the connection's.

    Read from the right: what stands left of the first address that is no declared proxy, anybody may have
    written. None where there is no address (a local socket) or it is none.
    """
    hops = [request.META.get("REMOTE_ADDR", "")]
    hops += reversed(request.headers.get("X-Forwarded-For", "").split(","))
    sender = None
    for hop in hops:
        try:
            address = ip_address(hop.strip())
        except ValueError:
            return sender
        sender = str(address)
        if not is_among(sender, settings.MARKETPLACE["TRUSTED_PROXIES"]):
            break
    return sender


def is_among(address: str | None, networks: list[str]) -> bool:
    """Whether an address belongs to one of these addresses or networks, such as `10.0.0.0/8`."""
    if address is None:
        return False
    return any(ip_address(address) in ip_network(network, strict=False) for network in networks)
