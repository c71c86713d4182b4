"""What the clock does by itself: payers take too long, refunds end, holds are released."""

from __future__ import annotations

from collections.abc import Callable

from raseed.sandbox.paymongo import attempts, capturing, refunds, sources
from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc

#: action -> the table of its subject, and what is done with it
ACTIONS: dict[str, tuple[str, Callable[[World, Doc], object]]] = {
    "expire_source": ("sources", sources.expire),
    "finish_refund": ("refunds", refunds.finish),
    "close_attempt": ("wallets", attempts.expire),
    "finish_attempt": ("wallets", attempts.finish_processing),
    "release_hold": ("intents", capturing.release),
}


def ring(world: World, action: str, subject_id: str) -> None:
    """Do what was set for this moment, unless its subject is gone."""
    table, act = ACTIONS[action]
    if subject_id in world.table(table):
        act(world, world.table(table)[subject_id])
