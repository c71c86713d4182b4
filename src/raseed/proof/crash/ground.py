"""Where processes die: a sandbox, a shop in forks, a worker in forks, and a clock that all of them share."""

from __future__ import annotations

from pathlib import Path

from raseed.cli.local_shop import LocalShop
from raseed.payments import conf
from raseed.payments.flows.sweep import next_due_at, sweep
from raseed.proof.crash.forks import in_child
from raseed.proof.crash.points import Points
from raseed.proof.tour.settings import LEASE_SECONDS
from raseed.proof.tour.stage import NotSeen, Stage, still_owed

#: Longer than any lease, retry or poll that a crash in the first minutes of a payment leads to.
ROUNDS = 12
#: Webhooks that are sent again, and looks of the worker, until nothing is due at this moment.
TURNS = 40


class Ground(Stage):
    """A tour's stage on which nothing runs by itself: the worker sweeps when it is told to."""

    def __init__(self, local: LocalShop, directory: Path, points: Points) -> None:
        super().__init__(local, directory)
        self.points = points

    def tidy(self) -> None:
        self.points.disarm()
        self.control.end_faults()
        self.trouble.write()
        self.control.freeze()

    def settle(self) -> None:
        """Deliver and sweep until nothing is due now. A worker that dies leaves the rest for later."""
        for _ in range(TURNS):
            self.control.flush()
            if not _is_due():
                return
            if not in_child(self.points, sweep):
                return
        raise NotSeen(f"after {TURNS} sweeps still to be done: {still_owed()}")

    def recover(self) -> None:
        """What comes by itself after a crash: retries, polls and sweeps, while time goes on."""
        for _ in range(ROUNDS):
            self.settle()
            self.control.advance(LEASE_SECONDS + 1)
        self.settle()


def _is_due() -> bool:
    due = next_due_at()
    return due is not None and due <= conf.now()
