"""One process that plays journeys: a sandbox, a shop and a database of its own, until no journey is left.

Loads Django only once the settings of its shop are known.
"""

from __future__ import annotations

import contextlib
import os
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from random import Random
from typing import TYPE_CHECKING, Any

from raseed.cli.local_shop import HOST, PAYMONGO_MINIMUM_MINOR, LocalShop
from raseed.proof.crash.points import NEVER, Points
from raseed.proof.crash.results import Failed, Progress, Result
from raseed.proof.tour.database import own_database
from raseed.proof.tour.run import open_shop
from raseed.proof.tour.trouble import VARIABLE
from raseed.sandbox.box import Options as SandboxOptions
from raseed.sandbox.paymongo.settings import with_minimum
from raseed.sandbox.server import create_app

if TYPE_CHECKING:
    from raseed.proof.crash.ground import Ground
    from raseed.proof.crash.journeys.base import Journey
    from raseed.proof.tour.scene import Scene

SETTINGS = "raseed.proof.crash.settings"


@dataclass(frozen=True)
class Duty:
    """What a worker is told: its directory, its database ("" is SQLite), which steps, and by what seed."""

    directory: Path
    database: str
    every: int
    seed: int


def work(duty: Duty, journeys: Any, told: Any) -> None:
    """Take journeys by name from one queue until it is empty; tell of each on the other."""
    parent = os.getppid()
    try:
        with _ground(duty) as ground, contextlib.suppress(Empty):
            while os.getppid() == parent:
                _torture(ground, _named(journeys.get_nowait()), duty, told)
    except Exception as error:  # noqa: BLE001 told by whoever waits for us
        traceback.print_exc()
        told.put(Failed(f"{type(error).__name__}: {error}", str(duty.directory)))


def _named(name: str) -> Journey:
    from raseed.proof.crash.catalogue import JOURNEYS

    return next(journey for journey in JOURNEYS if journey.name == name)


@contextlib.contextmanager
def _ground(duty: Duty) -> Iterator[Ground]:
    _log_to(duty.directory / "shop.log")
    own = own_database(duty.database) if duty.database else contextlib.nullcontext("")
    with (
        own as url,
        LocalShop(duty.directory, database_url=url, with_worker=False, with_events=False) as local,
    ):
        sandbox = _sandbox(local, duty.seed)
        local.environment |= {"DJANGO_SETTINGS_MODULE": SETTINGS, VARIABLE: str(duty.directory)}
        os.environ |= local.environment
        import django

        django.setup()
        from django.core.management import call_command
        from django.core.wsgi import get_wsgi_application

        from raseed.proof.crash.ground import Ground

        call_command("prepare_demo", stdout=open(os.devnull, "w"))  # noqa: SIM115, PTH123
        application = get_wsgi_application()
        points = Points(duty.directory / "steps.log")
        with contextlib.closing(Ground(local, duty.directory, points, sandbox, application)) as ground:
            yield ground


def _log_to(log: Path) -> None:
    """What the shop says goes into a file: a terminal has no use for it."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 2)
    os.close(handle)


def _sandbox(local: LocalShop, seed: int) -> Any:
    """A sandbox that knows the shop's addresses; the shop learns its secret."""
    port = int(local.sandbox_url.rpartition(":")[2])
    options = SandboxOptions(
        HOST, port, seed, local.clock_file, paymongo=with_minimum(PAYMONGO_MINIMUM_MINOR)
    )
    app = create_app(options)
    for gateway, body in local.webhooks().items():
        answer = app.state.sandbox.gateways[gateway].control("POST", ["webhooks"], body, {})
        if gateway == "paymongo":
            local.environment["RASEED_DEMO_WEBHOOK_SECRET"] = str(answer["secret_key"])
    return app


def _torture(ground: Ground, journey: Journey, duty: Duty, told: Any) -> None:
    """Once without a crash to count the steps, then with one at every step that the options ask for."""
    began = time.monotonic()
    random = Random(f"{duty.seed} {journey.name}")
    kind = "PostgreSQL" if duty.database else "SQLite"
    told.put(Progress(journey.name, kind, 0, 0))
    steps, crashes, wrong = 0, 0, []
    try:
        scene = _begin(ground, journey, random)
        steps, _, problems = _once(ground, scene, journey, NEVER)
        wrong = [f"without a crash: {problem}" for problem in problems]
        for number in range(1 + random.randrange(duty.every), steps + 1, duty.every):
            _, step, problems = _once(ground, scene, journey, number)
            crashes += step != ""
            missed = [] if step else ["the step was not reached"]
            wrong += [f"step {number}, {step or 'none'}: {problem}" for problem in missed + problems]
            told.put(Progress(journey.name, kind, number, steps))
    except Exception as error:  # noqa: BLE001 the other journeys go on
        traceback.print_exc()
        wrong.append(f"{type(error).__name__}: {error}")
    seconds = round(time.monotonic() - began, 1)
    told.put(Result(journey.name, kind, steps, crashes, tuple(wrong), seconds, str(duty.directory)))


def _begin(ground: Ground, journey: Journey, random: Random) -> Scene:
    """All that comes before the first step that may be deadly, done once; and the world kept as it stands."""
    from raseed.proof.tour.scene import Scene

    ground.start_afresh()
    shop = open_shop(journey.shop, ground)
    scene = Scene(ground, shop, random, shop.publish(random))
    journey.begin(scene)
    ground.keep()
    return scene


def _once(ground: Ground, scene: Scene, journey: Journey, deadly: int) -> tuple[int, str, list[str]]:
    """One journey: the steps it took, the step at which a process died ("" for none), what was wrong."""
    from raseed.proof.crash.invariants import oddities

    problems: list[str] = []
    step, passed, offer = "", 0, scene.offer
    try:
        ground.put_back()
        ground.points.arm(deadly)
        try:
            journey.travel(scene)
        finally:
            step = ground.points.fatal()
            passed = ground.points.disarm()
        ground.control.end_faults()
        ground.recover()
        problems += oddities(ground, scene, journey.ending)
        problems += journey.check(scene)
    except Exception as error:  # noqa: BLE001 the other steps go on
        traceback.print_exc()
        problems.append(f"{type(error).__name__}: {error}")
    scene.offer = offer
    return passed, step, problems
