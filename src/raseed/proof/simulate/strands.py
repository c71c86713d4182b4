"""Strands: pieces of the site's work, each on a thread of its own, of which only one runs at a time.

The one that runs has the baton. It passes it back where the real world may step in: before and after a
call to the outside, between two transactions, while it sleeps. The scheduler says who goes on. So what
happens at the same time is decided by the seed and not by the machine, and never inside a transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum
from random import Random
from typing import Any

import httpx2
from django.db import connection, connections

#: How likely a strand lets others go on at a point between two transactions.
PASSES = 0.15


class Killed(BaseException):
    """The process of this strand is dead: not even its clean-up does anything any more."""


class CallInTransaction(Exception):
    """A call to the outside was made while a transaction was open."""


class Standing(Enum):
    """What a strand waits for."""

    FREE = "work"
    PAUSED = "its turn"
    CALLING = "its call to be carried"
    WAITING = "an answer"
    ANSWERED = "its turn, with an answer"
    ASLEEP = "a moment"


class Strand:
    """A thread and its connection to the database, used for one piece of work after another."""

    def __init__(self, number: int, chance: Random, now: Callable[[], float]) -> None:
        self.number = number
        self.standing = Standing.FREE
        self.name = ""
        self.until = 0.0  # the moment at which a sleep, or the patience with a call, ends
        self.request: httpx2.Request | None = None
        self.reply: httpx2.Response | Exception | None = None
        self.outcome: Any = None
        self._chance = chance
        self._now = now
        self._work: Callable[[], Any] | None = None
        self._deadly = 0
        self._steps = 0
        self._is_dead = self._is_over = False
        # Whoever waits for the baton waits for a lock that another thread releases.
        self._go, self._back = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._back.acquire()
        self._thread = threading.Thread(target=self._live, name=f"strand-{number}", daemon=True)
        self._thread.start()

    # -- the scheduler's side -------------------------------------------------------------------------------

    def begin(self, name: str, work: Callable[[], Any], deadly: int = 0) -> None:
        """Start a piece of work; its process dies at step `deadly`, if it gets there. 0: never."""
        self.name, self._work, self._deadly, self._steps = name, work, deadly, 0
        self.resume()

    def resume(self) -> None:
        """Give it the baton, and wait until it comes back."""
        self._go.release()
        self._back.acquire()

    def close(self) -> None:
        """End the thread. Whatever it was doing is not finished."""
        if self.standing is not Standing.FREE:
            self._is_over = True
            self.resume()
        self.resume()
        self._thread.join()

    # -- its own side ---------------------------------------------------------------------------------------

    def step(self, what: str, *, is_committing: bool = False) -> None:
        """It is about to do this. It may be the last it does; or others may go first.

        `is_committing`: the transaction is over for Django, and not yet for the database.
        """
        self._steps += 1
        if self._is_dead or self._steps == self._deadly:
            self._die(what)
        is_between = not (is_committing or connection.in_atomic_block)
        if is_between and self._chance.random() < PASSES:
            self._pass(Standing.PAUSED)

    def call(self, request: httpx2.Request, patience_seconds: float) -> httpx2.Response:
        """Call to the outside, and wait for the answer. Raises what the network raises."""
        if connection.in_atomic_block:
            raise CallInTransaction(f"{request.method} {request.url} was called inside a transaction")
        self.step("before a call")
        self.request, self.reply, self.until = request, None, self._now() + patience_seconds
        self._pass(Standing.CALLING)
        self.step("after a call")
        return self._replied()

    def _replied(self) -> httpx2.Response:
        """What the scheduler left there."""
        if isinstance(self.reply, httpx2.Response):
            return self.reply
        raise self.reply or httpx2.ReadError("nobody carried this call")

    def sleep(self, seconds: float) -> None:
        """Sleep in the sandbox's time; never for less than a second, so that waiting costs few turns."""
        self.until = self._now() + max(seconds, 1.0)
        self._pass(Standing.ASLEEP)

    def _pass(self, standing: Standing) -> None:
        self.standing = standing
        self._back.release()
        self._go.acquire()
        if self._is_over:
            self._die("the end")

    def _die(self, what: str) -> None:
        """What was not committed is undone; the caller sees a broken connection."""
        if not self._is_dead:
            self._is_dead = True
            words = what.partition(' "s')[0][:40]  # a savepoint is named after its thread
            self.name += f" (killed at {words})"
            raw = connection.connection
            if raw is not None:
                raw.rollback()  # a server does it when the connection is gone; SQLite waits for its cursors
                raw.close()
        raise Killed

    def _live(self) -> None:
        _mine.strand = self
        self._go.acquire()
        while self._work is not None:
            try:
                self.outcome = self._work()
            except (Killed, Exception) as ended:  # noqa: BLE001 carried to the scheduler
                self.outcome = ended
            if self._is_dead:
                del connections["default"]  # another process, another connection
                self._is_dead, self.outcome = False, Killed()
            self._work, self.standing = None, Standing.FREE
            self._back.release()
            self._go.acquire()
        connections.close_all()
        self._back.release()


_mine = threading.local()


def current() -> Strand | None:
    """The strand that has the baton; None in the scheduler's own thread."""
    return getattr(_mine, "strand", None)
