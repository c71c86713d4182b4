"""Repeating intervals of ISO 8601, such as R12/2026-01-01T00:00:00Z/P1M: which period a moment lies in."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

REPEAT = re.compile(r"R(-1|\d{0,6})")
DURATION = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)
#: Nobody grants more periods than fit so many; it also bounds the search.
MOST_PERIODS = 100_000


class BadInterval(ValueError):
    """The text is no repeating interval."""


@dataclass(frozen=True)
class Duration:
    months: int
    rest: timedelta

    def after(self, start: datetime, times: int) -> datetime:
        """`start` and so many durations. The day is kept, or is the month's last."""
        month = start.month - 1 + self.months * times
        year, month = start.year + month // 12, month % 12 + 1
        day = min(start.day, calendar.monthrange(year, month)[1])
        return start.replace(year=year, month=month, day=day) + self.rest * times


def bounds(interval: str | None, now: float) -> tuple[float, float] | None:
    """The period that `now` lies in, in unix seconds; None where there is no interval.

    Where `now` lies before the first or after the last, the period is empty. Raises BadInterval.
    """
    if interval is None:
        return None
    count, start, step = _parsed(interval)
    at = datetime.fromtimestamp(now, UTC)
    try:
        for number in range(min(count, MOST_PERIODS)):
            begin, end = step.after(start, number), step.after(start, number + 1)
            if begin <= at < end:
                return begin.timestamp(), end.timestamp()
            if begin > at:
                break
    except (OverflowError, ValueError) as error:
        raise BadInterval(f"interval {interval!r} leaves the calendar") from error
    return now, now


def _parsed(text: str) -> tuple[int, datetime, Duration]:
    """How many periods, when the first begins, and how long each is."""
    parts = text.split("/")
    repeat = REPEAT.fullmatch(parts[0])
    if len(parts) != 3 or repeat is None:
        raise BadInterval(f"interval {text!r} must look like R12/2026-01-01T00:00:00Z/P1M")
    count = MOST_PERIODS if repeat[1] in ("", "-1") else int(repeat[1]) + 1
    if parts[1].startswith("P"):  # the end is stated: the periods lie before it
        step, end = _duration(parts[1]), _instant(parts[2])
        return count, step.after(end, -count) if count < MOST_PERIODS else step.after(end, -1), step
    start = _instant(parts[1])
    if parts[2].startswith("P"):
        return count, start, _duration(parts[2])
    length = _instant(parts[2]) - start
    if length <= timedelta(0):
        raise BadInterval(f"interval {text!r} ends before it begins")
    return count, start, Duration(0, length)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInterval(f"{text!r} is no moment") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _duration(text: str) -> Duration:
    found = DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        raise BadInterval(f"{text!r} is no duration")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if max(years, months, weeks, days, hours, minutes, seconds) > 10**6:
        raise BadInterval(f"{text!r} is too long")
    rest = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not years and not months and not rest:
        raise BadInterval(f"{text!r} is no time at all")
    return Duration(years * 12 + months, rest)
