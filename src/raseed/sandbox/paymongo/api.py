"""The documented calls: which path and method goes where, who may call, and the envelope around it."""

from __future__ import annotations

import re
from collections.abc import Callable

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.paymongo import intents, paying, payments, refunds, sessions, sources, webhooks
from raseed.sandbox.paymongo.auth import key_of
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import ApiError, refused
from raseed.sandbox.paymongo.idempotency import once
from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc

Handler = Callable[[Call], Doc]

#: "{}" stands for an id. Every success is 200. https://developers.paymongo.com/docs/errors
ROUTES: dict[tuple[str, str], Handler] = {
    ("POST", "/v1/sources"): sources.create,
    ("GET", "/v1/sources/{}"): sources.retrieve,
    ("POST", "/v1/payments"): payments.create,
    ("GET", "/v1/payments"): payments.list_all,
    ("GET", "/v1/payments/{}"): payments.retrieve,
    ("GET", "/v1/payment_intents/{}"): intents.retrieve,
    ("POST", "/v1/checkout_sessions"): paying.open_session,
    ("GET", "/v1/checkout_sessions/{}"): sessions.retrieve,
    ("POST", "/v1/checkout_sessions/{}/expire"): sessions.expire,
    ("POST", "/v1/refunds"): refunds.create,
    ("GET", "/v1/refunds"): refunds.list_all,
    ("GET", "/v1/refunds/{}"): refunds.retrieve,
    ("POST", "/v1/webhooks"): webhooks.create,
    ("GET", "/v1/webhooks"): webhooks.list_all,
    ("GET", "/v1/webhooks/{}"): webhooks.retrieve,
    ("PUT", "/v1/webhooks/{}"): webhooks.update,
    ("POST", "/v1/webhooks/{}/enable"): webhooks.enable,
    ("POST", "/v1/webhooks/{}/disable"): webhooks.disable,
}
#: calls that a public key may make. https://developers.paymongo.com/docs/account-settings-api-keys
PUBLIC = (sources.create, sources.retrieve, intents.retrieve)
#: a list's answer is its own envelope
LISTS = (payments.list_all, refunds.list_all, webhooks.list_all)
_PATTERNS = [
    (method, re.compile(path.replace("{}", "([^/]+)")), handler) for (method, path), handler in ROUTES.items()
]


def answer(sandbox_world: Callable[[str], World], exchange: Exchange) -> Answer:
    """Answer one API call. An unknown route is 404 with an empty body, everything else has a body."""
    found = _route(exchange)
    if found is None:
        return Answer(404)
    handler, ids = found
    try:
        key = key_of(exchange.headers.get("authorization", ""))
        if not key.is_secret and handler not in PUBLIC:
            detail = "A public key may not make this call. Use the secret key."
            raise refused("api_key_invalid", detail, status=403)
        world = sandbox_world(key.mode)
        call = Call(
            world, ids, exchange.query, exchange.body, exchange.base_url, exchange.scenario, key.is_secret
        )
        return once(world, exchange, key.text, lambda: _enveloped(handler, call))
    except ApiError as error:
        return Answer.json({"errors": error.problems}, error.status)


def _route(exchange: Exchange) -> tuple[Handler, tuple[str, ...]] | None:
    path = exchange.path.rstrip("/")
    for method, pattern, handler in _PATTERNS:
        match = pattern.fullmatch(path)
        if match and method == exchange.method:
            return handler, match.groups()
    return None


def _enveloped(handler: Handler, call: Call) -> Answer:
    document = handler(call)
    return Answer.json(document if handler in LISTS else {"data": document})
