"""How long what is finished is kept: `RASEED["RETENTION_DAYS"]`, its defaults and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from raseed.core.errors import ConfigurationError

#: name → (days by default; None: for good, meaning)
PERIODS: dict[str, tuple[int | None, str]] = {
    "bodies": (90, "bodies, query and headers of deliveries that were read"),
    "deliveries": (400, "deliveries that were read, or are about something else"),
    "facts": (None, "facts that only repeated what was known; those that moved something stay"),
    "rejected": (30, "requests that could not be verified, and how many they were"),
    "notices": (180, "text and recipient of notices that were sent; their keys stay"),
}

#: A hundred years.
_LONGEST_DAYS = 36_500


def parse(value: Any) -> dict[str, int | None]:
    """Days by name, with the defaults filled in. Raises ConfigurationError."""
    if not isinstance(value, Mapping):
        raise ConfigurationError(
            f"RASEED['RETENTION_DAYS'] is {value!r}. Map names to days: {{'bodies': 90, 'deliveries': 400}}."
        )
    for name, days in value.items():
        where = f"RASEED['RETENTION_DAYS'][{name!r}]"
        if name not in PERIODS:
            guess = difflib.get_close_matches(str(name), PERIODS, 1)
            hint = f"Did you mean {guess[0]}?" if guess else f"Known: {', '.join(PERIODS)}."
            raise ConfigurationError(f"{where} is not kept apart. {hint}")
        if days is not None and (type(days) is not int or not 0 < days <= _LONGEST_DAYS):
            raise ConfigurationError(f"{where} is {days!r}. Give whole days from 1 on, or None: for good.")
    return {name: value.get(name, days) for name, (days, _) in PERIODS.items()}
