"""The OAuth token of version 2: client credentials for an `O-Bearer` token.

https://developer.phonepe.com/v1/reference/authorization-standard-checkout
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from raseed.sandbox.phonepe.errors import ApiError, refused, unauthorized
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.store import Doc

SCHEME = "O-Bearer"
NEEDED = ("grant_type", "client_id", "client_version", "client_secret")


def issue(world: World, body: bytes) -> Doc:
    """A new token for a form of client_id, client_version, client_secret and grant_type."""
    form = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=20))
    for name in NEEDED:
        if not form.get(name):
            raise refused("BAD_REQUEST", f"form field {name} must not be blank.")
    if form["grant_type"] != "client_credentials":
        raise refused("BAD_REQUEST", "form field grant_type must be client_credentials.")
    clients = world.settings["clients"]
    if clients and clients.get(form["client_id"]) != form["client_secret"]:
        raise invalid_client(world)
    return _made(world, form["client_id"])


def _made(world: World, client_id: str) -> Doc:
    now = world.now()
    expires_at = now + world.settings["token_seconds"]
    token = world.sandbox.ids.new("sandbox")
    world.table("tokens")[token] = {"client_id": client_id, "expires_at": expires_at}
    return {
        "access_token": token,
        "encrypted_access_token": token,
        "expires_in": None,
        "issued_at": now,
        "expires_at": expires_at,
        "session_expires_at": expires_at,
        "token_type": SCHEME,
    }


def invalid_client(world: World) -> ApiError:
    """In the wording of the official clients' tests."""
    body = {
        "code": "INVALID_CLIENT",
        "errorCode": "OIM000",
        "message": f"Bad Request: Invalid Client, trackingId: {world.sandbox.ids.text(5)}",
        "context": {"error_description": "Client authentication failure"},
    }
    return ApiError(400, body)


def check(world: World, authorization: str) -> None:
    """Raise ApiError (401) unless this is `O-Bearer` and a token that is still good."""
    scheme, _, token = authorization.partition(" ")
    row = world.table("tokens").get(token)
    if scheme != SCHEME or row is None or row["expires_at"] <= world.now():
        raise unauthorized()


def revoke_all(world: World) -> int:
    """Make every token bad at once, as PhonePe may. How many there were."""
    count = len(world.table("tokens"))
    world.table("tokens").clear()
    return count
