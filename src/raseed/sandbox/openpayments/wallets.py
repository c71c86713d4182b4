"""Wallet addresses: who has one, what it holds, and the documents that the world may read about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from raseed.sandbox.exchange import Answer, ControlError
from raseed.sandbox.openpayments.addresses import RESERVED, Addresses
from raseed.sandbox.openpayments.settings import decimal
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc

NAME = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
FIELDS = ("name", "public_name", "asset_code", "asset_scale", "balance", "fee_percent", "jwks_url")
#: name, shown name, currency, scale, balance, fee in percent. `market` is the sandbox's own client.
STARTING: tuple[tuple[str, str, str, int, int, str], ...] = (
    ("market", "Marketplace", "USD", 2, 0, "0"),
    ("alice", "Alice", "USD", 2, 500_000, "2"),
    ("bob", "Bob", "USD", 2, 0, "0"),
    ("elena", "Elena", "EUR", 2, 500_000, "1.5"),
    ("yuki", "Yuki", "JPY", 0, 900_000, "0"),
    ("mateo", "Mateo", "MXN", 4, 90_000_000, "0"),
    ("pat", "Pat", "USD", 2, 0, "0"),
)


def make(world: World, doc: Mapping[str, Any]) -> Doc:
    """Open a wallet address, or change what is stated about one. Raises ControlError."""
    name = doc.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name) or name in RESERVED:
        raise ControlError("name must be small letters and digits, and none of " + ", ".join(RESERVED) + ".")
    unknown = set(doc) - set(FIELDS)
    if unknown:
        raise ControlError(f"a wallet has {', '.join(FIELDS)}, not {min(unknown)}.")
    before = world.table("wallets").get(name) or {
        "name": name,
        "public_name": name.title(),
        "asset_code": "USD",
        "asset_scale": 2,
        "balance": 0,
        "fee_percent": "0",
        "keys": [],
        "jwks_url": "",
    }
    wallet: Doc = {**before, **doc}
    _check(wallet)
    world.table("wallets")[name] = wallet
    return wallet


def _check(wallet: Doc) -> None:
    code, scale, balance = wallet["asset_code"], wallet["asset_scale"], wallet["balance"]
    if not isinstance(code, str) or not 1 <= len(code) <= 12:
        raise ControlError("asset_code must be a currency's code, such as USD.")
    if type(scale) is not int or not 0 <= scale <= 255:
        raise ControlError("asset_scale must be a whole number from 0 to 255.")
    if type(balance) is not int or not 0 <= balance < 2**63:
        raise ControlError("balance must be minor units from 0.")
    for field in ("public_name", "jwks_url"):
        if not isinstance(wallet[field], str):
            raise ControlError(f"{field} must be a text.")
    decimal("fee_percent", wallet["fee_percent"], least=0)


def open_all(world: World) -> None:
    """The wallets that every sandbox begins with."""
    names = ("name", "public_name", "asset_code", "asset_scale", "balance", "fee_percent")
    for row in STARTING:
        make(world, dict(zip(names, row, strict=True)))


def find(world: World, name: str) -> Doc | None:
    return world.table("wallets").get(name)


def money(wallet: Doc, minor: int) -> Doc:
    """An amount in a wallet's own asset, as the wire has it."""
    return {"value": str(minor), "assetCode": wallet["asset_code"], "assetScale": wallet["asset_scale"]}


def has_asset(wallet: Doc, amount: Doc) -> bool:
    """Whether an amount is in the wallet's currency and scale."""
    return (amount["assetCode"], amount["assetScale"]) == (wallet["asset_code"], wallet["asset_scale"])


# -- what everybody may read -------------------------------------------------------------------------------


def document(wallet: Doc, addresses: Addresses) -> Doc:
    """A wallet address document; `publicName` only where the wallet has one."""
    named = {"publicName": wallet["public_name"]} if wallet["public_name"] else {}
    return {
        "id": addresses.wallet(wallet["name"]),
        **named,
        "assetCode": wallet["asset_code"],
        "assetScale": wallet["asset_scale"],
        "authServer": addresses.auth_server,
        "resourceServer": addresses.resource_server,
    }


def answer(world: World, addresses: Addresses, name: str, rest: tuple[str, ...]) -> Answer:
    """A wallet address, its keys, or its DID document, which is not implemented here as elsewhere."""
    wallet = find(world, name)
    if wallet is None or rest not in ((), ("jwks.json",), ("did.json",)):
        return Answer(404)
    if rest == ("did.json",):
        return Answer(500)
    if rest:
        return Answer.json({"keys": wallet["keys"]})
    shown = Answer.json(document(wallet, addresses))
    return Answer(200, shown.body, headers={"Cache-Control": "max-age=86400"})
