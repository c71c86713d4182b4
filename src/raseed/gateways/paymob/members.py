"""Reading Paymob's documents without trusting their shape: a member is a number here and a text there."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from raseed.core.money import Money
from raseed.gateways import members

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


class Members(members.Members):
    """A JSON object of Paymob's: ids are whole numbers or their digits, flags are booleans or their names."""

    __slots__ = ()

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
        return members.money(self.minor(name) or None, self.get("currency"))


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
