"""A callback of Paymob's that somebody else wrote: with the account's HMAC secret, or with a guess."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2

#: The members of a transaction that are signed but for those of its order and its source, in Paymob's order.
BEFORE_ORDER = (
    "amount_cents", "created_at", "currency", "error_occured", "has_parent_transaction", "id",
    "integration_id", "is_3d_secure", "is_auth", "is_capture", "is_refunded", "is_standalone_payment",
    "is_voided",
)  # fmt: skip
AFTER_ORDER = ("owner", "pending")
SOURCE = ("pan", "sub_type", "type")
FALSE = ("error_occured", "has_parent_transaction", "is_3d_secure", "is_auth", "is_capture", "is_refunded",
         "is_voided", "pending")  # fmt: skip


@dataclass(frozen=True)
class Callbacks:
    """Where the shop takes callbacks, its secret, and what its genuine ones say of the merchant."""

    url: str
    secret: str
    integration: int
    owner: int

    def say(self, order: str, minor: int, *, success: bool, at: datetime, secret: str) -> int:
        """Tell of a transaction of the order that never was; the status of the answer. Empty secret: ours."""
        told = {
            **dict.fromkeys(FALSE, False),
            "id": 10**9 + secrets.randbelow(10**9),
            "amount_cents": minor,
            "created_at": at.strftime("%Y-%m-%dT%H:%M:%S"),
            "currency": "EGP",
            "integration_id": self.integration,
            "is_standalone_payment": True,
            "order": {"id": int(order)},
            "owner": self.owner,
            "source_data": {"type": "card", "pan": "0000", "sub_type": "MasterCard"},
            "success": success,
        }
        signature = _signed(told, secret or self.secret)
        body = {"type": "TRANSACTION", "obj": told}
        with httpx2.Client(trust_env=False) as client:
            return client.post(f"{self.url}?hmac={signature}", json=body).status_code


def _signed(told: dict[str, Any], secret: str) -> str:
    values = [*(told[name] for name in BEFORE_ORDER), told["order"]["id"]]
    values += [told[name] for name in AFTER_ORDER]
    values += [*(told["source_data"][name] for name in SOURCE), told["success"]]
    text = "".join(str(value).lower() if isinstance(value, bool) else str(value) for value in values)
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()
