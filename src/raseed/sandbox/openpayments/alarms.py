"""What the clock does by itself: consents and incoming payments run out, money moves on."""

from __future__ import annotations

from collections.abc import Callable

from raseed.sandbox.openpayments import grants, incoming, sending
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc

#: action -> the table of its subject, and what is done with it
ACTIONS: dict[str, tuple[str, Callable[[World, Doc], object]]] = {
    "expire_grant": ("grants", grants.expire),
    "expire_incoming": ("incoming", incoming.expire),
    "fund": ("outgoing", sending.fund),
    "send": ("outgoing", sending.send),
    "settle_fee": ("outgoing", sending.settle_fee),
}


def ring(world: World, action: str, subject_id: str) -> None:
    """Do what was set for this moment, unless its subject is gone."""
    table, act = ACTIONS[action]
    if subject_id in world.table(table):
        act(world, world.table(table)[subject_id])
