"""The processes of a tour, their stopped clock, and knowing when nothing is left to do.

The clock stands still unless a situation moves it, so that no retry, expiry or poll takes real time, and
none happens by accident. Sandbox, shop, worker and this process all live in that time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.db.models import Q

from raseed.cli.local_shop import LocalShop
from raseed.payments import conf
from raseed.payments.flows.chores import CHECK, CHORES
from raseed.proof.tour.browser import Browser
from raseed.proof.tour.control import Control
from raseed.proof.tour.engines.base import Engine
from raseed.proof.tour.trouble import Plan

#: How long anything may take, in real seconds. Far more than it takes on a slow machine.
PATIENCE_SECONDS = 60.0
#: Pause between two looks at the database.
LOOK_SECONDS = 0.02


class NotSeen(Exception):
    """Something that must happen did not. The message says what, and what stood instead."""


class Stage:
    """What all situations of one tour share."""

    def __init__(self, local: LocalShop, directory: Path, engine: Engine | None = None) -> None:
        self.local = local
        self.engine = engine or Engine()
        self.control = Control(local.sandbox_url)
        self.trouble = Plan(directory)
        self._browsers: dict[str, Browser] = {}

    def browser(self, person: str) -> Browser:
        """This person's browser; a new one if it was never used."""
        return self._browsers.setdefault(person, Browser())

    def close(self) -> None:
        """Close all connections of this process."""
        for browser in self._browsers.values():
            browser.close()
        self.control.close()
        connection.close()

    # -- from one situation to the next ------------------------------------------------------------------

    def tidy(self) -> None:
        """Whatever the last situation left: nothing goes wrong any more, the worker runs, time stands."""
        self.control.end_faults()
        self.trouble.write()
        self.local.worker.start()
        self.control.freeze()

    # -- time ---------------------------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Let time pass on all sides once everything that is due now is done."""
        self.settle()
        self.control.advance(seconds)

    def until(self, happened: Callable[[], object], what: str) -> None:
        """Wait until it has happened. Raises NotSeen."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not happened():
            if time.monotonic() > give_up_at:
                raise NotSeen(f"waited {PATIENCE_SECONDS:g} s in vain for: {what}{self._ended()}")
            time.sleep(LOOK_SECONDS)

    def settle(self) -> None:
        """Wait until no webhook is due, and no row is due, in a queue, or in a worker's hands.

        The rows tell all three: what is in a queue stands as claimed, and a message whose claim is over
        does nothing.
        """
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        quiet = 0
        while quiet < 2:
            self.control.flush()
            owed = still_owed()
            quiet = 0 if owed else quiet + 1
            if owed and time.monotonic() > give_up_at:
                raise NotSeen(f"after {PATIENCE_SECONDS:g} s still to be done: {owed}{self._ended()}")
            time.sleep(LOOK_SECONDS)

    def _ended(self) -> str:
        child = self.local.failed()
        return f"; the {child.name} has ended. {child.log_tail()}" if child else ""


def still_owed() -> str:
    """What is due at this moment or in a worker's hands, in words; empty when nothing is."""
    now = conf.now()
    in_hand = now + timedelta(seconds=conf.current().lease_seconds)
    owed = []
    for chore in CHORES:
        due = Q(**{f"{chore.column}__lte": now}) | Q(**{chore.column: in_hand})
        if chore is CHECK:
            due |= Q(lease_until__gt=now)
        if count := chore.model._default_manager.filter(due).count():
            owed.append(f"{chore.name} ({count})")
    return ", ".join(owed)
