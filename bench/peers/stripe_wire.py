"""Stripe's events as its API reference shows them, and its signature.

https://docs.stripe.com/api/checkout/sessions/object, https://docs.stripe.com/webhooks#verify-manually
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.peers.delivery import Delivery

SECRET = "whsec_of_the_measurement"  # noqa: S105  (known to nobody but the two sides of a measurement)
API_VERSION = "2026-05-27.dahlia"
CURRENCY = "usd"
Json = dict[str, Any]


def sign(body: bytes, at: int) -> Mapping[str, str]:
    """`Stripe-Signature`: HMAC-SHA256 over time, full stop and body."""
    digest = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={at},v1={digest}"}


@dataclass(frozen=True)
class Purchase:
    """One checkout at Stripe: the ids of its objects come out of its number."""

    number: str
    client_reference_id: str
    minor: int

    @property
    def session_id(self) -> str:
        """The checkout session."""
        return f"cs_test_{self.number}"

    @property
    def intent_id(self) -> str:
        """The payment intent behind it."""
        return f"pi_{self.number}"

    @property
    def charge_id(self) -> str:
        """The one movement of money."""
        return f"ch_{self.number}"

    def session(self, status: str, payment_status: str) -> Json:
        """The checkout session as it stands."""
        return {
            "id": self.session_id,
            "object": "checkout.session",
            "amount_subtotal": self.minor,
            "amount_total": self.minor,
            "client_reference_id": self.client_reference_id,
            "created": int(time.time()),
            "currency": CURRENCY,
            "customer": None,
            "customer_details": {"email": "payer@shop.example"},
            "expires_at": int(time.time()) + 86_400,
            "livemode": False,
            "metadata": {},
            "mode": "payment",
            "payment_intent": self.intent_id if payment_status == "paid" else None,
            "payment_method_types": ["card"],
            "payment_status": payment_status,
            "status": status,
            "success_url": "https://shop.example/success/",
            "cancel_url": "https://shop.example/failure/",
            "url": None,
        }

    def intent(self) -> Json:
        """The payment intent of a paid session."""
        return {
            "id": self.intent_id,
            "object": "payment_intent",
            "amount": self.minor,
            "amount_capturable": 0,
            "amount_received": self.minor,
            "capture_method": "automatic",
            "client_secret": f"{self.intent_id}_secret",
            "confirmation_method": "automatic",
            "created": int(time.time()),
            "currency": CURRENCY,
            "customer": None,
            "latest_charge": self.charge_id,
            "livemode": False,
            "metadata": {},
            "payment_method": None,
            "payment_method_types": ["card"],
            "status": "succeeded",
        }

    def charge(self, *, refunded: bool) -> Json:
        """The charge, before or after it was refunded in full."""
        return {
            "id": self.charge_id,
            "object": "charge",
            "amount": self.minor,
            "amount_captured": self.minor,
            "amount_refunded": self.minor if refunded else 0,
            "balance_transaction": None,
            "billing_details": {},
            "captured": True,
            "created": int(time.time()),
            "currency": CURRENCY,
            "customer": None,
            "disputed": False,
            "invoice": None,
            "livemode": False,
            "metadata": {},
            "paid": True,
            "payment_intent": self.intent_id,
            "payment_method": None,
            "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
            "refunded": refunded,
            "status": "succeeded",
        }


def event(path: str, kind: str, carried: Json) -> Delivery:
    """A signed event of this kind about this object. The same object and kind give the same event id."""
    document = {
        "id": f"evt_{kind.replace('.', '_')}_{carried['id']}",
        "object": "event",
        "api_version": API_VERSION,
        "created": int(time.time()),
        "data": {"object": carried},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    return Delivery(path, json.dumps(document).encode(), sign)
