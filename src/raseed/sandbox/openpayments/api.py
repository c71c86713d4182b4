"""The three servers: which address does what."""

from __future__ import annotations

import re
from collections.abc import Callable

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.openpayments import (
    continuation,
    grants,
    incoming,
    outgoing,
    quotes,
    spending,
    tokens,
    wallets,
)
from raseed.sandbox.openpayments.call import Call
from raseed.sandbox.openpayments.errors import Refused
from raseed.sandbox.openpayments.world import World

Handler = Callable[[Call], Answer]
#: By method and path below the authorization server, or below the resource server.
AUTH: dict[tuple[str, str], Handler] = {
    ("POST", ""): grants.request,
    ("POST", "/continue/{id}"): continuation.proceed,
    ("DELETE", "/continue/{id}"): continuation.cancel,
    ("POST", "/token/{id}"): tokens.rotate,
    ("DELETE", "/token/{id}"): tokens.revoke,
}
RESOURCE: dict[tuple[str, str], Handler] = {
    ("POST", "/incoming-payments"): incoming.create,
    ("GET", "/incoming-payments"): incoming.list_all,
    ("GET", "/incoming-payments/{id}"): incoming.get,
    ("POST", "/incoming-payments/{id}/complete"): incoming.complete,
    ("POST", "/quotes"): quotes.create,
    ("GET", "/quotes/{id}"): quotes.get,
    ("POST", "/outgoing-payments"): outgoing.create,
    ("GET", "/outgoing-payments"): outgoing.list_all,
    ("GET", "/outgoing-payments/{id}"): outgoing.get,
    ("GET", "/outgoing-payment-grant"): spending.answer,
}


def _compiled(routes: dict[tuple[str, str], Handler]) -> list[tuple[str, re.Pattern[str], Handler]]:
    return [
        (method, re.compile(path.replace("{id}", "([^/]+)")), do) for (method, path), do in routes.items()
    ]


_SERVERS = {"/auth": _compiled(AUTH), "/op": _compiled(RESOURCE)}


def answer(world: World, exchange: Exchange) -> Answer:
    """Answer a client's request."""
    addresses = world.addresses(exchange.base_url)
    found = route(exchange, addresses.tenant)
    if found is None:
        return _wallet(world, exchange)
    handler, ids = found
    try:
        return handler(Call(world, exchange, addresses, ids))
    except Refused as error:
        return error.answer(addresses.auth_server)


def route(exchange: Exchange, tenant: str) -> tuple[Handler, tuple[str, ...]] | None:
    """What answers a call, and the ids in its path; None where neither server does."""
    path = exchange.path.rstrip("/")
    for root, routes in _SERVERS.items():
        if path != root and not path.startswith(f"{root}/"):
            continue
        below = path.removeprefix(root)
        is_managing = below.startswith(("/continue/", "/token/"))
        if tenant and not is_managing:
            if below != f"/{tenant}" and not below.startswith(f"/{tenant}/"):
                return None
            below = below.removeprefix(f"/{tenant}")
        for method, pattern, handler in routes:
            match = pattern.fullmatch(below)
            if match and method == exchange.method:
                return handler, match.groups()
    return None


def _wallet(world: World, exchange: Exchange) -> Answer:
    name, *rest = exchange.path.strip("/").split("/")
    if exchange.method != "GET":
        return Answer(404)
    return wallets.answer(world, world.addresses(exchange.base_url), name, tuple(rest))
