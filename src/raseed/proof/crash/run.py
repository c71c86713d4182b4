"""Every journey, once for each of its steps. Loads Django only once the processes' settings are known."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from raseed.cli.local_shop import HOST, LocalShop
from raseed.proof.crash.points import NEVER, Points
from raseed.proof.tour.database import own_database
from raseed.proof.tour.run import SETTINGS, open_shop
from raseed.proof.tour.trouble import VARIABLE

if TYPE_CHECKING:
    from raseed.proof.crash.ground import Ground
    from raseed.proof.crash.journeys import Journey
    from raseed.proof.tour.shops.base import Shop


@dataclass(frozen=True)
class Options:
    """What to run. An empty `database` means SQLite. `every` 7 dies at each seventh step only.

    `journeys` are parts of names; none means all.
    """

    database: str = ""
    journeys: Sequence[str] = ()
    every: int = 1
    seed: int = 1


@dataclass(frozen=True)
class Result:
    """One journey: how many steps it has, at how many a process died, and what was wrong afterwards."""

    journey: str
    database: str
    steps: int
    crashes: int
    wrong: tuple[str, ...]
    seconds: float


class NoSuchJourney(Exception):
    """No journey has such a name. The message lists those there are."""


#: Called when a journey begins and after each crash: name, crashes so far, steps in all (0: not known yet).
Watch = Callable[[str, int, int], None]


def run(options: Options, watch: Watch) -> tuple[list[Result], Path | None]:
    """The results, and the directory with database and logs, kept only if something was wrong.

    Raises ProcessFailed, NoFreePort, DatabaseRefused or NoSuchJourney where it cannot begin.
    """
    own = own_database(options.database) if options.database else contextlib.nullcontext("")
    with own as url:
        directory = Path(tempfile.mkdtemp(prefix="raseed-crash-"))
        try:
            with _ground(directory, url, options.seed) as ground:
                journeys = _chosen(options.journeys)
                # One for all its journeys: a shop counts what it publishes, and no two may be called alike.
                shops = {name: open_shop(name, ground) for name in {journey.shop for journey in journeys}}
                results = [_torture(ground, shops[j.shop], j, options, watch) for j in journeys]
        except NoSuchJourney:
            shutil.rmtree(directory, ignore_errors=True)
            raise
    if any(result.wrong for result in results):
        return results, directory
    shutil.rmtree(directory, ignore_errors=True)
    return results, None


@contextlib.contextmanager
def _ground(directory: Path, url: str, seed: int) -> Iterator[Ground]:
    points = Points(directory / "steps.log")
    arguments = ["--seed", str(seed)]
    with LocalShop(
        directory, database_url=url, sandbox_arguments=arguments, with_worker=False, with_events=False
    ) as local:
        local.environment |= {"DJANGO_SETTINGS_MODULE": SETTINGS, VARIABLE: str(directory)}
        local.prepare()
        os.environ |= local.environment
        import django

        django.setup()
        from django.core.wsgi import get_wsgi_application

        from raseed.proof.crash.forks import forked_shop
        from raseed.proof.crash.ground import Ground

        port = urlsplit(local.shop_url).port or 0
        with forked_shop(points, get_wsgi_application(), HOST, port):
            ground = Ground(local, directory, points)
            with contextlib.closing(ground):
                yield ground


def _chosen(parts: Sequence[str]) -> list[Journey]:
    from raseed.proof.crash.journeys import JOURNEYS

    chosen = [journey for journey in JOURNEYS if not parts or any(part in journey.name for part in parts)]
    if not chosen:
        known = "; ".join(journey.name for journey in JOURNEYS)
        raise NoSuchJourney(f"no journey is called like {' or '.join(parts)}. There are: {known}.")
    return chosen


def _torture(ground: Ground, shop: Shop, journey: Journey, options: Options, watch: Watch) -> Result:
    """Once without a crash to count the steps, then with one at every step that the options ask for."""
    began = time.monotonic()
    random = Random(f"{options.seed} {journey.name}")
    watch(journey.name, 0, 0)
    steps, _, problems = _once(ground, shop, journey, random, NEVER)
    wrong = [f"without a crash: {problem}" for problem in problems]
    crashes = 0
    for number in range(1 + random.randrange(options.every), steps + 1, options.every):
        _, step, problems = _once(ground, shop, journey, random, number)
        crashes += step != ""
        wrong += [f"step {number}, {step or 'not reached'}: {problem}" for problem in problems]
        watch(journey.name, number, steps)
    kind = "PostgreSQL" if options.database else "SQLite"
    return Result(journey.name, kind, steps, crashes, tuple(wrong), round(time.monotonic() - began, 1))


def _once(
    ground: Ground, shop: Shop, journey: Journey, random: Random, deadly: int
) -> tuple[int, str, list[str]]:
    """One journey: the steps it took, the step at which a process died ("" for none), what was wrong."""
    from raseed.proof.crash.invariants import breaches
    from raseed.proof.tour.scene import Scene

    problems: list[str] = []
    step, passed = "", 0
    try:
        ground.tidy()
        scene = Scene(ground, shop, random, shop.publish(random), problems)
        journey.begin(scene)
        ground.points.arm(deadly)
        try:
            journey.travel(scene)
        finally:
            step = ground.points.fatal()
            passed = ground.points.disarm()
        ground.trouble.write()
        ground.control.end_faults()
        ground.recover()
        problems += breaches(scene, journey.ending)
    except Exception as error:  # noqa: BLE001 the other steps go on
        problems.append(f"{type(error).__name__}: {error}")
    return passed, step, problems
