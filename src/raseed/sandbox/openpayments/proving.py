"""Demands that a request was signed by the client it belongs to, as strictly as the settings say."""

from __future__ import annotations

import time

from raseed.sandbox.openpayments import keys
from raseed.sandbox.openpayments.call import Call
from raseed.sandbox.openpayments.errors import invalid_client
from raseed.sandbox.openpayments.signatures import (
    SignatureRefused,
    Signed,
    key_id,
    verify_strictly,
    verify_tolerantly,
)
from raseed.sandbox.store import Doc


def demand(call: Call, client: str, client_key: Doc | None) -> None:
    """Raise SignatureRefused unless the request carries the client's signature.

    `client_key`: of a client that stated its key instead of a wallet address.
    """
    exchange, settings = call.exchange, call.world.settings
    request = Signed(exchange.method, exchange.url, exchange.headers, exchange.body)
    kid = key_id(request)
    if client_key is not None:
        jwk = client_key if client_key["kid"] == kid else None
    else:
        jwk = keys.of(call.world, call.addresses, client, kid)
    if jwk is None:
        raise SignatureRefused(f"the client has no key {kid!r}")
    if settings["signature_mode"] == "rafiki":
        verify_tolerantly(request, jwk)
        return
    # The caller lives in the sandbox's time or in the machine's: either may vouch for the signature.
    verify_strictly(request, jwk, (call.world.now(), time.time()), settings["signature_age_seconds"])


def demand_at_auth(call: Call, client: str, client_key: Doc | None) -> None:
    """The same for the authorization server, whose refusal is `invalid_client`."""
    try:
        demand(call, client, client_key)
    except SignatureRefused as error:
        raise invalid_client(f"invalid signature: {error}") from error
