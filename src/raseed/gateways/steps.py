"""Steps that need no look-up where their answer was lost: notes, and calls that do no harm twice."""

from __future__ import annotations

from raseed.gateways.base import Answer, Memory


def again() -> None:
    """A look-up that says: call again. For what does no harm twice, or goes under an idempotency key."""


def note(memory: Memory, step: str, finding: Answer) -> Answer:
    """Keep what was found out. The first finding stands; no call is made.

    A process may die while it keeps it: then the next one keeps what it finds.
    """
    return memory.once(step, lambda: finding, again)
