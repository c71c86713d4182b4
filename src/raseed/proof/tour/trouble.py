"""Trouble on purpose inside the shop's `fulfil`: raising a number of times, or never coming back.

The tour writes the plan; shop and worker follow it. Attempts are counted in a file, because whatever
`fulfil` writes to the database is undone when it raises.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import raseed

#: Names the directory in which plan and attempts are kept.
VARIABLE = "RASEED_TOUR_DIRECTORY"
#: Nobody waits longer for a `fulfil` that hangs; the tour kills its process before.
LONGEST_HANG_SECONDS = 30.0


class Trouble(Exception):
    """What a troubled `fulfil` raises."""


class Plan:
    """The plan and the attempts of one directory."""

    def __init__(self, directory: Path) -> None:
        self._plan = directory / "trouble.json"
        self._attempts = directory / "attempts.log"
        self._processes = directory / "processes.log"

    def write(self, **plans: dict[str, int]) -> None:
        """Replace the plan. `{"12": {"raise_times": 2}}` or `{"hang": 1}` by purpose and payable."""
        draft = self._plan.with_suffix(".draft")
        draft.write_text(json.dumps(plans))
        draft.replace(self._plan)

    def process_of(self, what: str) -> int:
        """The id of the process that called `fulfil` for it last. Raises KeyError if none did."""
        lines = self._processes.read_text().splitlines() if self._processes.exists() else []
        return int(dict(line.rsplit(" ", 1) for line in lines)[what])

    def of(self, what: str) -> dict[str, int]:
        """The plan for one purpose and payable, `system-fee:12`; {} where nothing is planned."""
        try:
            found: dict[str, int] = json.loads(self._plan.read_text()).get(what, {})
        except FileNotFoundError:
            return {}
        return found

    def count(self, what: str) -> int:
        """How often `fulfil` was called for it so far."""
        lines = self._attempts.read_text().splitlines() if self._attempts.exists() else []
        return lines.count(what)

    def attempt(self, what: str) -> None:
        """Note one call of `fulfil`, then do what the plan says."""
        _append(self._processes, f"{what} {os.getpid()}")
        _append(self._attempts, what)
        planned = self.of(what)
        give_up_at = time.monotonic() + LONGEST_HANG_SECONDS
        while self.of(what).get("hang") and time.monotonic() < give_up_at:
            time.sleep(0.05)
        attempts = self.count(what)
        if attempts <= planned.get("raise_times", 0):
            raise Trouble(f"attempt {attempts} of {what} fails on purpose")


def _append(file: Path, line: str) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w") as log:
        log.write(f"{line}\n")


class Troubled(raseed.Purpose):
    """Mixed in before a shop's own purpose: follows the plan, then lets the shop's `fulfil` do its work."""

    def fulfil(self, payable: Any, payment: Any) -> Any:
        Plan(Path(os.environ[VARIABLE])).attempt(f"{self.name}:{payable.pk}")
        return super().fulfil(payable, payment)
