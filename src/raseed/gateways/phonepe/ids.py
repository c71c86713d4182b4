"""Ids of ours at PhonePe, and addresses made of them."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from raseed.gateways.phonepe.vocabulary import LONGEST_ID

_ID = re.compile(r"[A-Za-z0-9_-]+")


def path(*parts: str) -> str:
    """A path of these segments; whatever stands in one stays in it."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def refund_id(key: str, reference: str, version: str) -> str:
    """The id under which PhonePe knows a refund of ours: the key itself, where PhonePe takes it.

    Another key becomes a digest of key and payment, so that the same key always gives the same id.
    """
    if _ID.fullmatch(key) and len(key) <= LONGEST_ID[version]:
        return key
    return f"rf_{hashlib.sha256(f'{reference}:{key}'.encode()).hexdigest()[:28]}"


def page_url(value: object) -> str | None:
    """An address to send a browser to, exactly as given; None for anything else."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in {"http", "https"} and parts.hostname else None


def moment(seconds: object) -> datetime | None:
    """Epoch seconds, as tokens state them, as an aware moment."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if type(seconds) is int else None
    except (ValueError, OverflowError, OSError):
        return None
