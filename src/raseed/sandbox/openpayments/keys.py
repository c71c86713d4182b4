"""Whose key signed a request: the keys that clients publish, and the key pair that needs no set-up.

A client is a wallet address. Where it is one of ours, its keys are those registered with it. Where its wallet
names a `jwks_url`, or the client lives elsewhere, its keys are read from there before the call is answered.
"""

from __future__ import annotations

import base64
import contextlib
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.openpayments import shapes, wallets
from raseed.sandbox.openpayments.addresses import Addresses
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc

#: The sandbox's own client: its private key is public, as test card numbers are.
CLIENT = "market"
CLIENT_KEY_ID = "sandbox-market"
CLIENT_SEED = b"raseed sandbox market key 1....."
#: So long keys read from outside are believed without asking again, by the sandbox's clock.
KEPT_SECONDS = 60


def public_jwk(private: Ed25519PrivateKey, kid: str) -> Doc:
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return {"kid": kid, "alg": "EdDSA", "use": "sig", "kty": "OKP", "crv": "Ed25519", "x": x}


def own_client(addresses: Addresses) -> Doc:
    """What a program needs to act as the sandbox's own client, with no set-up at all."""
    private = Ed25519PrivateKey.from_private_bytes(CLIENT_SEED)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "wallet_address": addresses.wallet(CLIENT),
        "key_id": CLIENT_KEY_ID,
        "private_key": pem.decode(),
        "jwk": public_jwk(private, CLIENT_KEY_ID),
    }


def register(world: World, name: str, key: object) -> Doc:
    """Add a public key to a wallet; the same `kid` again replaces it. Raises ControlError."""
    wallet = wallets.find(world, name)
    if wallet is None:
        raise ControlError(f"there is no wallet {name!r}.", status=404)
    try:
        jwk = shapes.jwk(key, "jwk")
    except shapes.WrongShape as error:
        raise ControlError(f"{error}.") from error
    wallet["keys"] = [kept for kept in wallet["keys"] if kept["kid"] != jwk["kid"]] + [jwk]
    return wallet


def remove(world: World, name: str, kid: str) -> Doc:
    """Take a key away, so that what it signs is refused. Raises ControlError."""
    wallet = wallets.find(world, name)
    if wallet is None or all(kept["kid"] != kid for kept in wallet["keys"]):
        raise ControlError(f"the wallet {name!r} has no key {kid!r}.", status=404)
    wallet["keys"] = [kept for kept in wallet["keys"] if kept["kid"] != kid]
    return wallet


# -- keys that are published elsewhere ---------------------------------------------------------------------


def sources(world: World, addresses: Addresses, client: str) -> tuple[str, ...]:
    """Which documents outside tell about a client: its keys and, where it is not ours, its wallet address."""
    name = addresses.wallet_name(client)
    wallet = wallets.find(world, name) if name else None
    if name:
        return (wallet["jwks_url"],) if wallet and wallet["jwks_url"] else ()
    return (f"{client.removesuffix('/')}/jwks.json", client)


def wanted(world: World, addresses: Addresses, client: str, kid: str) -> list[str]:
    """The documents that must be read before a signature by `kid` can be judged."""
    table, found = world.table("clients"), []
    for url in sources(world, addresses, client):
        kept = table.get(url)
        is_fresh = kept is not None and world.now() - kept["read_at"] < KEPT_SECONDS
        knows = kept is not None and (url == client or any(key.get("kid") == kid for key in _keys(kept)))
        if not (is_fresh and knows):
            found.append(url)
    return found


def learn(world: World, url: str, status: int, body: bytes) -> None:
    """Keep a document that was read; an answer that is none leaves the client without keys."""
    try:
        document = json.loads(body) if status == 200 else {}
    except (ValueError, RecursionError):
        document = {}
    kept = document if isinstance(document, dict) else {}
    world.table("clients")[url] = {"read_at": world.now(), "document": kept}


def _keys(kept: Doc) -> list[Doc]:
    keys = kept["document"].get("keys")
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def of(world: World, addresses: Addresses, client: str, kid: str) -> Doc | None:
    """The public key of that name that a client publishes; None where there is none that can be used."""
    name = addresses.wallet_name(client)
    wallet = wallets.find(world, name) if name else None
    published = list(wallet["keys"]) if wallet else []
    for url in sources(world, addresses, client):
        published += _keys(world.table("clients").get(url, {"document": {}}))
    for key in published:
        with contextlib.suppress(shapes.WrongShape):
            jwk = shapes.jwk(key, "key")
            if jwk["kid"] == kid:
                return jwk
    return None


def display_name(world: World, addresses: Addresses, client: str) -> str:
    """The name a client shows to payers; "" where its wallet address has none."""
    name = addresses.wallet_name(client)
    wallet = wallets.find(world, name) if name else None
    if wallet is not None:
        return str(wallet["public_name"])
    shown = world.table("clients").get(client, {"document": {}})["document"].get("publicName", "")
    return shown if isinstance(shown, str) else ""
