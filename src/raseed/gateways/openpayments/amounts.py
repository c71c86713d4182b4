"""Amounts: integers at a wallet's own scale, and our money. Nothing is ever rounded up.

`{"value": "2600", "assetCode": "USD", "assetScale": 2}`: value is an unsigned 64-bit integer as text, and
the money is value / 10^assetScale. Source: https://openpayments.dev/concepts/amounts
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.core.money import Money, exponent

GREATEST_VALUE = 2**64 - 1
GREATEST_SCALE = 255

_DIGITS = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True)
class Amount:
    """`value` units of 10^-`scale` of an asset. The asset may be no currency of ISO 4217."""

    value: int
    asset: str
    scale: int

    def __str__(self) -> str:
        whole, part = divmod(self.value, 10**self.scale)
        return f"{self.asset} {whole}" + (f".{part:0{self.scale}d}" if self.scale else "")

    def document(self) -> dict[str, Any]:
        """As it is sent and kept."""
        return {"value": str(self.value), "assetCode": self.asset, "assetScale": self.scale}

    def same_asset(self, other: Amount) -> bool:
        """Only amounts of one asset at one scale can be compared."""
        return (self.asset, self.scale) == (other.asset, other.scale)

    def money(self) -> Money:
        """The same as money; what is smaller than the currency's smallest unit is left out.

        Raises MoneyError for an asset that is no currency.
        """
        shift = self.scale - exponent(self.asset)
        return Money(self.value // 10**shift if shift > 0 else self.value * 10**-shift, self.asset)


def amount_of(value: Any) -> Amount:
    """An amount a wallet sent. Raises GatewayUnavailable for anything that is none."""
    said = value if isinstance(value, dict) else {}
    digits, asset, scale = said.get("value"), said.get("assetCode"), said.get("assetScale")
    if not (isinstance(digits, str) and _DIGITS.fullmatch(digits) and int(digits) <= GREATEST_VALUE):
        raise GatewayUnavailable("the wallet states an amount that is no whole number of 64 bits.")
    if not (isinstance(asset, str) and 0 < len(asset) <= 32 and asset.isascii() and asset.isprintable()):
        raise GatewayUnavailable("the wallet states an amount of no asset.")
    if type(scale) is not int or not 0 <= scale <= GREATEST_SCALE:
        raise GatewayUnavailable("the wallet states an amount without a scale.")
    return Amount(int(digits), asset, scale)


def amount_in(money: Money, asset: str, scale: int) -> Amount:
    """A price at a wallet's scale. Raises GatewayRefused where the wallet cannot express it exactly."""
    if money.currency != asset:
        raise GatewayRefused(f"The wallet to be paid holds {asset}; the price is in {money.currency}.")
    shift = scale - exponent(money.currency)
    value, rest = divmod(money.minor * 10 ** max(shift, 0), 10 ** max(-shift, 0))
    if rest:
        raise GatewayRefused(
            f"The wallet to be paid counts {asset} with {scale} decimals: {money} does not fit."
        )
    if value > GREATEST_VALUE:
        raise GatewayRefused(f"{money} is more than a wallet can count.")
    return Amount(value, asset, scale)
