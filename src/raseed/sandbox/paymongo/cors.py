"""Calls from a browser: those that a public key may make answer to pages of any origin, no other does.

https://developers.paymongo.com/docs/account-settings-api-keys names the calls; the headers are our choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from raseed.sandbox.exchange import Answer, Exchange

PREFLIGHT: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}


def is_preflight(exchange: Exchange) -> bool:
    asks = "access-control-request-method" in exchange.headers
    return exchange.method == "OPTIONS" and asks and "origin" in exchange.headers


def preflight() -> Answer:
    """Permission to make the call itself."""
    return Answer(204, headers=PREFLIGHT)


def opened(answer: Answer, exchange: Exchange) -> Answer:
    """The answer, readable for the page that asked."""
    if "origin" not in exchange.headers:
        return answer
    return replace(answer, headers={**answer.headers, "Access-Control-Allow-Origin": "*"})
