"""Which watched payments changed: one question to the database per tick for all of them, none for nobody.

While nobody writes to the database, the question is only whether that is so.

The database is asked instead of told (LISTEN and NOTIFY): notifying serialises commits, and SQLite cannot.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

log = logging.getLogger("raseed.events")

#: Pause between two questions. With a fetch of the page it leaves half of a second to spare.
TICK_SECONDS = 0.4
#: Longest pause while the database does not answer.
LONGEST_PAUSE_SECONDS = 10.0

#: Payments whose ids are remembered between two streams of the same page.
MOST_REMEMBERED = 50_000

_EACH = {"postgresql": "json_each_text", "sqlite": "json_each"}
_FIND = """
SELECT payment.reference, payment.id
FROM {each}(%s) AS watched
JOIN raseed_payment AS payment ON payment.reference = watched.key
"""
_CHANGED = """
SELECT payment.reference, payment.version, payment.state
FROM {each}(%s) AS watched
JOIN raseed_payment AS payment ON payment.id = CAST(watched.key AS BIGINT)
WHERE payment.version <> CAST(watched.value AS BIGINT)
"""


@dataclass(frozen=True)
class News:
    """A payment as it stands now: its reference, the version of what its customer can see, its state."""

    reference: str
    version: int
    state: str


Ask = Callable[[Mapping[str, int]], list[News]]
Tell = Callable[[News], None]


#: What is the same as long as no transaction has written and ended.
_MARK = {"postgresql": "SELECT pg_current_snapshot()::text", "sqlite": "PRAGMA data_version"}


class Changes:
    """The question itself: which of the watched payments stand otherwise now.

    First, whether anything was written since it was last put: if not, only what is new to it is looked at.
    Another statement finds the ids of payments that are new to it: looking up a thousand numbers costs half
    of looking up a thousand references.
    """

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._mark: object = None
        #: what had no news then
        self._answered: Mapping[str, int] = {}

    def __call__(self, watched: Mapping[str, int]) -> list[News]:
        """`watched` is reference → version last seen; a reference that does not exist has no news."""
        mark = _mark()
        known = self._answered if mark == self._mark else {}
        self._mark = None  # until all is answered: after trouble, everything is asked
        news = self._ask({name: seen for name, seen in watched.items() if known.get(name) != seen})
        told = {each.reference for each in news}
        still = {name: seen for name, seen in watched.items() if name not in told} if told else watched
        self._mark, self._answered = mark, still
        return news

    def _ask(self, watched: Mapping[str, int]) -> list[News]:
        unknown = {reference: 0 for reference in watched if reference not in self._ids}
        if unknown:
            if len(self._ids) > MOST_REMEMBERED:
                self._ids.clear()
                unknown = dict.fromkeys(watched, 0)
            self._ids.update(_rows(_FIND, unknown))
        asked = {self._ids[reference]: seen for reference, seen in watched.items() if reference in self._ids}
        return [News(*row) for row in _rows(_CHANGED, asked)] if asked else []


def _mark() -> object:
    """Never the same inside a transaction, which sees what nobody else does."""
    if connection.in_atomic_block:
        return object()
    with connection.cursor() as cursor:
        cursor.execute(_MARK[connection.vendor])
        others = cursor.fetchone()
    own = connection.connection.total_changes if connection.vendor == "sqlite" else 0
    return others, own


def _rows(sql: str, keys: Mapping[Any, int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(each=_EACH[connection.vendor]), [json.dumps(keys)])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _close() -> None:
    """To be run in the thread whose connection it is."""
    connection.close()


@dataclass
class _Watched:
    version: int
    listeners: set[Tell] = field(default_factory=set)


class Watcher:
    """Wakes the listeners of payments that changed. One per process; runs only while somebody listens."""

    def __init__(self, ask: Ask | None = None, tick_seconds: float = TICK_SECONDS) -> None:
        self._ask = ask or Changes()
        self._tick_seconds = tick_seconds
        self._watched: dict[str, _Watched] = {}
        self._task: asyncio.Task[None] | None = None

    def listeners(self, reference: str) -> int:
        """How many listen to this payment."""
        watched = self._watched.get(reference)
        return len(watched.listeners) if watched else 0

    def add(self, reference: str, version: int, tell: Tell) -> None:
        """Call `tell` once the payment's version is another than this, and at each change after that."""
        watched = self._watched.get(reference)
        if watched is None:
            watched = self._watched[reference] = _Watched(version)
        elif watched.version != version:
            watched.version = -1  # somebody has not seen what others have: all are told again
        watched.listeners.add(tell)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def remove(self, reference: str, tell: Tell) -> None:
        """Stop calling `tell`."""
        watched = self._watched[reference]
        watched.listeners.discard(tell)
        if not watched.listeners:
            del self._watched[reference]

    async def _run(self) -> None:
        """Ask until nobody listens any more. Django keeps a connection per thread, hence the one thread."""
        loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(1, thread_name_prefix="raseed-events")
        pause = self._tick_seconds
        try:
            while self._watched:
                next_at = loop.time() + pause
                known = {reference: watched.version for reference, watched in self._watched.items()}
                try:
                    self._tell(await loop.run_in_executor(thread, self._ask, known))
                    pause = self._tick_seconds
                except Exception as trouble:  # noqa: BLE001 the streams outlive whatever the database has
                    pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                    log.warning("payments could not be watched, again in %.1f s: %s", pause, trouble)
                    await loop.run_in_executor(thread, _close)
                await asyncio.sleep(max(0.0, next_at - loop.time()))
        finally:
            thread.submit(_close)
            thread.shutdown(wait=False)

    def _tell(self, all_news: Iterable[News]) -> None:
        for news in all_news:
            watched = self._watched.get(news.reference)
            if watched is None:
                continue
            watched.version = news.version
            for tell in tuple(watched.listeners):
                tell(news)
