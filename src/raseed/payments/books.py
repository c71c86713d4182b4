"""Names of the ledger's accounts that are neither a gateway's nor a purpose's. Pure."""

from __future__ import annotations

#: Where money is that came or went by hand: an account's name in rows and in the ledger, of no gateway.
BY_HAND = "by-hand"

#: How the account of a wallet begins; the owner's key follows.
WALLET = "wallet:"

#: What owners of wallets owe us: their money went back when they had spent it already.
RECEIVABLE = "receivable"


def is_gateways(account: str) -> bool:
    """Whether an account in a charge's or refund's row is one of a gateway."""
    return account != BY_HAND and not account.startswith(WALLET)
