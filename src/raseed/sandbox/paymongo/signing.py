"""PayMongo's webhook signature, written from its documentation alone.

`t=<unix seconds>,te=<hex>,li=<hex>`; the signature of the other mode is empty; the signed text is
`t`, a full stop and the raw body. https://developers.paymongo.com/docs/securing-webhook
"""

from __future__ import annotations

import hashlib
import hmac


def signature_header(secret: str, body: bytes, at: int, *, livemode: bool) -> str:
    """The value of `Paymongo-Signature` for a body sent at `at` (unix seconds)."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},te=,li={digest}" if livemode else f"t={at},te={digest},li="


def corrupted(header: str) -> str:
    """The same header with one wrong digit in the signature."""
    parts = [part.partition("=") for part in header.split(",")]
    changed = []
    for name, _, value in parts:
        spoilt = ("1" if value[0] == "0" else "0") + value[1:] if name != "t" and value else value
        changed.append(f"{name}={spoilt}")
    return ",".join(changed)
