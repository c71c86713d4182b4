"""Many worlds in several processes. Loads no Django: each process sets up its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raseed.proof.simulate.size import CUSTOMERS
from raseed.proof.tour.database import own_database

SETTINGS = "raseed.proof.simulate.settings"


@dataclass(frozen=True)
class Options:
    """What to run. An empty `database` means SQLite. `world` plays that one alone, of those of the seed."""

    seed: int = 1
    payments: int = 1000
    jobs: int = 1
    database: str = ""
    world: int | None = None

    @property
    def worlds(self) -> range:
        """Their numbers. Worlds are whole, so that there may be a few more payments than asked for."""
        if self.world is not None:
            return range(self.world, self.world + 1)
        return range(math.ceil(self.payments / CUSTOMERS))


@dataclass(frozen=True)
class Violation:
    """What did not hold in a world, and how to see it again."""

    world: int
    what: str
    command: str


@dataclass(frozen=True)
class Result:
    """`digests` by world stand for every choice and for all books at the end; `digest` for all of them."""

    seed: int
    database: str
    worlds: int
    payments: int
    violations: tuple[Violation, ...]
    digest: str
    digests: dict[int, str]
    tally: dict[str, int]
    seconds: float


class ShardFailed(Exception):
    """A process that plays worlds ended before its time. The message has its last words."""


#: Called after each world: worlds and payments so far, and what did not hold in this one.
Watch = Callable[[int, int, Sequence[Violation]], None]


def run(options: Options, watch: Watch) -> tuple[Result, Path | None]:
    """The result, and the directory with the traces of the worlds in which something did not hold.

    Raises DatabaseRefused or ShardFailed.
    """
    directory = Path(tempfile.mkdtemp(prefix="raseed-simulate-"))
    began = time.monotonic()
    told: dict[int, dict[str, Any]] = {}
    violations: list[Violation] = []
    with _shards(options, directory) as outcomes:
        for outcome in outcomes:
            told[outcome["number"]] = outcome
            found = list(_violations(options, outcome, directory))
            violations += found
            watch(len(told), sum(o["payments"] for o in told.values()), found)
    digests = {number: _digest(told[number]) for number in sorted(told)}
    result = Result(
        seed=options.seed,
        database="PostgreSQL" if options.database else "SQLite",
        worlds=len(told),
        payments=sum(outcome["payments"] for outcome in told.values()),
        violations=tuple(violations),
        digest=_digest(digests),
        digests=digests,
        tally=dict(sum((Counter(outcome["tally"]) for outcome in told.values()), Counter())),
        seconds=round(time.monotonic() - began, 1),
    )
    if violations:
        return result, directory
    shutil.rmtree(directory, ignore_errors=True)
    return result, None


def _digest(of: dict[Any, Any]) -> str:
    kept = {name: value for name, value in of.items() if name not in {"breaches", "trace"}}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _violations(options: Options, outcome: dict[str, Any], directory: Path) -> Iterator[Violation]:
    if outcome["breaches"]:
        trace = directory / f"world-{outcome['number']}.txt"
        trace.write_text("\n".join([*outcome["breaches"], "", *outcome["trace"], ""]))
    database = f" --database {options.database}" if options.database else ""
    again = f"raseed torture simulate --seed {options.seed} --world {outcome['number']}{database}"
    for what in outcome["breaches"]:
        yield Violation(outcome["number"], what, again)


@contextlib.contextmanager
def _shards(options: Options, directory: Path) -> Iterator[Iterator[dict[str, Any]]]:
    """Processes that share the worlds; what they tell, as it comes."""
    numbers = options.worlds
    jobs = min(options.jobs, len(numbers))
    with contextlib.ExitStack() as stack:
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        shards = []
        for number in range(jobs):
            folder = directory / f"shard-{number}"
            folder.mkdir()
            url = stack.enter_context(own_database(options.database)) if options.database else ""
            mine = (numbers.start + number, jobs, numbers.stop)
            shard = _shard(options.seed, mine, folder, url)
            stack.callback(_end, shard)
            threading.Thread(target=_listen, args=(shard, lines), daemon=True).start()
            shards.append((shard, folder))
        yield _told(lines, shards)


def _shard(seed: int, mine: tuple[int, int, int], folder: Path, url: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "PYTHONHASHSEED": "0",  # the order of sets is a choice as well
        "RASEED_DEMO_DIRECTORY": str(folder),
        "RASEED_DEMO_DATABASE_URL": url or f"sqlite:///{folder / 'shop.sqlite3'}",
        "RASEED_DEMO_PAYMONGO_MINIMUM": "100",
        "RASEED_DEMO_WEBHOOK_SECRET": "whsk_simulated",
    }
    command = [sys.executable, "-m", "raseed.proof.simulate.shard", str(seed), *map(str, mine)]
    with (folder / "shard.log").open("w") as log:
        return subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # so that it ends together with the world it plays
        )


def _listen(shard: subprocess.Popen[str], lines: queue.SimpleQueue[str | None]) -> None:
    for line in shard.stdout or ():
        lines.put(line)
    lines.put(None)


def _told(
    lines: queue.SimpleQueue[str | None], shards: list[tuple[subprocess.Popen[str], Path]]
) -> Iterator[dict[str, Any]]:
    for _ in shards:
        while (line := lines.get()) is not None:
            yield json.loads(line)
    for shard, folder in shards:
        if shard.wait():
            last = (folder / "shard.log").read_text().splitlines()[-15:]
            raise ShardFailed("a process of the simulation ended early:\n" + "\n".join(last))


def _end(shard: subprocess.Popen[str]) -> None:
    if shard.poll() is None:
        os.killpg(shard.pid, signal.SIGKILL)
    shard.wait()
