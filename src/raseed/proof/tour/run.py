"""From the first process to the last result. Loads Django only once the processes' settings are known."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from raseed.cli.local_shop import LocalShop
from raseed.proof.tour.database import own_database
from raseed.proof.tour.engines import ENGINES
from raseed.proof.tour.engines.base import ENGINE_VARIABLE, QUEUE_VARIABLE, Engine
from raseed.proof.tour.shops import APART, SHOPS
from raseed.proof.tour.trouble import VARIABLE

if TYPE_CHECKING:
    from raseed.proof.tour.shops.base import Shop
    from raseed.proof.tour.situations.base import Situation
    from raseed.proof.tour.stage import Stage

SETTINGS = "raseed.proof.tour.settings"
#: Two, so that what one process remembers is never what makes it right.
WEB_PROCESSES = 2


@dataclass(frozen=True)
class Result:
    """What came of one situation in one shop. `detail` says in words what was seen, or what was wrong."""

    shop: str
    situation: str
    ok: bool
    detail: str
    first_channel: str
    seconds: float


@dataclass(frozen=True)
class Options:
    """What to run. An empty `database` means SQLite. The same seed makes the same choices again.

    `situations` are parts of names; none means all. `engine` is a name in ENGINES; `queue` is where its
    server is, if not where it usually is.
    """

    shops: Sequence[str] = tuple(SHOPS)
    seed: int = 1
    database: str = ""
    situations: Sequence[str] = ()
    engine: str = Engine.name
    queue: str = ""


class NoSuchSituation(Exception):
    """No situation has such a name. The message lists those there are."""


class Watch(Protocol):
    """Somebody who wants to know how far it is."""

    def begin(self, total: int) -> None:
        """So many situations are to come."""
        ...

    def playing(self, shop: str, situation: str) -> None:
        """This one begins."""
        ...

    def played(self, result: Result) -> None:
        """And this came of it."""
        ...


def run(options: Options, watch: Watch, give_up: threading.Event) -> tuple[list[Result], Path | None]:
    """Run the tour. The results, and the directory with database and logs, kept only if something was wrong.

    It is also kept where a process did not start: the error names the log.
    Raises ProcessFailed, NoFreePort, DatabaseRefused, EngineMissing or NoSuchSituation where the tour cannot
    begin.
    """
    engine = ENGINES[options.engine](options.queue)
    engine.require(options.database)
    with contextlib.closing(engine), _database(options.database) as url:
        directory = Path(tempfile.mkdtemp(prefix="raseed-tour-"))
        try:
            with _processes(directory, url, options.seed, engine, give_up) as local:
                results = _tour(local, directory, engine, options, watch, give_up)
        except NoSuchSituation:
            shutil.rmtree(directory, ignore_errors=True)
            raise
    if not all(result.ok for result in results):
        return results, directory
    shutil.rmtree(directory, ignore_errors=True)
    return results, None


def _database(url: str) -> contextlib.AbstractContextManager[str]:
    return own_database(url) if url else contextlib.nullcontext("")


@contextlib.contextmanager
def _processes(
    directory: Path, url: str, seed: int, engine: Engine, give_up: threading.Event
) -> Iterator[LocalShop]:
    with LocalShop(
        directory,
        database_url=url,
        sandbox_arguments=["--seed", str(seed)],
        with_events=False,
        web_processes=WEB_PROCESSES,
        workers=engine.workers(),
    ) as local:
        local.give_up = give_up
        local.environment |= {
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            VARIABLE: str(directory),
            ENGINE_VARIABLE: engine.name,
            QUEUE_VARIABLE: engine.url,
        }
        local.start()
        yield local


def _tour(
    local: LocalShop,
    directory: Path,
    engine: Engine,
    options: Options,
    watch: Watch,
    give_up: threading.Event,
) -> list[Result]:
    os.environ |= local.environment
    import django

    django.setup()
    logging.disable(logging.INFO)  # what this process calls by itself would run into the progress
    from raseed.proof.tour.situations import ON_A_QUEUE, SITUATIONS
    from raseed.proof.tour.stage import Stage

    stage = Stage(local, directory, engine)
    results = []
    with contextlib.closing(stage):
        known = SITUATIONS + ON_A_QUEUE if engine.has_queue else SITUATIONS
        chosen = _chosen(known, options.situations)
        plan = {name: [s for s in chosen if _is_for(s, name)] for name in options.shops}
        watch.begin(sum(map(len, plan.values())))
        for name, situations in plan.items():
            stage.tidy()
            shop = open_shop(name, stage)
            for situation in _shuffled(situations, Random(f"{options.seed} {name}")):
                if give_up.is_set():
                    break
                watch.playing(name, situation.name)
                result = _play(stage, shop, situation, Random(f"{options.seed} {name} {situation.name}"))
                results.append(result)
                watch.played(result)
    return results


def open_shop(name: str, stage: Stage) -> Shop:
    """The shop of this name, with its people logged in."""
    module, _, made = SHOPS[name].rpartition(".")
    shop: Shop = getattr(import_module(module), made)(stage)
    return shop


def _chosen(situations: Sequence[Situation], parts: Sequence[str]) -> list[Situation]:
    chosen = [s for s in situations if not parts or any(part in s.name for part in parts)]
    if not chosen:
        known = "; ".join(situation.name for situation in situations)
        raise NoSuchSituation(f"no situation is called like {' or '.join(parts)}. There are: {known}.")
    return chosen


def _is_for(situation: Situation, shop: str) -> bool:
    if situation.shops:
        return shop in situation.shops
    return shop not in APART and shop not in situation.without


def _shuffled(situations: Sequence[Situation], random: Random) -> list[Situation]:
    return random.sample(situations, len(situations))


def _play(stage: Stage, shop: Shop, situation: Situation, random: Random) -> Result:
    """One situation from a tidy stage to its ending. Whatever goes wrong is its result."""
    from raseed.proof.tour.scene import Scene

    began = time.monotonic()
    problems: list[str] = []
    scene: Any = None
    detail, first_channel = "", ""
    try:
        stage.tidy()
        scene = Scene(stage, shop, random, shop.publish(random), problems)
        scene.expect("usable before it was paid", shop.try_to_use(scene.offer), False)
        situation.play(scene)
        scene.settle()
        ending = situation.ending_in(shop.name)
        first_channel = scene.verify(ending).first_channel
        detail = "; ".join([*scene.seen, scene.summary(ending)])
    except Exception as error:  # noqa: BLE001 the other situations go on
        problems.append(f"{type(error).__name__}: {error}")
    if problems:
        detail = "; ".join(problems)
    seconds = round(time.monotonic() - began, 2)
    return Result(shop.name, situation.name, not problems, detail, first_channel, seconds)
