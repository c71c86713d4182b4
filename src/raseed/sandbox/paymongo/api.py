"""The documented calls: which path and method goes where, who may call, and the envelope around it."""

from __future__ import annotations

import re
from collections.abc import Callable

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.paymongo import (
    account,
    attaching,
    capturing,
    cors,
    customers,
    intents,
    links,
    methods,
    paying,
    payment_links,
    payments,
    processes,
    refunds,
    refusals,
    sessions,
    sources,
    webhooks,
)
from raseed.sandbox.paymongo.auth import key_of
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import ApiError, refused
from raseed.sandbox.paymongo.idempotency import once
from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc

Handler = Callable[[Call], Doc | list[str]]

#: "{}" stands for an id. Every success is 200. https://developers.paymongo.com/docs/errors
ROUTES: dict[tuple[str, str], Handler] = {
    ("POST", "/v1/payment_intents"): intents.create,
    ("GET", "/v1/payment_intents/{}"): intents.retrieve,
    ("POST", "/v1/payment_intents/{}/attach"): attaching.attach,
    ("POST", "/v1/payment_intents/{}/capture"): capturing.capture,
    ("POST", "/v1/payment_intents/{}/cancel"): capturing.cancel,
    ("POST", "/v1/payment_methods"): methods.create,
    ("GET", "/v1/payment_methods/{}"): methods.retrieve,
    ("PUT", "/v1/payment_methods/{}"): methods.update,
    ("POST", "/v1/sources"): sources.create,
    ("GET", "/v1/sources/{}"): sources.retrieve,
    ("POST", "/v1/payments"): payments.create,
    ("GET", "/v1/payments"): payments.list_all,
    ("GET", "/v1/payments/{}"): payments.retrieve,
    ("POST", "/v1/refunds"): refunds.create,
    ("GET", "/v1/refunds"): refunds.list_all,
    ("GET", "/v1/refunds/{}"): refunds.retrieve,
    ("POST", "/v1/checkout_sessions"): paying.open_session,
    ("GET", "/v1/checkout_sessions/{}"): sessions.retrieve,
    ("POST", "/v1/checkout_sessions/{}/expire"): sessions.expire,
    ("POST", "/v2/checkout_sessions"): paying.open_session_v2,
    ("GET", "/v2/checkout_sessions/{}"): sessions.retrieve,
    ("POST", "/v2/checkout_sessions/{}/expire"): sessions.expire,
    ("POST", "/v1/links"): links.create,
    ("GET", "/v1/links"): links.list_all,
    ("GET", "/v1/links/{}"): links.retrieve,
    ("POST", "/v1/links/{}/archive"): links.archive,
    ("POST", "/v1/links/{}/unarchive"): links.unarchive,
    ("POST", "/v1/payment_links"): payment_links.create,
    ("GET", "/v1/payment_links"): payment_links.list_all,
    ("GET", "/v1/payment_links/{}"): payment_links.retrieve,
    ("PATCH", "/v1/payment_links/{}"): payment_links.update,
    ("GET", "/v1/payment_links/{}/payments"): payment_links.list_payments,
    ("POST", "/v1/payment_links/{}/refunds"): payment_links.refund,
    ("POST", "/v1/customers"): customers.create,
    ("GET", "/v1/customers"): customers.list_all,
    ("GET", "/v1/customers/{}"): customers.retrieve,
    ("PATCH", "/v1/customers/{}"): customers.update,
    ("PUT", "/v1/customers/{}"): customers.update,
    ("DELETE", "/v1/customers/{}"): customers.delete,
    ("GET", "/v1/customers/{}/payment_methods"): customers.list_cards,
    ("DELETE", "/v1/customers/{}/payment_methods/{}"): customers.delete_card,
    ("GET", "/v1/merchants/capabilities/payment_methods"): account.capabilities,
    ("POST", "/v1/webhooks"): webhooks.create,
    ("GET", "/v1/webhooks"): webhooks.list_all,
    ("GET", "/v1/webhooks/{}"): webhooks.retrieve,
    ("PUT", "/v1/webhooks/{}"): webhooks.update,
    ("POST", "/v1/webhooks/{}/enable"): webhooks.enable,
    ("POST", "/v1/webhooks/{}/disable"): webhooks.disable,
    ("GET", "/v1/webhooks/{}/processes"): processes.list_all,
    ("POST", "/v1/webhook_processes/{}/retry"): processes.retry,
}
#: calls that a public key may make. https://developers.paymongo.com/docs/account-settings-api-keys and, for
#: payment methods and attach, https://developers.paymongo.com/docs/payment-acceptance-qr-ph-api
PUBLIC = (
    sources.create,
    sources.retrieve,
    methods.create,
    methods.retrieve,
    intents.retrieve,
    attaching.attach,
)
#: a list's answer is its own envelope, or none
LISTS = (
    payments.list_all, refunds.list_all, webhooks.list_all, links.list_all, payment_links.list_all,
    payment_links.list_payments, customers.list_all, customers.list_cards, processes.list_all,
    account.capabilities,
)  # fmt: skip
_PATTERNS = [
    (method, re.compile(path.replace("{}", "([^/]+)")), handler) for (method, path), handler in ROUTES.items()
]


def answer(sandbox_world: Callable[[str], World], exchange: Exchange) -> Answer:
    """Answer one API call. An unknown route is 404 with an empty body, everything else has a body."""
    if cors.is_preflight(exchange):
        return _preflight(exchange)
    found = _route(exchange.method, exchange.path)
    if found is None:
        return Answer(404)
    handler, ids = found
    try:
        result = _called(sandbox_world, exchange, handler, ids)
    except ApiError as error:
        result = Answer.json({"errors": error.problems}, error.status)
    return cors.opened(result, exchange) if handler in PUBLIC else result


def _called(
    sandbox_world: Callable[[str], World], exchange: Exchange, handler: Handler, ids: tuple[str, ...]
) -> Answer:
    key = key_of(exchange.headers.get("authorization", ""))
    if not key.is_secret and handler not in PUBLIC:
        detail = "A public key may not make this call. Use the secret key."
        raise refused("api_key_invalid", detail, status=403)
    world = sandbox_world(key.mode)
    refusals.strike(world, exchange)
    call = Call(
        world, ids, exchange.query, exchange.body, exchange.base_url, exchange.scenario, key.is_secret
    )
    return once(world, exchange, key.text, lambda: _enveloped(handler, call))


def _preflight(exchange: Exchange) -> Answer:
    """A browser asks whether it may call; only for what a public key may."""
    wanted = exchange.headers["access-control-request-method"].upper()
    found = _route(wanted, exchange.path)
    return cors.preflight() if found is not None and found[0] in PUBLIC else Answer(404)


def _route(method: str, path: str) -> tuple[Handler, tuple[str, ...]] | None:
    for expected, pattern, handler in _PATTERNS:
        match = pattern.fullmatch(path.rstrip("/"))
        if match and expected == method:
            return handler, match.groups()
    return None


def _enveloped(handler: Handler, call: Call) -> Answer:
    document = handler(call)
    return Answer.json(document if handler in LISTS else {"data": document})
