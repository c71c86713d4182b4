"""The documented calls: which path and method goes where, and who may call. A last slash is no matter."""

from __future__ import annotations

import re

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.paymob import (
    auth,
    capturing,
    inquiry,
    integrations,
    intentions,
    keys,
    orders,
    paying,
    refunds,
)
from raseed.sandbox.paymob.countries import COUNTRIES
from raseed.sandbox.paymob.errors import ApiError
from raseed.sandbox.paymob.fields import Fields, document
from raseed.sandbox.paymob.world import World

TOKENS, ORDERS, KEYS = "/api/auth/tokens", "/api/ecommerce/orders", "/api/acceptance/payment_keys"
INTENTION, PAY = "/v1/intention", "/api/acceptance/payments/pay"
INQUIRY = "/api/ecommerce/orders/transaction_inquiry"
SECRET = re.compile(r"/v1/intention/([^/]+)")
ELEMENT = re.compile(r"/v1/intention/element/([^/]+)/([^/]+)")
ORDER = re.compile(r"/api/ecommerce/orders/(\d{1,12})")
TRANSACTION = re.compile(r"/api/acceptance/transactions/(\d{1,12})")
#: what is done with a transaction
DONE = {
    "/api/acceptance/void_refund/refund": refunds.refund,
    "/api/acceptance/void_refund/void": refunds.void,
    "/api/acceptance/capture": capturing.capture,
}
Result = tuple[object, int] | None


def below(path: str) -> str:
    """The path without a last slash."""
    return path.rstrip("/")


def answer(world: World, exchange: Exchange) -> Answer:
    """Answer one API call; 404 where there is none."""
    try:
        result = _called(world, exchange, below(exchange.path))
    except ApiError as error:
        return Answer.json(error.body, error.status)
    return Answer.json({"detail": "Not found."}, 404) if result is None else Answer.json(*result)


def _called(world: World, exchange: Exchange, path: str) -> Result:
    if (exchange.method, path) == ("POST", TOKENS):
        return auth.issue(world, exchange.body), 201
    if path.startswith(INTENTION):
        return _intention(world, exchange, path)
    body = document(exchange.body)
    if (exchange.method, path) == ("POST", PAY):
        return paying.pay(world, Fields(body), exchange.base_url), 200
    if exchange.method == "POST" and path in DONE:
        auth.either(world, exchange, body)
        return DONE[path](world, Fields(body)), 200
    auth.merchant(world, exchange, body)
    if exchange.method == "POST":
        return _posted(world, exchange, path, Fields(body))
    return _asked(world, exchange, path) if exchange.method == "GET" else None


def _intention(world: World, exchange: Exchange, path: str) -> Result:
    if exchange.method == "GET" and (found := ELEMENT.fullmatch(path)):
        return intentions.element(world, found[1], found[2]), 200
    caller = auth.secret(world, exchange)
    fields = Fields(document(exchange.body))
    if (exchange.method, path) == ("POST", INTENTION):
        return intentions.create(world, caller, fields, exchange.base_url), 201
    if exchange.method == "PUT" and (found := SECRET.fullmatch(path)):
        return intentions.update(world, caller, found[1], fields), 200
    return None


def _posted(world: World, exchange: Exchange, path: str, fields: Fields) -> Result:
    match path:
        case "/api/ecommerce/orders":
            return orders.create(world, fields, exchange.base_url), 201
        case "/api/acceptance/payment_keys":
            return keys.create(world, fields), 201
        case "/api/ecommerce/orders/transaction_inquiry":
            return inquiry.newest(world, fields), 200
        case "/api/acceptance/order_card_tokens":
            return inquiry.card_tokens(world, fields), 200
    return None


def _asked(world: World, exchange: Exchange, path: str) -> Result:
    if found := TRANSACTION.fullmatch(path):
        return inquiry.transaction(world, found[1]), 200
    if found := ORDER.fullmatch(path):
        return orders.shown(world, orders.find(world, found[1])), 200
    match path:
        case "/api/acceptance/transactions":
            return inquiry.page(world, exchange.query), 200
        case "/api/auth/hmac_secret/get_hmac":
            return {"hmac_secret": world.settings["hmac_secret"]}, 200
        case "/api/ecommerce/integrations":
            return integrations.listed(world, COUNTRIES[world.settings["country"]].currency), 200
    return None
