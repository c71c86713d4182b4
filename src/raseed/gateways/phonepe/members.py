"""Reading PhonePe's documents without trusting their shape: PhonePe says that members come and change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from raseed.core.errors import MoneyError
from raseed.core.money import Money
from raseed.gateways.phonepe.vocabulary import CURRENCY

LONGEST_TEXT = 255

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


class Members:
    """A JSON object whose members may be missing, null, or of another kind than the documents say."""

    __slots__ = ("_members",)

    def __init__(self, members: Any) -> None:
        self._members: Mapping[str, Any] = members if isinstance(members, Mapping) else {}

    def __bool__(self) -> bool:
        return bool(self._members)

    def __contains__(self, name: str) -> bool:
        """Whether it is there and not null."""
        return self._members.get(name) is not None

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str:
        """A printable text, or an empty one."""
        return text(self._members.get(name), longest)

    def ref(self, name: str) -> str | None:
        """A member that is an id, or None."""
        value = self._members.get(name)
        return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else None

    def money(self) -> Money | None:
        """`amount` in paise, or in the smallest unit of `currency` where one is stated."""
        minor, currency = self._members.get("amount"), self._members.get("currency", CURRENCY)
        if type(minor) is not int or not isinstance(currency or CURRENCY, str):
            return None
        try:
            return Money(minor, currency or CURRENCY)
        except MoneyError:
            return None

    def moment(self, name: str) -> datetime | None:
        """An epoch time as an aware moment."""
        value = self._members.get(name)
        if type(value) is not int or value < _FIRST_SECONDS:
            return None
        try:
            return datetime.fromtimestamp(value / 1000 if value >= _FIRST_MILLISECONDS else value, UTC)
        except (ValueError, OverflowError, OSError):
            return None

    def child(self, name: str) -> Members:
        """An object inside this one; empty where there is none."""
        return Members(self._members.get(name))

    def children(self, name: str) -> list[Members]:
        """The objects of a list inside this one."""
        value = self._members.get(name)
        return (
            [Members(item) for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
        )

    def shown(self) -> dict[str, Any]:
        """A small part of it for people to look at."""
        plain = {name: self._members.get(name) for name in _SHOWN}
        return {name: value for name, value in plain.items() if type(value) is int or text(value)}


def text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """A printable text, or an empty one: no NUL, no half of a character."""
    return value if isinstance(value, str) and len(value) <= longest and value.isprintable() else ""
