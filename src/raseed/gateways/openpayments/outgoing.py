"""Outgoing payments: sending the money. Made once; whether they fail is learned by looking again.

Source: resource-server.yaml 1.3.0. That an answer of 201 is no payment, and what follows it, is Rafiki's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from raseed.core.errors import GatewayUnavailable
from raseed.gateways.openpayments.amounts import Amount, amount_of
from raseed.gateways.openpayments.caller import Caller
from raseed.gateways.openpayments.incoming import described, listed, moment_of, reference_in
from raseed.gateways.openpayments.quote import Quote
from raseed.gateways.openpayments.tokens import ConsentToken
from raseed.gateways.openpayments.wallet_address import Wallet

_LONGEST_REASON = 200


@dataclass(frozen=True)
class Outgoing:
    """An outgoing payment as its wallet tells of it. `why` is the wallet's reason for a failure."""

    id: str
    failed: bool
    sent: Amount
    debit: Amount
    why: str = ""


def create(
    caller: Caller, token: ConsentToken, buyer: Wallet, quote: Quote, reference: str, receiver: str
) -> dict[str, Any]:
    """Have the wallet pay a quote. What is remembered: the payment's address."""
    url = buyer.collection("outgoing-payments")
    body = {"walletAddress": buyer.address, "quoteId": quote.id, "metadata": described(reference, "")}
    document = token.using(lambda access: caller.call("POST", url, token=access, body=body))
    if document.get("receiver") != receiver:
        raise GatewayUnavailable(f"{buyer.address} pays somebody else; look at it there.")
    return {"id": read(buyer, document).id, "at": caller.now().isoformat()}


def find(
    caller: Caller, token: ConsentToken, buyer: Wallet, quote: Quote, reference: str
) -> dict[str, Any] | None:
    """The payment of a quote among the wallet's newest, where the answer to making it was lost."""

    entries = token.using(lambda access: list(listed(caller, access, buyer, "outgoing-payments")))
    for entry in entries:
        if entry.get("quoteId") == quote.id or reference_in(entry) == reference:
            made_at = min(moment_of(entry.get("createdAt")) or caller.now(), caller.now())
            return {"id": read(buyer, entry).id, "at": made_at.isoformat()}
    return None


def fetch(caller: Caller, token: ConsentToken, buyer: Wallet, outgoing: str) -> Outgoing:
    """How it stands now."""
    url = buyer.owns(outgoing)
    return read(buyer, token.using(lambda access: caller.call("GET", url, token=access)))


def read(buyer: Wallet, document: Mapping[str, Any]) -> Outgoing:
    """An outgoing payment from a wallet's answer. `failed` may be missing, and then means no."""
    failed = document.get("failed", False)
    if not isinstance(failed, bool):
        raise GatewayUnavailable(f"{buyer.address} answered with something that is no outgoing payment.")
    metadata = document.get("metadata")
    why = metadata.get("cancellationReason") if isinstance(metadata, dict) else ""
    return Outgoing(
        id=buyer.owns(document.get("id")),
        failed=failed,
        sent=amount_of(document.get("sentAmount")),
        debit=amount_of(document.get("debitAmount")),
        why=why[:_LONGEST_REASON] if isinstance(why, str) and why.isprintable() else "",
    )
