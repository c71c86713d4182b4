"""Every journey, once for each of its steps, on every database: workers side by side, and what they tell."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from raseed.proof.crash.results import Failed, Progress, Result
from raseed.proof.crash.worker import SETTINGS, Duty, work

#: How long to wait for a word before asking whether somebody has ended without one.
LISTEN_SECONDS = 0.5
#: What a database is called that is a file.
SQLITE = "sqlite"


@dataclass(frozen=True)
class Options:
    """What to run. `databases`: "sqlite", or URLs of PostgreSQL servers. `every` 7: each seventh step only.

    `journeys` are parts of names; none means all. `jobs`: so many processes side by side, each with a
    sandbox and a database of its own.
    """

    databases: Sequence[str] = (SQLITE,)
    journeys: Sequence[str] = ()
    every: int = 1
    seed: int = 1
    jobs: int = 1


class NoSuchJourney(Exception):
    """No journey has such a name. The message lists those there are."""


class WorkerFailed(Exception):
    """A worker could not play its journeys. The message says why, and where its log is."""


#: Called with whatever a worker tells.
Watch = Callable[[Progress | Result], None]


def run(options: Options, watch: Watch) -> tuple[list[Result], Path | None]:
    """The results, and the directory with databases and logs, kept only if something was wrong.

    Raises NoSuchJourney or WorkerFailed.
    """
    names = _names(options.journeys)
    directory = Path(tempfile.mkdtemp(prefix="raseed-crash-"))
    results = _Run(options, names, directory, watch).results()
    order = {name: number for number, name in enumerate(names)}
    results.sort(key=lambda result: (result.database, order[result.journey]))
    if any(result.wrong for result in results):
        return results, directory
    shutil.rmtree(directory, ignore_errors=True)
    return results, None


def _names(parts: Sequence[str]) -> list[str]:
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    import django

    django.setup()
    from raseed.proof.crash.catalogue import JOURNEYS

    names = [journey.name for journey in JOURNEYS]
    chosen = [name for name in names if not parts or any(part in name for part in parts)]
    if not chosen:
        raise NoSuchJourney(f"no journey is called like {' or '.join(parts)}. There are: {'; '.join(names)}.")
    return chosen


class _Run:
    """A queue of journeys for each database, and workers that empty them one after another."""

    def __init__(self, options: Options, names: Sequence[str], directory: Path, watch: Watch) -> None:
        self._options = options
        self._directory = directory
        self._watch = watch
        self._context = multiprocessing.get_context("spawn")
        #: Only workers write here: one that is killed while it writes keeps the lock of writers for ever.
        self._told: Any = self._context.Queue()
        self._failed: SimpleQueue[Failed] = SimpleQueue()
        self._left: dict[str, Any] = {database: self._context.Queue() for database in options.databases}
        for queue in self._left.values():
            queue.cancel_join_thread()  # what nobody took needs no waiting for when we end
            for name in names:
                queue.put(name)
        self._expected = len(names) * len(options.databases)

    def results(self) -> list[Result]:
        """Of all journeys on all databases. Raises WorkerFailed."""
        slots = [
            threading.Thread(target=self._empty, args=[n], daemon=True) for n in range(self._options.jobs)
        ]
        for slot in slots:
            slot.start()
        results: list[Result] = []
        while len(results) < self._expected:
            word = self._next()
            if isinstance(word, Failed):
                raise WorkerFailed(f"{word.why} Its log: {word.directory}/shop.log")
            self._watch(word)
            if isinstance(word, Result):
                results.append(word)
        for slot in slots:
            slot.join()
        return results

    def _next(self) -> Any:
        """What a worker says, or that one ended without a word."""
        while True:
            with suppress(Empty):
                return self._told.get(timeout=LISTEN_SECONDS)
            with suppress(Empty):
                return self._failed.get_nowait()

    def _empty(self, number: int) -> None:
        """Play what is left on one database, then on the next, each in a process with its own settings."""
        for database, left in self._left.items():
            home = self._directory / f"{'sqlite' if database == SQLITE else 'postgresql'}-{number}"
            home.mkdir()
            duty = Duty(home, "" if database == SQLITE else database, self._options.every, self._options.seed)
            worker = self._context.Process(target=work, args=[duty, left, self._told], daemon=True)
            worker.start()
            worker.join()
            if worker.exitcode:
                self._failed.put(Failed(f"a worker ended with {worker.exitcode}.", str(home)))
                return
