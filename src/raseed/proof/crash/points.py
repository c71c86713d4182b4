"""Steps at which a process can die, counted over all processes of a journey, and the one at which it does.

A step is whatever leaves a trace outside the process's memory: a statement, a commit, a call to somebody
else. Between two of them a crash looks the same as at the later one.
"""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

#: What a process that dies here says to its parent: nothing but this number.
DIED = 77
#: No step is the deadly one.
NEVER = 0


class Points:
    """A counter in memory that forked processes share. Make it before the first fork."""

    def __init__(self, log: Path) -> None:
        context = multiprocessing.get_context("fork")
        self._passed = context.Value("q", 0)
        self._deadly = context.Value("q", NEVER)
        self._counting = context.Value("b", 0)
        self._log = log

    def arm(self, deadly: int) -> None:
        """Count from one, and die at this number; NEVER only counts."""
        self._log.write_text("")
        self._passed.value, self._deadly.value, self._counting.value = 0, deadly, 1

    def disarm(self) -> int:
        """Count no more, and kill no more; how many steps were passed."""
        self._counting.value, self._deadly.value = 0, NEVER
        return int(self._passed.value)

    def step(self, what: str) -> None:
        """A process is about to do this. It may be the last it does."""
        if not self._counting.value:
            return
        with self._passed.get_lock():
            self._passed.value += 1
            number = self._passed.value
        self._note(f"{number} {what}")
        if number == self._deadly.value:
            os._exit(DIED)

    def _note(self, line: str) -> None:
        handle = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(handle, (" ".join(line.split())[:300] + "\n").encode())
        os.close(handle)

    def fatal(self) -> str:
        """The step at which a process died, in words; empty if none did. Others have gone on since."""
        numbered = (line.partition(" ") for line in self._log.read_text().splitlines())
        return next((words for number, _, words in numbered if int(number) == self._deadly.value), "")
