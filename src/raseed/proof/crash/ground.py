"""Where processes die: a sandbox, a shop in forks, a worker in forks, and a clock that all of them share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from raseed.cli.local_shop import LocalShop
from raseed.payments import conf
from raseed.payments.flows.chores import next_due_at
from raseed.proof.crash.forks import Forks
from raseed.proof.crash.internet import Internet, served
from raseed.proof.crash.points import Points
from raseed.proof.crash.receiver import URL, Receiver
from raseed.proof.crash.snapshots import Snapshot, rows_of_database
from raseed.proof.tour.browser import Browser
from raseed.proof.tour.control import Control
from raseed.proof.tour.settings import LEASE_SECONDS
from raseed.proof.tour.stage import NotSeen, Stage, still_owed

#: How long we let time go on after a crash. Within it everything must have come by itself.
PROMISE_SECONDS = 12 * (LEASE_SECONDS + 1)
#: Time goes on in steps of at least this: longer than a lease.
STEP_SECONDS = LEASE_SECONDS + 1
#: Webhooks that are sent again, and looks of the worker, until nothing is due at this moment.
TURNS = 40
#: What the shop's processes write besides rows: how often `fulfil` was called, and its troubles.
FILES = ("attempts.log", "trouble.json")


class Ground(Stage):
    """A tour's stage in one process. Nothing runs by itself: the worker sweeps when it is told to."""

    def __init__(
        self, local: LocalShop, directory: Path, points: Points, sandbox: Any, application: Any
    ) -> None:
        super().__init__(local, directory)
        self.points = points
        self.receiver = Receiver()
        self.sandbox = sandbox.state.sandbox
        self._loop = asyncio.new_event_loop()
        self._internet = Internet(self._loop)
        here = urlsplit(local.shop_url)
        self._forks = Forks(points, application, here.hostname or "", self._internet.reach)
        self._internet.places = {
            here.netloc: self._forks.answer,
            urlsplit(local.sandbox_url).netloc: served(sandbox),
            urlsplit(URL).netloc: self.receiver.take,
        }
        self.sandbox.courier.open(self._internet)
        self.control.close()
        self.control = Control(local.sandbox_url, self._internet)
        self._pristine, self._begun = (
            Snapshot(rows_of_database(directory, name), self.sandbox, directory, FILES)
            for name in ("pristine", "begun")
        )
        self.tidy()
        self._pristine.keep()

    def browser(self, person: str) -> Browser:
        return self._browsers.setdefault(person, Browser(self._internet))

    def close(self) -> None:
        super().close()
        self._forks.close()
        self._loop.run_until_complete(self.sandbox.courier.close())
        self._loop.close()

    def run(self, work: Callable[[], object]) -> bool:
        """Do this in a process of its own, which may die. False if it did."""
        return self._loop.run_until_complete(self._forks.run(work))

    # -- from one journey to the next ---------------------------------------------------------------------

    def tidy(self) -> None:
        self.points.disarm()
        self.control.end_faults()
        self.trouble.write()
        self.control.freeze()

    def start_afresh(self) -> None:
        """The world before anybody did anything: no journey sees what another has left."""
        for browser in self._browsers.values():
            browser.close()
        self._browsers.clear()
        self._restore(self._pristine)

    def keep(self) -> None:
        """Remember the world as it stands, for `put_back`."""
        self._begun.keep()

    def put_back(self) -> None:
        """The world as it stood when it was kept; every crash begins there."""
        self._restore(self._begun)

    def _restore(self, snapshot: Snapshot) -> None:
        self.points.disarm()
        snapshot.put_back()
        self.receiver.forget()

    # -- time ---------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Deliver and sweep until nothing is due now. A worker that dies leaves the rest for later."""
        for _ in range(TURNS):
            self.deliver()
            due = next_due_at()
            if due is None or due > conf.now():
                return
            if not self._loop.run_until_complete(self._forks.sweep()):
                return
        raise NotSeen(f"after {TURNS} sweeps still to be done: {still_owed()}")

    def deliver(self) -> None:
        """Send every webhook that is due now and wait for the answers."""
        self._loop.run_until_complete(self.sandbox.flush())

    def recover(self) -> None:
        """What comes by itself after a crash: retries, polls and sweeps, while time goes on."""
        until = self.sandbox.clock.now() + PROMISE_SECONDS
        self.settle()
        while (due := self._next_due()) is not None and due <= until:
            target = max(due, self.sandbox.clock.now() + STEP_SECONDS)
            self._loop.run_until_complete(self.sandbox.travel(target))
            self.settle()

    def books(self, gateway: str) -> dict[str, Any]:
        """What a gateway holds as true."""
        told: dict[str, Any] = self.sandbox.gateways[gateway].control("GET", ["books"], {}, {})
        return told

    def _next_due(self) -> float | None:
        """When something happens by itself next, at the shop or at a gateway."""
        owed = next_due_at()
        ours = owed.timestamp() if owed else None
        return min(filter(None, (ours, self.sandbox.next_due())), default=None)
