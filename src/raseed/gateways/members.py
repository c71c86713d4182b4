"""Reading JSON without trusting its shape: members come, go and change over the years, at every gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from raseed.core.errors import MoneyError
from raseed.core.money import Money

LONGEST_TEXT = 255


class Members:
    """A JSON object whose members may be missing, null, or of another kind than the documents say.

    Anything that is not an object reads as an empty one. An adapter adds how its gateway writes ids,
    moments and amounts.
    """

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

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str:
        """A printable text, or an empty one."""
        return text(self._members.get(name), longest)

    def child(self, name: str) -> Self:
        """An object inside this one; empty where there is none."""
        return type(self)(self._members.get(name))

    def children(self, name: str) -> list[Self]:
        """The objects of a list inside this one; what is no object is left out."""
        value = self._members.get(name)
        items = value if isinstance(value, list) else []
        return [type(self)(item) for item in items if isinstance(item, Mapping)]


def text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """A printable text, or an empty one: no NUL, no half of a character."""
    return value if isinstance(value, str) and len(value) <= longest and value.isprintable() else ""


def money(minor: Any, currency: Any) -> Money | None:
    """Money where an int and an ISO 4217 code are given, else None. No float is ever money."""
    if type(minor) is not int or not isinstance(currency, str):
        return None
    try:
        return Money(minor, currency)
    except MoneyError:
        return None
