"""Access tokens: issued, rotated, revoked. Kept by their value; a rotated one is gone."""

from __future__ import annotations

from raseed.sandbox.exchange import Answer
from raseed.sandbox.openpayments import proving
from raseed.sandbox.openpayments.addresses import Addresses
from raseed.sandbox.openpayments.call import Call
from raseed.sandbox.openpayments.errors import Refused, invalid_client
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc


def issue(world: World, grant: Doc, seconds: int | None = None) -> Doc:
    """A new token for a grant; `seconds` until it expires, as the settings say where it is None."""
    life = world.settings["token_seconds"]
    token: Doc = {
        "value": world.secret(),
        "id": world.uuid(),
        "grant": grant["id"],
        "expires_in": life,
        "expires_at": world.now() + (life if seconds is None else seconds),
    }
    world.table("tokens")[token["value"]] = token
    return {**token, "access": grant["access"]}


def view(token: Doc, addresses: Addresses) -> Doc:
    """The member `access_token`."""
    return {
        "value": token["value"],
        "manage": addresses.management(token["id"]),
        "expires_in": token["expires_in"],
        "access": token["access"],
    }


def find(world: World, value: str | None) -> tuple[Doc, Doc] | None:
    """A token and its grant; None for one that was rotated or revoked, or whose grant ended."""
    token = world.table("tokens").get(value or "")
    grant = world.table("grants").get(token["grant"]) if token else None
    return (token, grant) if token and grant and grant["state"] == "granted" else None


def is_expired(world: World, token: Doc) -> bool:
    return bool(world.now() >= token["expires_at"])


def drop_all(world: World, grant: Doc) -> None:
    """Take every token of a grant away."""
    table = world.table("tokens")
    for value in [value for value, token in table.items() if token["grant"] == grant["id"]]:
        del table[value]


def expire_all(world: World, grant: Doc) -> None:
    """Let every token of a grant be expired now; it can still be rotated."""
    for token in world.table("tokens").values():
        if token["grant"] == grant["id"]:
            token["expires_at"] = world.now()


def _managed(call: Call) -> tuple[Doc, Doc]:
    found = find(call.world, call.token)
    if found is None:
        raise invalid_client("token not found")
    token, grant = found
    proving.demand_at_auth(call, grant["client"], grant["client_key"])
    if token["id"] != call.id:
        raise Refused(404, "invalid_rotation", "token not found")
    return token, grant


def rotate(call: Call) -> Answer:
    """`POST manage`: another value and another address for it; an expired token can be rotated."""
    token, grant = _managed(call)
    del call.world.table("tokens")[token["value"]]
    fresh = issue(call.world, grant)
    return Answer.json({"access_token": view(fresh, call.addresses)})


def revoke(call: Call) -> Answer:
    """`DELETE manage`."""
    token, _ = _managed(call)
    del call.world.table("tokens")[token["value"]]
    return Answer(204)
