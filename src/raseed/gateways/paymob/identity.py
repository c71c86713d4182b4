"""Whose transactions an account takes for its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from raseed.gateways.paymob.members import id_of
from raseed.gateways.paymob.transactions import Transaction


@dataclass(frozen=True)
class Identity:
    """What the account must be, where its settings say so: empty and None compare nothing."""

    integrations: frozenset[str] = frozenset()
    owner: str | None = None
    merchant: str | None = None
    livemode: bool | None = None

    def is_merchant(self, card: Mapping[str, Any]) -> bool:
        """Whether a card is told as kept for this merchant."""
        return self.merchant in {None, id_of(card.get("merchant_id"))}

    def doubt(self, told: Transaction) -> str:
        """Why a signed transaction proves nothing here, or an empty text.

        Digits can move between `id` and `integration_id`, and between the order's id and `owner`.
        """
        if self.integrations and told.integration not in self.integrations:
            return f"integration {told.integration} is not among this account's INTEGRATION_IDS"
        if self.owner is not None and told.owner != self.owner:
            return f"owner {told.owner} is not this account's"
        if None not in (self.livemode, told.is_live) and told.is_live is not self.livemode:
            return f"it says is_live {told.is_live}, and this account is the other mode"
        return ""
