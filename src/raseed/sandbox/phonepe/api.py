"""The documented calls: which path and method goes where, and who may call.

A path may carry the prefix it has at PhonePe, so that a client may change the host alone:
`/apis/pg-sandbox`, `/apis/pg`, `/apis/identity-manager`, `/apis/hermes`.
"""

from __future__ import annotations

import re

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.phonepe import checkout, older, refunds, tokens
from raseed.sandbox.phonepe.errors import ApiError
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.store import Doc

PREFIX = re.compile(r"/apis/(pg-sandbox|pgsandbox|pg|identity-manager|hermes|merchant-simulator)(?=/)")
TOKEN = "/v1/oauth/token"  # noqa: S105
ORDER = re.compile(r"/checkout/v2/order/([^/]+)/status")
REFUND = re.compile(r"/payments/v2/refund/([^/]+)/status")
OLDER_STATUS = re.compile(older.STATUS + r"/([^/]+)/([^/]+)")
TRANSACTION = re.compile(r"/checkout/v2/transaction/([^/]+)/status")


def below(path: str) -> str:
    """The path without PhonePe's own prefix."""
    return PREFIX.sub("", path, count=1).rstrip("/")


def answer(world: World, exchange: Exchange) -> Answer:
    """Answer one API call. An unknown route is 404 with an empty body, everything else has a body."""
    try:
        result = _called(world, exchange, below(exchange.path))
    except ApiError as error:
        return Answer.json(error.body, error.status)
    return Answer(404) if result is None else Answer.json(result)


def _called(world: World, exchange: Exchange, path: str) -> Doc | None:
    if (exchange.method, path) == ("POST", TOKEN):
        return tokens.issue(world, exchange.body)
    if path.startswith("/pg/v1/"):
        return _older(world, exchange, path)
    return _newer(world, exchange, path)


def _older(world: World, exchange: Exchange, path: str) -> Doc | None:
    header = exchange.headers.get("x-verify", "")
    match exchange.method, path:
        case "POST", older.PAY:
            return older.pay(world, exchange.body, header, exchange.base_url)
        case "POST", older.REFUND:
            return older.refund(world, exchange.body, header)
    if exchange.method == "GET" and (found := OLDER_STATUS.fullmatch(path)):
        return older.status(world, found[1], found[2], exchange.headers)
    return None


def _newer(world: World, exchange: Exchange, path: str) -> Doc | None:
    tokens.check(world, exchange.headers.get("authorization", ""))
    match exchange.method, path:
        case "POST", "/checkout/v2/pay":
            return checkout.pay(world, exchange.body, exchange.base_url)
        case "POST", "/checkout/v2/sdk/order":
            return checkout.sdk_order(world, exchange.body)
        case "POST", "/payments/v2/refund":
            return refunds.create(world, exchange.body)
    if exchange.method == "GET" and (found := ORDER.fullmatch(path)):
        return checkout.order_status(world, found[1], exchange.query)
    if exchange.method == "GET" and (found := REFUND.fullmatch(path)):
        return refunds.status(world, found[1])
    if exchange.method == "GET" and (found := TRANSACTION.fullmatch(path)):
        return checkout.transaction_status(world, found[1])
    return None
