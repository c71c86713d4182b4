"""Incoming payments: what a seller's wallet is to receive, and what it has: the truth about the money.

Source: resource-server.yaml 1.3.0; what happens at its end is Rafiki's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from raseed.core.errors import GatewayUnavailable
from raseed.gateways.base import Memory, Order
from raseed.gateways.openpayments.amounts import Amount, amount_of
from raseed.gateways.openpayments.caller import Caller
from raseed.gateways.openpayments.tokens import AccessToken, with_shared
from raseed.gateways.openpayments.wallet_address import Wallet

#: What a charge's reference holds.
LONGEST_ID = 255

#: Pages of a wallet's newest payments that are looked through for one whose answer was lost.
MOST_PAGES = 5
PAGE = 20


@dataclass(frozen=True)
class Incoming:
    """An incoming payment as its wallet tells of it. `wanted` is None where any amount is taken."""

    id: str
    wallet: str
    wanted: Amount | None
    received: Amount
    completed: bool
    expires_at: datetime | None
    reference: str


def create(
    caller: Caller, memory: Memory, seller: Wallet, order: Order, wanted: Amount, expires_at: datetime
) -> dict[str, Any]:
    """Ask the seller's wallet to receive exactly the price. What is remembered of it."""
    body = {
        "walletAddress": seller.address,
        "incomingAmount": wanted.document(),
        "expiresAt": moment_text(expires_at),
        "metadata": described(order.reference, order.description),
    }
    url = seller.collection("incoming-payments")

    def post(token: AccessToken) -> dict[str, Any]:
        return caller.call("POST", url, token=token, body=body)

    made = read(seller, with_shared(caller, memory, seller.auth_server, "incoming-payment", post))
    return _checked(made, seller, wanted, order.reference)


def find(
    caller: Caller, memory: Memory, seller: Wallet, reference: str, wanted: Amount
) -> dict[str, Any] | None:
    """The one of our reference among the wallet's newest, where the answer to making it was lost."""

    def look(token: AccessToken) -> dict[str, Any] | None:
        for document in listed(caller, token, seller, "incoming-payments"):
            if reference_in(document) == reference:
                return _checked(read(seller, document), seller, wanted, reference)
        return None

    return with_shared(caller, memory, seller.auth_server, "incoming-payment", look)


def fetch(caller: Caller, memory: Memory, seller: Wallet, incoming: str) -> Incoming:
    """How it stands now. Raises GatewayRefused where it is gone."""
    url = seller.owns(incoming)

    def get(token: AccessToken) -> dict[str, Any]:
        return caller.call("GET", url, token=token)

    return read(seller, with_shared(caller, memory, seller.auth_server, "incoming-payment", get))


def complete(caller: Caller, memory: Memory, seller: Wallet, incoming: str) -> None:
    """Have the wallet receive no more. Raises GatewayRefused where it is complete, or gone."""
    url = f"{seller.owns(incoming)}/complete"

    def post(token: AccessToken) -> Incoming:
        return read(seller, caller.call("POST", url, token=token))

    with_shared(caller, memory, seller.auth_server, "incoming-payment", post)


def read(seller: Wallet, document: Mapping[str, Any]) -> Incoming:
    """An incoming payment from a wallet's answer. Raises GatewayUnavailable for anything else."""
    wanted, completed = document.get("incomingAmount"), document.get("completed")
    if not isinstance(completed, bool):
        raise GatewayUnavailable(f"{seller.address} answered with something that is no incoming payment.")
    return Incoming(
        id=seller.owns(document.get("id")),
        wallet=str(document.get("walletAddress")),
        wanted=amount_of(wanted) if wanted is not None else None,
        received=amount_of(document.get("receivedAmount")),
        completed=completed,
        expires_at=moment_of(document.get("expiresAt")),
        reference=reference_in(document),
    )


def _checked(made: Incoming, seller: Wallet, wanted: Amount, reference: str) -> dict[str, Any]:
    """What is remembered, if it is what was asked for: nobody must be sent to pay anything else."""
    if made.wanted != wanted or made.wallet != seller.address or made.received.value or made.completed:
        raise GatewayUnavailable(f"{seller.address} made another incoming payment than was asked for.")
    if len(made.id) > LONGEST_ID:
        raise GatewayUnavailable(f"{seller.address} named an incoming payment too long to be kept.")
    ends = made.expires_at.isoformat() if made.expires_at else None
    return {"id": made.id, "wanted": wanted.document(), "expires_at": ends, "reference": reference}


def listed(caller: Caller, token: AccessToken, wallet: Wallet, collection: str) -> Iterator[dict[str, Any]]:
    """What this client made in a wallet's collection, newest first, a few pages of it."""
    cursor = ""
    for _ in range(MOST_PAGES):
        asked = {"wallet-address": wallet.address, "first": PAGE, **({"cursor": cursor} if cursor else {})}
        page = caller.call("GET", f"{wallet.collection(collection)}?{urlencode(asked)}", token=token)
        result, pagination = page.get("result"), page.get("pagination")
        if not isinstance(result, list) or not isinstance(pagination, dict):
            raise GatewayUnavailable(f"{wallet.address} answered with something that is no list.")
        yield from (entry for entry in result if isinstance(entry, dict))
        cursor = str(pagination.get("endCursor") or "")
        if not (pagination.get("hasNextPage") is True and cursor):
            return


def described(reference: str, description: str) -> dict[str, str]:
    """Our names for it, which the wallets keep and show."""
    return {"reference": reference, **({"description": description} if description else {})}


def reference_in(document: Mapping[str, Any]) -> str:
    """Our reference as `described` wrote it, or an empty text."""
    metadata = document.get("metadata")
    said = metadata.get("reference") if isinstance(metadata, dict) else ""
    return said if isinstance(said, str) else ""


def moment_text(moment: datetime) -> str:
    """A moment as wallets write it: UTC, milliseconds, Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: Any) -> datetime | None:
    """A moment a wallet states, or None."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    # A moment at the ends of time cannot be counted with.
    return moment if moment.tzinfo is not None and 2000 <= moment.year < 3000 else None
