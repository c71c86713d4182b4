"""Webhooks of our own, signed by Standard Webhooks (version 1.0.0, symmetric): receivers have libraries.

Headers `webhook-id` (the same for each attempt), `webhook-timestamp` (of this attempt) and
`webhook-signature`. Source: spec/standard-webhooks.md in https://github.com/standard-webhooks/standard-webhooks.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from standardwebhooks.webhooks import Webhook

from raseed.core.errors import RefusedNotice, Undelivered, Unreachable
from raseed.outgoing.http import LOOPBACK, exchange

#: A secret is this prefix and base64 of 24 to 64 random bytes.
SECRET_PREFIX = "whsec_"  # noqa: S105 the prefix, not a secret
_SECRET_BYTES = range(24, 65)

_GONE = 410


def checked_url(url: str) -> str:
    """The address, if a webhook may go there. Raises RefusedNotice."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and not (parts.username or parts.password or parts.fragment)
        nearby = parts.hostname in LOOPBACK
    except ValueError:
        usable = nearby = False
    if not usable or not (parts.scheme == "https" or (parts.scheme == "http" and nearby)):
        raise RefusedNotice(
            "a webhook goes to an https address without a password in it, or to http on this machine."
        )
    return url


def checked_secret(secret: str) -> str:
    """The secret, if it is one by the specification. Raises RefusedNotice, whose text does not show it."""
    encoded = secret.removeprefix(SECRET_PREFIX)
    try:
        size = len(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if encoded == secret or size not in _SECRET_BYTES:
        raise RefusedNotice(
            "the secret of a webhook is whsec_ and base64 of 24 to 64 random bytes. Make one with: python -c "
            "'import base64, os; print(\"whsec_\" + base64.b64encode(os.urandom(32)).decode())'"
        )
    return secret


def post(url: str, secret: str, message_id: str, body: str, sent_at: datetime, http: Any = None) -> None:
    """Deliver one message; `sent_at` is signed, so it must be the receiver's present (aware, UTC).

    Raises Undelivered; it is permanent where the receiver says that it wants no more (410).
    """
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, sent_at, body),
    }
    try:
        answer = exchange("POST", url, headers=headers, body=body.encode(), http=http)
    except Unreachable as error:
        raise Undelivered(str(error)) from error
    if 200 <= answer.status < 300:
        return
    why = f"the receiver answered {answer.status}"
    if 300 <= answer.status < 400:
        why += "; redirects are not followed, so correct the address"
    raise Undelivered(
        f"{why}.",
        is_permanent=answer.status == _GONE,
        retry_after_seconds=_seconds(answer.headers.get("retry-after", "")),
    )


def _seconds(value: str) -> int | None:
    """The delay form of Retry-After; the date form is of no use to a clock that may be another."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 7 else None
