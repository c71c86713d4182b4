"""Open Payments for tests: an account with the test key, wallet documents, and a memory after opening."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from raseed.core.money import Money
from raseed.gateways import registry
from raseed.gateways.base import GatewayRef, Memory, Order
from raseed.gateways.openpayments.gateway import OpenPayments

#: The key of the fact sheet's vectors: any 32 bytes are a key.
SEED = b"OPenPayments-shared test seed 01"
KID = "market-2026-01"
AT = datetime.fromtimestamp(1767225600, UTC)

MARKET = "https://wallet.example/market"
ALICE = "https://wallet.example/alice"
BOB = "https://seller.example/bob"
AUTH = "https://auth.wallet.example"
SELLER_AUTH = "https://auth.seller.example/tenant"
INCOMING = "https://seller.example/op/incoming-payments/5f3c6c1e-8f7b-4d0e-9a51-2f4f0c1f6a10"
QUOTE = "https://wallet.example/op/quotes/c2a5b6e0-7c52-4b0e-8d7e-0d6e4f7a9b21"
OUTGOING = "https://wallet.example/op/outgoing-payments/c2a5b6e0-7c52-4b0e-8d7e-0d6e4f7a9b21"
CONTINUE = f"{AUTH}/continue/0c5a4e0b-6a43-4d8e-9d4e-5b0d6f3e7a55"
MANAGE = f"{AUTH}/token/1f0b6f5d-9c52-4d6e-8b0a-6a2e0d4c7f31"
REDIRECT = f"{AUTH}/interact/8b7c1f5e/EC18EAC8D758B1EB?clientName=Market"
SERVER_NONCE = "EC18EAC8D758B1EB"
REFERENCE = "shop-1"
RETURN_URL = "https://market.example/payments/finish?payment=token"

PRICE = Money.of("25.00", "USD")


def usd(value: int | str) -> dict[str, Any]:
    return {"value": str(value), "assetCode": "USD", "assetScale": 2}


ALICES = {
    "id": ALICE,
    "publicName": "Alice",
    "assetCode": "USD",
    "assetScale": 2,
    "authServer": AUTH,
    "resourceServer": "https://wallet.example/op",
}
BOBS = {
    "id": BOB,
    "publicName": "Bob",
    "assetCode": "USD",
    "assetScale": 2,
    "authServer": SELLER_AUTH,
    "resourceServer": "https://seller.example/op",
}


def account(http: Any = None, **changes: Any) -> OpenPayments:
    settings = {"wallet_address": MARKET, "key_id": KID, "private_key": SEED, "clock": lambda: AT} | changes
    gateway = registry.load("openpayments", http=http, **settings)
    assert isinstance(gateway, OpenPayments)
    return gateway


def order(**changes: Any) -> Order:
    stated = {
        "reference": REFERENCE,
        "money": PRICE,
        "method": "wallet",
        "return_url": RETURN_URL,
        "payer_wallet": ALICE,
        "payee": BOB,
    }
    return Order(**(stated | changes))


REF = GatewayRef(REFERENCE, INCOMING, {}, "wallet", PRICE)


def opened(memory: Memory, **steps: Any) -> None:
    """The memory after opening; keywords replace or add steps."""
    kept = {
        "payer": wallet_kept(ALICES),
        "payee": wallet_kept(BOBS),
        "incoming": {
            "id": INCOMING,
            "wanted": usd(2500),
            "expires_at": "2026-01-01T01:00:00+00:00",
            "reference": REFERENCE,
        },
        "quote": {"id": QUOTE, "debit": usd(2600), "expires_at": "2026-01-01T00:05:00+00:00"},
        "grant": grant_kept(),
    }
    for step, answer in (kept | steps).items():
        memory.once(step, lambda answer=answer: answer)  # type: ignore[misc]


def grant_kept(**changes: Any) -> dict[str, Any]:
    kept = {
        "endpoint": AUTH,
        "redirect": REDIRECT,
        "nonce": "6fb0c3d2a7e94c8b",
        "server_nonce": SERVER_NONCE,
        "limit": usd(2600),
        "continue": {"uri": CONTINUE, "token": "33F1B0D6A8C27E94D5AA"},
        "wait_until": "2026-01-01T00:00:00+00:00",
    }
    return kept | changes


def wallet_kept(document: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": document["id"],
        "asset": document["assetCode"],
        "scale": document["assetScale"],
        "auth_server": document["authServer"],
        "resource_server": document["resourceServer"],
        "public_name": document["publicName"],
    }
