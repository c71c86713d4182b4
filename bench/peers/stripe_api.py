"""The part of Stripe's API that the peers call back into, on this machine.

It answers reads with the objects it was told of, makes refunds, and gives Stripe's error shape for what it
does not know. Nothing here hurries or delays a peer. `PUT /_objects` tells it how things stand at "Stripe";
`GET /_calls` lists what was asked.
"""

from __future__ import annotations

import itertools
import sys
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]

ACCOUNT: Json = {
    "id": "acct_peers",
    "object": "account",
    "business_profile": {"name": "The shop"},
    "charges_enabled": True,
    "country": "US",
    "default_currency": "usd",
    "details_submitted": True,
    "email": "owner@shop.example",
    "metadata": {},
    "payouts_enabled": True,
    "settings": {"dashboard": {"display_name": "The shop"}},
    "type": "standard",
}

_objects: dict[str, Json] = {}
_calls: list[str] = []
_refunds = itertools.count(1)


async def tell(request: Request) -> Response:
    """Objects as they stand from now on, a list."""
    _objects.update((document["id"], document) for document in await request.json())
    return JSONResponse({"objects": len(_objects)})


async def calls(request: Request) -> Response:
    """What was asked, in order."""
    return JSONResponse(_calls)


async def account(request: Request) -> Response:
    """The account that the key belongs to."""
    _calls.append(request.url.path)
    return JSONResponse(ACCOUNT)


async def read(request: Request) -> Response:
    """One object by its id."""
    _calls.append(request.url.path)
    return _found(request.path_params["id"])


async def refund(request: Request) -> Response:
    """A full refund of what this payment intent took."""
    _calls.append(request.url.path)
    form = dict(parse_qsl((await request.body()).decode()))
    intent = _objects.get(form.get("payment_intent", ""))
    charge = _objects.get(intent["latest_charge"]) if intent else None
    if charge is None:
        return _found(form.get("payment_intent", ""))
    charge.update(amount_refunded=charge["amount"], refunded=True)
    made = {
        "id": f"re_{next(_refunds)}",
        "object": "refund",
        "amount": int(form.get("amount") or charge["amount"]),
        "charge": charge["id"],
        "currency": charge["currency"],
        "payment_intent": form["payment_intent"],
        "reason": form.get("reason"),
        "status": "succeeded",
    }
    _objects[str(made["id"])] = made
    return JSONResponse(made)


def _found(number: str) -> Response:
    if number in _objects:
        return JSONResponse(_objects[number])
    error = {
        "code": "resource_missing",
        "message": f"No such object: '{number}'",
        "param": "id",
        "type": "invalid_request_error",
    }
    return JSONResponse({"error": error}, 404)


application = Starlette(
    routes=[
        Route("/_objects", tell, methods=["PUT"]),
        Route("/_calls", calls),
        Route("/v1/account", account),
        Route("/v1/refunds", refund, methods=["POST"]),
        Route("/v1/checkout/sessions/{id}", read),
        Route("/v1/{family}/{id}", read),
    ]
)

if __name__ == "__main__":
    uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
