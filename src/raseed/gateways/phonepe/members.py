"""Reading PhonePe's documents without trusting their shape: PhonePe says that members come and change."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from raseed.core.money import Money
from raseed.gateways import members
from raseed.gateways.members import text
from raseed.gateways.phonepe.vocabulary import CURRENCY

_IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,100}")

#: Members that help a person and hold neither secrets nor personal data; copied into Fact.raw.
_SHOWN = (
    "orderId",
    "refundId",
    "state",
    "code",
    "responseCode",
    "amount",
    "payableAmount",
    "feeAmount",
    "paymentMode",
    "errorCode",
    "detailedErrorCode",
)

#: Epoch times are milliseconds in orders and seconds in some of PhonePe's own samples; what is smaller
#: than the year 2001 in seconds is no time.
_FIRST_SECONDS, _FIRST_MILLISECONDS = 10**9, 10**11


class Members(members.Members):
    """A JSON object of PhonePe's: ids are texts, moments epochs, amounts paise."""

    __slots__ = ()

    def ref(self, name: str) -> str | None:
        """A member that is an id, or None."""
        value = self._members.get(name)
        return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else None

    def money(self) -> Money | None:
        """`amount` in paise, or in the smallest unit of `currency` where one is stated."""
        return members.money(self.get("amount"), self._members.get("currency", CURRENCY) or CURRENCY)

    def moment(self, name: str) -> datetime | None:
        """An epoch time as an aware moment."""
        value = self._members.get(name)
        if type(value) is not int or value < _FIRST_SECONDS:
            return None
        try:
            return datetime.fromtimestamp(value / 1000 if value >= _FIRST_MILLISECONDS else value, UTC)
        except (ValueError, OverflowError, OSError):
            return None

    def shown(self) -> dict[str, Any]:
        """A small part of it for people to look at."""
        plain = {name: self._members.get(name) for name in _SHOWN}
        return {name: value for name, value in plain.items() if type(value) is int or text(value)}
