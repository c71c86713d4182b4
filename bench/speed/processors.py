"""Processor time, from /proc: of a server with its workers, and of PostgreSQL for one database."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

#: Of `/proc/<pid>/stat` after the name, which may hold spaces: user and system time, in ticks.
_USER, _SYSTEM = 11, 12


def seconds_of(stat: str) -> float:
    """User and system time that a process has used, from the text of its `stat`."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS_PER_SECOND


def used(pids: Iterable[int]) -> float:
    """Seconds that these processes have used so far; one that has ended counts nothing."""
    total = 0.0
    for pid in pids:
        try:
            total += seconds_of(Path(f"/proc/{pid}/stat").read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def family(pid: int) -> list[int]:
    """A process and everything below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(number for child in children for number in family(int(child)))]
