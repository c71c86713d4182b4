"""Where Paymob works: prefix of the keys, currency, decimals and clock of each country.

Paymob's own plugins name hosts, prefixes and the factor of 1000 for Oman. In recorded traffic Egypt's times
carry no offset; those of the Emirates, Saudi Arabia and Oman do.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import NamedTuple


class Country(NamedTuple):
    """`decimals`: of an amount's integer. `hours`: ahead of UTC. `offset`: whether times state it."""

    code: str
    currency: str
    decimals: int
    hours: int
    offset: bool

    def moment(self, at: float) -> str:
        """Unix seconds as Paymob writes them; without a fraction where there is none."""
        local = datetime.fromtimestamp(at, self._zone)
        return (local if self.offset else local.replace(tzinfo=None)).isoformat()

    def day(self, at: float) -> str:
        """The date there."""
        return datetime.fromtimestamp(at, self._zone).date().isoformat()

    @property
    def _zone(self) -> timezone:
        return timezone(timedelta(hours=self.hours))


#: by the first part of a key: egy_sk_test_…
COUNTRIES = {
    "egy": Country("EGY", "EGP", 2, 2, offset=False),
    "sau": Country("SAU", "SAR", 2, 3, offset=True),
    "are": Country("ARE", "AED", 2, 4, offset=True),
    "omn": Country("OMN", "OMR", 3, 4, offset=True),
    "pak": Country("PAK", "PKR", 2, 5, offset=True),
}
#: Paymob's plugin also takes these.
OTHER_PREFIXES = {"ksa": "sau", "uae": "are"}
CURRENCIES = {country.currency: country.decimals for country in COUNTRIES.values()} | {"USD": 2}


def prefix_of(text: str) -> str:
    """The prefix under which a country is listed; "" where it is none."""
    known = OTHER_PREFIXES.get(text, text)
    return known if known in COUNTRIES else ""
