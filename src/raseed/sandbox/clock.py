"""The sandbox's own clock: real, frozen, set, advanced; and published, so that others can live in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MODES = ("real", "frozen")


def iso(at: float) -> str:
    """A moment, given in unix seconds, as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def parse_moment(value: object) -> float:
    """Unix seconds of an ISO 8601 text with an offset, or of a number of unix seconds.

    Raises ValueError with a sentence fit for the caller.
    """
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError("a moment needs its offset, such as 2026-01-31T10:00:00+00:00")
            return moment.timestamp()
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC).timestamp()
    except (OverflowError, OSError) as error:
        raise ValueError(f"{value!r} lies outside the calendar") from error
    raise ValueError(f"{value!r} is not a moment; write it like 2026-01-31T10:00:00+00:00")


def _whole_microseconds(at: float) -> float:
    """The first moment from `at` on that a date can hold."""
    rounded = round(at, 6)
    return rounded if rounded >= at else round(rounded + 1e-6, 6)


class Clock:
    """Unix seconds that a person may stop, set and push forward.

    A stopped clock shows whole microseconds: whoever turns its time into a date and back has the same
    moment, not one that is still to come.

    `file`, where given, always holds `{"mode", "offset_seconds", "frozen_at"}` and is replaced
    atomically, so that another process can compute the same time.
    """

    def __init__(self, file: Path | None = None, wall: Callable[[], float] = time.time) -> None:
        self._file = file
        self._wall = wall
        self._offset_seconds = 0.0
        self._frozen_at: float | None = None
        self._changed = asyncio.Event()
        self._publish()

    @property
    def mode(self) -> str:
        return "real" if self._frozen_at is None else "frozen"

    def now(self) -> float:
        """The time in the sandbox, in unix seconds."""
        return self._wall() + self._offset_seconds if self._frozen_at is None else self._frozen_at

    def set_mode(self, mode: str) -> None:
        """Stop the clock, or let it run on from where it stands."""
        now = self.now()
        self._frozen_at = now if mode == "frozen" else None
        self.set(now)

    def set(self, at: float) -> None:
        """Put the clock to `at` (unix seconds), in whichever mode it is."""
        if self._frozen_at is None:
            self._offset_seconds = at - self._wall()
        else:
            self._frozen_at = _whole_microseconds(at)
        self._publish()
        self.wake()

    def wake(self) -> None:
        """Make whoever waits in `wait_until` look again."""
        self._changed.set()

    async def wait_until(self, at: float | None) -> None:
        """Return when the sandbox's time may have reached `at`, or when something changed. None: no end."""
        timeout = None
        if at is not None and self._frozen_at is None:
            timeout = max(0.0, at - self.now())
        elif at is not None and at <= self.now():
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), timeout)
        self._changed.clear()

    def export(self) -> dict[str, Any]:
        return {"mode": self.mode, "offset_seconds": self._offset_seconds, "frozen_at": self._frozen_at}

    def load(self, data: dict[str, Any]) -> None:
        """Take over an exported clock. Raises KeyError, TypeError or ValueError where it is malformed."""
        frozen_at = float(data["frozen_at"]) if data["mode"] == "frozen" else None
        self._offset_seconds, self._frozen_at = float(data["offset_seconds"]), frozen_at
        self._publish()
        self.wake()

    def _publish(self) -> None:
        if self._file is None:
            return
        draft = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        draft.write_text(json.dumps(self.export()))
        draft.replace(self._file)
