"""Test cards. Dates and codes are good whatever today's date is.

The first three are Paymob's (https://developers.paymob.com/paymob-docs/need-help/faq/test-credentials); which
of them asks for 3-D Secure is our choice. Those of noughts are the ones that shops have long tested with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from raseed.sandbox.paymob.vocabulary import ERROR, OUTCOMES, PLAIN_DECLINE

ONE_TIME_PASSWORD = "1234"  # noqa: S105
#: what Paymob states today, what it stated before, and with which security code
DATES = ("01/39", "12/25")
CODE = "123"


class Card(NamedTuple):
    """A card that the sandbox knows. `does`: approve | decline | ask (for a one-time password)."""

    number: str
    brand: str
    does: str

    @property
    def spaced(self) -> str:
        return " ".join(self.number[start : start + 4] for start in range(0, 16, 4))

    @property
    def masked(self) -> str:
        return f"{self.number[:6]}xxxxxx{self.number[-4:]}"


CARDS = (
    Card("5123456789012346", "MasterCard", "approve"),
    Card("4111111111111111", "Visa", "approve"),
    Card("5123450000000008", "MasterCard", "ask"),
    Card("0000000000000000", "Visa", "approve"),
    Card("0000000000001111", "Visa", "decline"),
    Card("0000000000002222", "Visa", "ask"),
)
USUAL = CARDS[0]


def known(number: str) -> Card | None:
    """The test card with this number, however it is spaced."""
    digits = re.sub(r"[ -]", "", number)
    return next((card for card in CARDS if card.number == digits), None)


def decided(card: Card, form: Mapping[str, str]) -> str:
    """What the bank makes of it: "" approves, "ask" wants a password, else the code of a failure.

    A wrong date or security code fails; so does a holder called like a code, such as INSUFFICIENT_FUNDS.
    """
    if form.get("card_cvn", "").strip() != CODE:
        return "INVALID_CSC"
    if _date(form) not in DATES:
        return "EXPIRED_CARD"
    holder = re.sub(r"[^A-Z]+", "_", form.get("card_holdername", "").strip().upper())
    if holder in OUTCOMES or holder == ERROR:
        return holder
    return {"approve": "", "decline": PLAIN_DECLINE, "ask": "ask"}[card.does]


def _date(form: Mapping[str, str]) -> str:
    month = form.get("card_expiry_mm", "").strip()
    year = form.get("card_expiry_yy", "").strip()
    return f"{month.zfill(2)}/{year[-2:]}"
