"""Repeating intervals: which period a moment lies in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from raseed.sandbox.openpayments.intervals import BadInterval, bounds


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("interval", "now", "begin", "end"),
    [
        ("R12/2026-01-01T00:00:00Z/P1M", "2026-02-15", "2026-02-01", "2026-03-01"),
        ("R/2026-01-31T00:00:00Z/P1M", "2026-03-01", "2026-02-28", "2026-03-31"),
        ("R/2024-02-29T00:00:00Z/P1Y", "2026-03-01", "2026-02-28", "2027-02-28"),
        ("R2/2026-01-01T00:00:00Z/P1W", "2026-01-15", "2026-01-15", "2026-01-22"),
        ("R-1/2026-01-01T00:00:00Z/P1DT12H", "2026-01-02T11:00", "2026-01-01", "2026-01-02T12:00"),
        ("R/2026-01-01T00:00:00Z/2026-01-03T00:00:00Z", "2026-01-06", "2026-01-05", "2026-01-07"),
        ("R3/P1M/2026-05-01T00:00:00Z", "2026-02-10", "2026-02-01", "2026-03-01"),
        ("R/PT1H/2026-01-01T00:00:00Z", "2025-12-31T23:30", "2025-12-31T23:00", "2026-01-01"),
    ],
)
def test_the_period(interval: str, now: str, begin: str, end: str) -> None:
    assert bounds(interval, at(now)) == (at(begin), at(end))


@pytest.mark.parametrize(
    ("interval", "now"),
    [("R1/2026-01-01T00:00:00Z/P1M", "2026-03-01"), ("R1/2026-01-01T00:00:00Z/P1M", "2025-12-31")],
)
def test_before_the_first_and_after_the_last_there_is_no_time(interval: str, now: str) -> None:
    assert bounds(interval, at(now)) == (at(now), at(now))


def test_none_is_no_period() -> None:
    assert bounds(None, 0) is None


@pytest.mark.parametrize(
    "interval",
    [
        "", "P1M", "R12/P1M", "R/2026-01-01T00:00:00Z/P", "R/2026-01-01T00:00:00Z/P0D",
        "R/tomorrow/P1D", "RX/2026-01-01/P1D",
        "R/2026-01-02T00:00:00Z/2026-01-01T00:00:00Z", "R/2026-01-01T00:00:00Z/PT",
        "R/2026-01-01T00:00:00Z/P9999999D",
    ],
)  # fmt: skip
def test_what_is_none(interval: str) -> None:
    with pytest.raises(BadInterval):
        bounds(interval, at("2026-01-01"))


def test_a_duration_that_leaves_the_calendar() -> None:
    with pytest.raises(BadInterval, match="leaves the calendar"):
        bounds("R/2026-01-01T00:00:00Z/P9000Y", at("2026-01-01"))
