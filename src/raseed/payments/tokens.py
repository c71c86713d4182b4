"""Signed links: whoever holds one may see how that payment stands, and nothing else."""

from __future__ import annotations

from django.core.signing import BadSignature, Signer

_SALT = "raseed.status"


def status_token(reference: str) -> str:
    """The signed form of a payment's reference."""
    return Signer(salt=_SALT).sign(reference)


def reference_of(token: str) -> str | None:
    """The reference in a token, or None if we did not sign it."""
    try:
        return Signer(salt=_SALT).unsign(token)
    except BadSignature:
        return None
