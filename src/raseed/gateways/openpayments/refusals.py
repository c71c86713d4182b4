"""What a wallet's "no" means: the error to raise, and the few refusals after which we go on differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raseed.core.errors import GatewayRefused
from raseed.gateways.openpayments.vocabulary import AUTH_REFUSALS, QUOTE_OVER, RESOURCE_REFUSALS

_LONGEST = 200


def refusal(status: int, document: Mapping[str, Any]) -> GatewayRefused:
    """The error for an answer that says no. `code` is the wallet's word, `detail` its text, for staff."""
    error = document.get("error")
    said = error if isinstance(error, Mapping) else {}
    code, detail = _text(said.get("code")), _text(said.get("description"))
    message = AUTH_REFUSALS.get(code)
    if message is None:
        lower = detail.lower()
        fitting = (sentence for part, sentence in RESOURCE_REFUSALS if part in lower)
        message = next(fitting, f"The wallet refused the request (status {status}).")
    return GatewayRefused(message, code=code, status=status, detail=detail, is_temporary=code == "too_fast")


class NoToken(GatewayRefused):
    """The wallet gives us no token: that says nothing about what we wanted one for."""


def is_token_trouble(refused: GatewayRefused) -> bool:
    """The token is expired, rotated or revoked. Rafiki: 401 Invalid Token, 403 Inactive Token."""
    return refused.status in {401, 403} and "token" in refused.detail.lower()


def is_gone(refused: GatewayRefused) -> bool:
    """There is no such resource (any more). Rafiki says 401 Unauthorized instead of 404."""
    if isinstance(refused, NoToken):
        return False
    unauthorized = refused.status == 401 and refused.detail.strip().lower() == "unauthorized"
    return refused.status == 404 or unauthorized


def is_quote_trouble(refused: GatewayRefused) -> bool:
    """This quote cannot be paid with: it is over, or was used."""
    return refused.status in {400, 404} and any(part in refused.detail.lower() for part in QUOTE_OVER)


def _text(value: Any) -> str:
    """A wallet's word, fit for a log and a page."""
    if not isinstance(value, str):
        return ""
    return "".join(letter if letter.isprintable() else " " for letter in value)[:_LONGEST]
