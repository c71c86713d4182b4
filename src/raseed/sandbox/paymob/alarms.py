"""What happens by itself when its time has come."""

from __future__ import annotations

from collections.abc import Callable

from raseed.sandbox.paymob import keys, refunds
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc

#: action -> the table of its subject, and what is done with it
ACTIONS: dict[str, tuple[str, Callable[[World, Doc], object]]] = {
    "lapse": ("orders", keys.lapse),
    "finish_refund": ("transactions", refunds.finish),
    "release": ("transactions", refunds.release),
}


def ring(world: World, action: str, subject_id: str) -> None:
    """Do what was set for this moment, unless its subject is gone."""
    table, act = ACTIONS[action]
    if subject_id in world.table(table):
        act(world, world.table(table)[subject_id])
