"""Money: an integer of minor units and its currency. No float ever becomes money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from iso4217 import Currency

from raseed.core.errors import MoneyError

#: What a signed 64-bit column holds; anything larger is a mistake, not a price.
LARGEST_MINOR = 2**63 - 1

#: An amount as text: plain ASCII digits. `Decimal` alone would also take "1_000", "1e3" and spaces.
_PLAIN_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")

#: More digits than any amount needs; keeps the arithmetic below small whatever comes in.
_LONGEST_AMOUNT = 40


def exponent(currency: str) -> int:
    """How many decimals an ISO 4217 currency has: PHP 2, JPY 0, KWD 3.

    Raises MoneyError for a code that is not in the ISO 4217 table, or that has no minor unit (XAU).
    """
    if not isinstance(currency, str):
        raise MoneyError(f"currency must be a text such as 'PHP', not {currency!r}.")
    return _exponent(currency)


@cache
def _exponent(currency: str) -> int:
    try:
        decimals = Currency(currency).exponent
    except ValueError:
        raise MoneyError(
            f"{currency!r} is not an ISO 4217 currency. Use the three-letter code in capitals, such as PHP."
        ) from None
    if decimals is None:
        raise MoneyError(f"{currency} has no minor unit in ISO 4217, so no amount can be stated in it.")
    return int(decimals)


@cache
def currencies() -> frozenset[str]:
    """Every currency of ISO 4217 that has a smallest unit."""
    return frozenset(currency.code for currency in Currency if currency.exponent is not None)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `minor` units (centavos, paise, baisa) of `currency` (ISO 4217, capitals).

    `Money(200, "PHP")` is two pesos. Amounts of different currencies never add or compare.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise MoneyError(
                f"minor units must be an int, not {type(self.minor).__name__} {self.minor!r}. "
                "Use Money.of('2.00', 'PHP') for an amount with decimals."
            )
        if abs(self.minor) > LARGEST_MINOR:
            raise MoneyError("so many minor units do not fit a 64-bit integer.")
        exponent(self.currency)

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Money:
        """The amount as people write it: `Money.of("2.00", "PHP").minor == 200`.

        Takes text, int or Decimal. Refuses floats, text that is not plain digits (signs of thousands,
        exponents, spaces), and more decimals than the currency has. Nothing is ever rounded.
        """
        if isinstance(amount, bool) or not isinstance(amount, (str, int, Decimal)):
            raise MoneyError(
                f"cannot make money of {type(amount).__name__} {amount!r}; "
                "pass text or Decimal, never a float."
            )
        if isinstance(amount, str) and not _PLAIN_AMOUNT.fullmatch(amount):
            raise MoneyError(f"{amount[:_LONGEST_AMOUNT]!r} is not an amount. Write it like '1250.00'.")
        value = Decimal(amount)
        if not value.is_finite():
            raise MoneyError(f"{amount!r} is not a finite amount.")
        return cls(_scaled(value, currency), currency)

    @property
    def amount(self) -> Decimal:
        """The amount with the currency's own number of decimals: `Decimal('2.00')`."""
        sign, digits, _ = Decimal(self.minor).as_tuple()
        return Decimal((sign, digits, -exponent(self.currency)))

    def __str__(self) -> str:
        return f"{self.currency} {self.amount:,f}"

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise MoneyError(f"{self} and {other} are of different currencies; convert one explicitly first.")

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        return self == other or self < other


def _scaled(value: Decimal, currency: str) -> int:
    """The amount in minor units. Integers only: Decimal arithmetic would round to the caller's context."""
    sign, digits, power = value.as_tuple()
    places = int(power)  # as_tuple() has letters here for infinity and NaN only
    if len(digits) + abs(places) > _LONGEST_AMOUNT:
        raise MoneyError(f"an amount of {len(digits)} digits times 10 to the {places} is not a price.")
    number = int("".join(map(str, digits)))
    shift = places + exponent(currency)
    minor, rest = divmod(number * 10 ** max(shift, 0), 10 ** max(-shift, 0))
    if rest:
        raise MoneyError(f"{value} has more decimals than {currency} has ({exponent(currency)}).")
    return int(-minor if sign else minor)
