"""Quotes: what the payer's wallet takes so that the seller's receives the price. One pays once, and soon.

Source: resource-server.yaml 1.3.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.gateways.base import Memory
from raseed.gateways.openpayments.amounts import Amount, amount_of
from raseed.gateways.openpayments.caller import Caller
from raseed.gateways.openpayments.incoming import moment_of
from raseed.gateways.openpayments.tokens import AccessToken, with_shared
from raseed.gateways.openpayments.vocabulary import QUOTE_MARGIN_SECONDS
from raseed.gateways.openpayments.wallet_address import Wallet


@dataclass(frozen=True)
class Quote:
    """`debit` is all that leaves the payer's wallet, its fee included."""

    id: str
    debit: Amount
    expires_at: datetime | None

    def kept(self) -> dict[str, Any]:
        """As it is remembered."""
        ends = self.expires_at.isoformat() if self.expires_at else None
        return {"id": self.id, "debit": self.debit.document(), "expires_at": ends}

    def is_over(self, now: datetime) -> bool:
        """Too old to be paid with."""
        margin = timedelta(seconds=QUOTE_MARGIN_SECONDS)
        return self.expires_at is not None and now >= self.expires_at - margin


def remembered(kept: Mapping[str, Any]) -> Quote:
    """A quote from a saved step."""
    ends = kept["expires_at"]
    return Quote(kept["id"], amount_of(kept["debit"]), datetime.fromisoformat(ends) if ends else None)


def create(caller: Caller, memory: Memory, buyer: Wallet, receiver: str, wanted: Amount) -> Quote:
    """Ask the payer's wallet what paying costs there.

    Raises GatewayRefused where it cannot pay that, or would not deliver the whole price.
    """
    url = buyer.collection("quotes")
    body = {"walletAddress": buyer.address, "receiver": receiver, "method": "ilp"}

    def post(token: AccessToken) -> dict[str, Any]:
        return caller.call("POST", url, token=token, body=body)

    document = with_shared(caller, memory, buyer.auth_server, "quote", post)
    debit, delivered = amount_of(document.get("debitAmount")), amount_of(document.get("receiveAmount"))
    if document.get("receiver") != receiver or document.get("walletAddress") != buyer.address:
        raise GatewayUnavailable(f"{buyer.address} made an offer for something else.")
    if not delivered.same_asset(wanted) or delivered.value < wanted.value:
        raise GatewayRefused("The wallet would deliver less than the price.")
    if (debit.asset, debit.scale) != (buyer.asset, buyer.scale) or debit.value == 0:
        raise GatewayUnavailable(f"{buyer.address} wants to be debited in something else than it holds.")
    return Quote(buyer.owns(document.get("id")), debit, moment_of(document.get("expiresAt")))
