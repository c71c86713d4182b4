"""What a worker tells while it plays journeys, and at the end of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """A journey is so far: crashes lie behind it up to this step, of `steps` (0: not known yet)."""

    journey: str
    database: str
    step: int
    steps: int


@dataclass(frozen=True)
class Result:
    """One journey: how many steps it has, at how many a process died, and what was wrong afterwards.

    `directory` has the database, if it is a file, and what the shop said.
    """

    journey: str
    database: str
    steps: int
    crashes: int
    wrong: tuple[str, ...]
    seconds: float
    directory: str = ""


@dataclass(frozen=True)
class Failed:
    """A worker could not go on, and why; its directory has what the shop said."""

    why: str
    directory: str
