"""What does not hold, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """One thing that does not hold: which invariant, about which payment (or other row), and what stood."""

    invariant: str
    about: str
    detail: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.about}: {self.detail}"
