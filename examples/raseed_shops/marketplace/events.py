"""What a payments service says: the document of `payment.completed`, and whether it is signed.

Signed by Standard Webhooks (https://www.standardwebhooks.com) with the secret that both sides share.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

COMPLETED = "payment.completed"
PAID = "paid"
_REQUIRED = ("pendingId", "offerId", "status", "timestamp")
_LONGEST = 255


class Refused(Exception):
    """A delivery that is not taken: the HTTP status and why, for whoever sent it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Completed:
    """One payment is complete, says the sender. `outgoing_payment_id` is empty where it is not stated."""

    pending_id: str
    offer_id: str
    outgoing_payment_id: str


def read(body: bytes) -> Completed:
    """The document of a delivery. Raises Refused with 400 for every other shape."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(document, dict):
        raise Refused(400, "the body is not a JSON object")
    if "type" not in document:
        raise Refused(400, "missing field: type")
    if document["type"] != COMPLETED:
        raise Refused(400, f"unknown type; this address takes {COMPLETED}")
    missing = [name for name in _REQUIRED if document.get(name) in (None, "")]
    if missing:
        raise Refused(400, f"missing field: {', '.join(missing)}")
    if document["status"] != PAID:
        raise Refused(400, f"unknown status; {COMPLETED} has {PAID!r}")
    if not _is_moment(document["timestamp"]):
        raise Refused(400, "timestamp is no moment, such as 2026-01-01T00:00:00Z")
    return Completed(
        pending_id=_text(document, "pendingId"),
        offer_id=_text(document, "offerId"),
        outgoing_payment_id=_text(document, "outgoingPaymentId") if document.get("outgoingPaymentId") else "",
    )


def is_signed(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the sender knows the secret. Raises Refused with 401 where it pretends to.

    Without signature, or where this shop has no secret, anybody may have written it: False.
    """
    given = {name.lower(): value for name, value in headers.items()}
    if not settings.MARKETPLACE["WEBHOOK_SECRETS"] or "webhook-signature" not in given:
        return False
    for secret in settings.MARKETPLACE["WEBHOOK_SECRETS"]:
        try:
            Webhook(secret).verify(body, given)
        except (WebhookVerificationError, ValueError):
            continue
        return True
    raise Refused(401, "the signature was not made with our secret, or is too old")


def _text(document: dict[str, Any], name: str) -> str:
    value = document[name]
    if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > _LONGEST:
        raise Refused(400, f"{name} is no text")
    text = str(value)
    if not text.isprintable():
        raise Refused(400, f"{name} is no text")
    return text


def _is_moment(value: object) -> bool:
    """ISO 8601 text, or seconds or milliseconds since 1970."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value > 0
    try:
        return isinstance(value, str) and parse_datetime(value) is not None
    except ValueError:
        return False
