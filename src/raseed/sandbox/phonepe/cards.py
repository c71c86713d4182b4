"""PhonePe's test cards. Their dates are good whatever today's date is.

https://developer.phonepe.com/payment-gateway/uat-testing-go-live/uat-sandbox
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

ONE_TIME_PASSWORD = "123456"  # noqa: S105


class Card(NamedTuple):
    """A card that the sandbox knows."""

    number: str
    kind: str
    name: str
    expiry: str
    cvv: str

    @property
    def spaced(self) -> str:
        return " ".join(self.number[start : start + 4] for start in range(0, 16, 4))


CARDS = (
    Card("4208585190116667", "CREDIT_CARD", "Credit card", "06/27", "508"),
    Card("4242424242424242", "DEBIT_CARD", "Debit card", "12/27", "936"),
)


def row(number: str) -> Card | None:
    """The test card with this number, however it is spaced."""
    digits = re.sub(r"[ -]", "", number)
    return next((card for card in CARDS if card.number == digits), None)


def is_right(form: Mapping[str, str]) -> bool:
    """Whether date and security code belong to the card."""
    card = row(form.get("card_number", ""))
    expiry = re.sub(r"[^0-9]", "", form.get("expiry", ""))
    stated = f"{expiry[:2]}/{expiry[-2:]}"
    return card is not None and (stated, form.get("cvv", "").strip()) == (card.expiry, card.cvv)
