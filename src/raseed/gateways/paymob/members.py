"""Reading Paymob's documents without trusting their shape: a member is a number here and a text there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from raseed.core.errors import MoneyError
from raseed.core.money import Money

LONGEST_TEXT = 255

#: Ids are whole numbers; 19 digits are a signed 64-bit one.
_ID = re.compile(r"[1-9][0-9]{0,18}")
_DIGITS = re.compile(r"0|[1-9][0-9]{0,18}")

#: Local time without an offset (Egypt), or with one; the fraction is left out where it is zero.
_CREATED_AT = re.compile(
    r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]{6})?([+-][0-9]{2}:[0-9]{2}|Z)?"
)

#: The one helper for flags: booleans in one API, and the texts of them in another.
_FLAGS = {True: True, "true": True, False: False, "false": False}


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

    def get(self, name: str) -> Any:
        """The member as it came."""
        return self._members.get(name)

    def child(self, name: str) -> Members:
        """An object inside this one; empty where there is none."""
        return Members(self._members.get(name))

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str:
        """A printable text, or an empty one: no NUL, no half of a character."""
        value = self._members.get(name)
        return value if isinstance(value, str) and len(value) <= longest and value.isprintable() else ""

    def flag(self, name: str) -> bool | None:
        """True or False, also written as text; None for anything else."""
        value = self._members.get(name)
        return _FLAGS.get(value) if isinstance(value, bool | str) else None

    def id(self, name: str) -> str | None:
        """A member that is an id, a number or the digits of one, as text; or None."""
        return id_of(self._members.get(name))

    def minor(self, name: str) -> int | None:
        """A whole number of the smallest unit of money; null and empty are nothing."""
        value = self._members.get(name)
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            return int(value)
        return value if type(value) is int and value >= 0 else None

    def money(self, name: str = "amount_cents") -> Money | None:
        """An amount in the object's own currency; None unless both make sense and it is above nothing."""
        minor, currency = self.minor(name), self._members.get("currency")
        if not minor or not isinstance(currency, str):
            return None
        try:
            return Money(minor, currency)
        except MoneyError:
            return None


def id_of(value: Any) -> str | None:
    """An id as text, or None: never a boolean, a sign, a blank or a leading zero."""
    digits = str(value) if type(value) is int else value
    return digits if isinstance(digits, str) and _ID.fullmatch(digits) else None


def is_created_at(value: Any) -> bool:
    """Whether it is a moment as Paymob prints it, to the letter: an amount's digits stand beside its own."""
    return isinstance(value, str) and _CREATED_AT.fullmatch(value) is not None and _is_moment(value)


def moment(value: Any) -> datetime | None:
    """An aware moment. Egypt prints its local time without an offset: that is none, and only shown."""
    if not is_created_at(value):
        return None
    parsed = datetime.fromisoformat(value)
    return parsed if parsed.tzinfo is not None else None


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
