"""Amounts as customers write them, in the language of the page."""

from __future__ import annotations

from django.utils.formats import number_format

from raseed.core.money import Money

#: Signs that mean one currency only, wherever they are read; all others are named by their code.
_SIGNS = {"PHP": "₱", "INR": "₹", "EUR": "€", "GBP": "£", "NGN": "₦", "KRW": "₩", "VND": "₫", "THB": "฿"}


def amount_text(money: Money) -> str:
    """`Money(125000, "PHP")` is "₱1,250.00" in English; "KWD 2.500" where no sign is unmistakable."""
    decimals = -int(money.amount.as_tuple().exponent)
    number = number_format(money.amount, decimal_pos=decimals, use_l10n=True, force_grouping=True)
    sign = _SIGNS.get(money.currency)
    return f"{sign}{number}" if sign else f"{money.currency}\u00a0{number}"
