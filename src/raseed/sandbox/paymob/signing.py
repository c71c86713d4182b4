"""Paymob's signatures, written from its documentation alone.

HMAC-SHA512 over the values of certain members, joined with nothing between, as lower-case hex.
https://developers.paymob.com/paymob-docs/webhook-callbacks-and-hmac/hmac
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

TRANSACTION = (
    "amount_cents", "created_at", "currency", "error_occured", "has_parent_transaction", "id",
    "integration_id", "is_3d_secure", "is_auth", "is_capture", "is_refunded", "is_standalone_payment",
    "is_voided", "order", "owner", "pending", "source_data.pan", "source_data.sub_type", "source_data.type",
    "success",
)  # fmt: skip
TOKEN = ("card_subtype", "created_at", "email", "id", "masked_pan", "merchant_id", "order_id", "token")


def transaction_hmac(obj: Mapping[str, Any], secret: str) -> str:
    """Of the `obj` of a callback, and of each element of a split payment."""
    flat = {**obj, "order": obj["order"]["id"]}
    flat |= {f"source_data.{name}": value for name, value in obj["source_data"].items()}
    return digest((flat[name] for name in TRANSACTION), secret)


def query_hmac(query: Mapping[str, object], secret: str) -> str:
    """Of the browser's redirect, whose values are text already."""
    return digest((query[name] for name in TRANSACTION), secret)


def token_hmac(obj: Mapping[str, Any], secret: str) -> str:
    """Of the `obj` of a saved card."""
    return digest((obj[name] for name in TOKEN), secret)


def digest(values: Iterable[object], secret: str) -> str:
    """128 hex digits."""
    message = "".join(map(text_of, values))
    return hmac.new(secret.encode(), message.encode(), hashlib.sha512).hexdigest()


def text_of(value: object) -> str:
    """As Paymob renders it: true and false in small letters, nothing for null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def corrupted(signature: str) -> str:
    """The same with one wrong digit."""
    return ("1" if signature[0] == "0" else "0") + signature[1:]


def sealed(claims: Mapping[str, Any], key: str) -> str:
    """Auth tokens and payment keys: the base64 of a JSON web token signed with HS512."""
    parts = ({"alg": "HS512", "typ": "JWT"}, claims)
    text = ".".join(_unpadded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    seal = hmac.new(key.encode(), text.encode(), hashlib.sha512).digest()
    return base64.b64encode(f"{text}.{_unpadded(seal)}".encode()).decode()


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
