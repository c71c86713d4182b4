"""Paymob's refusals in sentences fit for a shopkeeper, and why an attempt failed for the customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from raseed.core.errors import GatewayRefused

STATUSES: Mapping[int, str] = {
    401: "Paymob does not accept the account's credentials.",
    403: "Paymob does not accept the account's credentials.",
    404: "Paymob knows no such thing, or the integration belongs to another account or mode.",
    406: "Paymob says that the items do not add up to the amount.",
}

#: Pieces of Paymob's texts (it has no stable codes), in small letters, and what they mean.
TEXTS: tuple[tuple[str, str], ...] = (
    ("requested refund amount is greater", "That is more than Paymob has left to refund of this payment."),
    ("capture amount cannot exceed", "That is more than is held."),
    ("invalid transaction id", "Paymob holds no money under this transaction."),
    (
        "integration id/name does not exist",
        "Paymob does not know the integration: check INTEGRATION_IDS and mode.",
    ),
    ("duplicate", "Paymob has an order under this reference already."),
    ("unmatched_item_prices", "Paymob says that the items do not add up to the amount."),
    ("phone_number", "Paymob needs the payer's phone number."),
    ("incorrect credentials", "Paymob does not accept the account's credentials."),
)

#: Members of a refusal that carry its text, in the order in which Paymob's own plugin reads them.
_MEMBERS = ("amount_cents", "detail", "message", "amount", "billing_data", "items", "integrations", "code")

#: Codes of banks (letters) and acquirers (digits).
DECLINES: Mapping[str, str] = {
    "DECLINED": "The bank declined the payment.",
    "INSUFFICIENT_FUNDS": "There is not enough money in the account.",
    "AUTHENTICATION_FAILED": "The bank's check of the card's owner failed.",
    "NOT_ENROLLED": "The bank's check of the card's owner failed.",
    "EXPIRED_CARD": "The card has expired.",
    "TIMED_OUT": "The payment was not completed in time.",
    "CANCELLED": "The payment was cancelled.",
    "BLOCKED": "The bank declined the payment.",  # whoever holds the card is told no more
    "INVALID_CSC": "The card's security code was wrong.",
    "05": "The bank declined the payment.",
    "14": "The card number is not valid.",
    "51": "There is not enough money in the account.",
    "54": "The card has expired.",
    "55": "The PIN was wrong.",
}


def decline(codes: Sequence[str]) -> str:
    """One sentence about a failed attempt; of its codes the most telling one that is known."""
    known = [DECLINES[code] for code in codes if code in DECLINES]
    plain = DECLINES["DECLINED"]
    return next((said for said in known if said != plain), plain if known else "The payment attempt failed.")


def refusal(status: int, document: Any) -> GatewayRefused:
    """The error for an answer of 4xx, whichever of its four shapes it has."""
    said = text_of(document)
    known = next((sentence for piece, sentence in TEXTS if piece in said.lower()), "")
    return GatewayRefused(
        known or STATUSES.get(status) or "Paymob refused the request.",
        code=_code(document),
        status=status,
        detail=said,
        is_temporary=status in {401, 403},
    )


def text_of(document: Any) -> str:
    """The text of a refusal: `{detail}`, `{message}`, `{field: [text]}` or `{object: {field: [text]}}`."""
    if not isinstance(document, Mapping):
        return ""
    first = [name for name in _MEMBERS if name in document]
    names = [*first, *(name for name in document if name not in first)]
    return _plain(": ".join(filter(None, (_text(document[name], str(name)) for name in names[:4]))))


def _text(value: Any, name: str, depth: int = 0) -> str:
    if isinstance(value, str):
        return value if name in {"detail", "message", "code"} else f"{name}: {value}"
    if isinstance(value, list) and value and depth < 3:
        return _text(value[0], name, depth + 1)
    if isinstance(value, Mapping) and value and depth < 3:
        inner = next(iter(value))
        return f"{name}: {_text(value[inner], str(inner), depth + 1)}"
    return ""


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text[:255])


def _code(document: Any) -> str:
    code = document.get("code") if isinstance(document, Mapping) else None
    return _plain(code[:64]) if isinstance(code, str) else ""
