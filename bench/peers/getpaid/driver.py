"""django-getpaid: its PayU backend, its callback address for each payment, and `post_save` of a paid one.

PayU signs with `OpenPayu-Signature`: SHA-256 over the body and the second key.
https://developers.payu.com/europe/docs/payment-flows/lifecycle/
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

from bench.peers.delivery import Delivery
from bench.peers.peer import PRICE_MINOR, Books, Checkout, Peer, Standing

SECOND_KEY = "second-key-of-the-measurement"

_STANDINGS = {
    "new": Standing.OPEN,
    "prepared": Standing.OPEN,
    "pre-auth": Standing.OPEN,
    "charge_started": Standing.OPEN,
    "partially_paid": Standing.HELD,
    "paid": Standing.PAID,
    "refund_started": Standing.REFUNDED,
    "refunded": Standing.REFUNDED,
    "failed": Standing.ENDED,
    "cancelled": Standing.ENDED,
}


def sign(body: bytes, at: int) -> Mapping[str, str]:
    """PayU signs no time."""
    digest = hashlib.sha256(body + SECOND_KEY.encode()).hexdigest()
    return {"OpenPayu-Signature": f"sender=checkout;signature={digest};algorithm=SHA-256;content=DOCUMENT"}


class Getpaid(Peer):
    """PayU carries the payment's number as `extOrderId`."""

    name = "django-getpaid"
    requirements = ("django-getpaid==3.2.0", "python-getpaid-payu==3.2.0")
    at_least = "3.12"
    reported = ("django-getpaid", "python-getpaid-core", "python-getpaid-payu", "django")

    notes = {
        "row": "a copy changes nothing, but the payment is saved again, and `post_save` is sent",
        "high": "more than was asked for is taken for a copy: answered 200, and kept nowhere",
        "refund-first": "a refund that comes first is taken for a copy: answered 200, and kept nowhere",
        "lost": "`payment.fetch_and_update_status()` asks PayU, when your code calls it",
    }

    def settings(self) -> Mapping[str, str]:
        return {"PEER_PAYU_KEY": SECOND_KEY}

    def paid(self, checkout: Checkout, minor: int = PRICE_MINOR) -> Delivery:
        return self._notification(checkout, {"order": _order(checkout, "COMPLETED", minor)})

    def expired(self, checkout: Checkout) -> Delivery:
        return self._notification(checkout, {"order": _order(checkout, "CANCELED", PRICE_MINOR)})

    def refunded(self, checkout: Checkout) -> Delivery:
        refund = {
            "refundId": f"{checkout.order}001",
            "amount": str(PRICE_MINOR),
            "currencyCode": "PLN",
            "status": "FINALIZED",
            "reason": "refund",
        }
        numbers = {"orderId": _number(checkout), "extOrderId": checkout.ids["payment"]}
        return self._notification(checkout, {**numbers, "refund": refund})

    def announced(self) -> Checkout:
        return Checkout(0, {"payment": str(uuid.uuid4())})

    def pay_silently(self, checkout: Checkout) -> None:
        """Nothing to imitate: the package has no process that would ask PayU."""

    def asked(self, checkout: Checkout) -> int:
        """Its API address is fixed to PayU's own, which cannot be reached; nothing calls it by itself."""
        return 0

    def books(self, checkout: Checkout) -> Books:
        word = self.one("SELECT status FROM getpaid_payment WHERE id = %s", checkout.ids["payment"])
        return Books(_STANDINGS[word], word) if word else Books(Standing.NONE, "unknown")

    def _notification(self, checkout: Checkout, document: Mapping[str, Any]) -> Delivery:
        path = f"/payments/callback/{checkout.ids['payment']}/"
        return Delivery(path, json.dumps(document).encode(), sign)


def _order(checkout: Checkout, status: str, minor: int) -> dict[str, Any]:
    return {
        "orderId": _number(checkout),
        "extOrderId": checkout.ids["payment"],
        "merchantPosId": "12345",
        "description": f"Order {checkout.order}",
        "currencyCode": "PLN",
        "totalAmount": str(minor),
        "status": status,
    }


def _number(checkout: Checkout) -> str:
    return "PAYU" + uuid.UUID(checkout.ids["payment"]).hex
