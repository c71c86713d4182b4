"""Who may call: secret keys of the intention API, and auth tokens of the older one.

An auth token may come as `auth_token` in the body, as `?token=`, or in Authorization, with Bearer or bare:
Paymob's own clients do all four.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from raseed.sandbox.exchange import Exchange
from raseed.sandbox.paymob import profile
from raseed.sandbox.paymob.countries import COUNTRIES, Country, prefix_of
from raseed.sandbox.paymob.errors import detail, incorrect_credentials
from raseed.sandbox.paymob.fields import Fields, document
from raseed.sandbox.paymob.signing import sealed
from raseed.sandbox.paymob.world import TEST, World
from raseed.sandbox.store import Doc

KEY = re.compile(r"(?:([a-z]{3})_)?(sk|pk)_(test|live)_([A-Za-z0-9]+)")

SCHEMES = {"token": ("token",), "any": ("token", "bearer")}


class Caller(NamedTuple):
    """Whose call it is: a country's prefix, and test or live."""

    prefix: str
    mode: str

    @property
    def country(self) -> Country:
        return COUNTRIES[self.prefix]


def by_key(world: World, key: str, sort: str = "sk") -> Caller | None:
    """What a secret key (`sk`) or public key (`pk`) says of its owner; None where it is no such key."""
    found = KEY.fullmatch(key)
    if found is None or found[2] != sort:
        return None
    prefix = prefix_of(found[1] or world.settings["country"])
    known = world.settings["secret_keys"]
    if not prefix or (sort == "sk" and known and key not in known):
        return None
    return Caller(prefix, found[3])


def secret(world: World, exchange: Exchange) -> Caller:
    """The caller of the intention API: `Authorization: Token {secret key}`. Raises ApiError (401)."""
    scheme, _, key = exchange.headers.get("authorization", "").partition(" ")
    if not scheme:
        raise detail(401, "Authentication credentials were not provided.")
    is_known = scheme.lower() in SCHEMES[world.settings["secret_key_scheme"]]
    caller = by_key(world, key.strip()) if is_known else None
    if caller is None:
        raise detail(401, "Secret key is invalid, please check it again.")
    return caller


def either(world: World, exchange: Exchange, body: Mapping[str, object]) -> None:
    """Refunds, voids and captures take a secret key or an auth token. Raises ApiError (401)."""
    if by_key(world, exchange.headers.get("authorization", "").partition(" ")[2].strip()):
        secret(world, exchange)
    else:
        merchant(world, exchange, body)


def merchant(world: World, exchange: Exchange, body: Mapping[str, object]) -> None:
    """Raises ApiError (401) unless one of the four places has an auth token that is good."""
    header = exchange.headers.get("authorization", "")
    stated = [body.get("auth_token"), exchange.query.get("token"), header.removeprefix("Bearer ").strip()]
    for token in stated:
        row = world.table("tokens").get(str(token))
        if row is not None and row["exp"] > world.now():
            return
    raise incorrect_credentials(401)


def issue(world: World, body: bytes) -> Doc:
    """POST /api/auth/tokens: good for an hour."""
    key = Fields(document(body)).text("api_key", 4096, required=True)
    known = world.settings["api_keys"]
    if known and key not in known:
        raise incorrect_credentials(403)
    exp = int(world.now()) + world.settings["token_seconds"]
    claims = {"class": "Merchant", "profile_pk": world.settings["profile_id"], "phash": world.hexadecimal(64)}
    token = sealed({**claims, "exp": exp}, profile.seal(world))
    world.table("tokens")[token] = {"exp": exp, "mode": TEST}
    return {"profile": profile.shown(world), "token": token}


def revoke_all(world: World) -> int:
    """Make every auth token bad at once. How many there were."""
    count = len(world.table("tokens"))
    world.table("tokens").clear()
    return count
