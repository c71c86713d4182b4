"""The sandbox's own clock, as others read it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from raseed.sandbox.clock import Clock


@pytest.mark.parametrize("fraction", [0.1234564, 0.1234566, 0.9999996, 0.5])
def test_a_stopped_moment_survives_being_turned_into_a_date(fraction: float) -> None:
    """Else what is due now would be due in a moment that never comes."""
    clock = Clock(wall=lambda: 1_795_000_000 + fraction)
    clock.set_mode("frozen")

    assert datetime.fromtimestamp(clock.now(), UTC).timestamp() == clock.now()

    clock.set(clock.now() + 0.3333333)
    assert datetime.fromtimestamp(clock.now(), UTC).timestamp() == clock.now()


@pytest.mark.parametrize("later", [0.00000024, 0.0000004, 0.0000006, 0.3333333])
def test_a_stopped_clock_that_is_put_to_a_moment_has_reached_it(later: float) -> None:
    """Else whoever waits for that moment waits for ever."""
    clock = Clock(wall=lambda: 1_795_000_000.25)
    clock.set_mode("frozen")
    moment = clock.now() + later

    clock.set(moment)

    assert clock.now() >= moment
    stood = clock.now()
    clock.set(stood)
    assert clock.now() == stood
