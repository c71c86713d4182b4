"""Whether a fault was stated for the checkout that something belongs to, and strikes now."""

from __future__ import annotations

from raseed.sandbox.exchange import Subject
from raseed.sandbox.faults import Fault
from raseed.sandbox.openpayments.world import NAME, World


def first(world: World, grant_id: str, *names: str) -> Fault | None:
    """The first of these faults that strikes the grant; it counts as a hit."""
    subject = Subject(checkouts=frozenset((grant_id,)))
    found = world.sandbox.faults.take("checkout", NAME, subject, names)
    return found[0] if found else None
