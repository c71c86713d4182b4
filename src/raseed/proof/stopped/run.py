"""A shop on a server of its own, customers, and a hand that kills the server; then the books are compared."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from raseed.cli.local_shop import LocalShop
from raseed.proof.stopped.load import Customers, Seen
from raseed.proof.stopped.server import Server, started
from raseed.proof.tour.run import SETTINGS, open_shop
from raseed.proof.tour.trouble import VARIABLE

if TYPE_CHECKING:
    from raseed.proof.tour.stage import Stage

#: How long the server lives between two kills, at least and at most, and how long it is away.
ALIVE_SECONDS, AWAY_SECONDS = (1.5, 4.0), 0.5
#: After the last kill: so many leases go by, in the sandbox's time.
LEASES = 12


@dataclass(frozen=True)
class Options:
    """How many purchases by how many customers at once, and how often the server is killed meanwhile."""

    purchases: int = 60
    customers: int = 4
    kills: int = 5
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """`acknowledged` webhooks were answered as received; `refusals` are presses that got no page."""

    purchases: int
    kills: int
    refusals: int
    acknowledged: int
    paid: int
    wrong: tuple[str, ...]
    seconds: float


#: Told in words what happens now.
Watch = Callable[[str], None]


def run(options: Options, watch: Watch) -> tuple[Outcome, Path | None]:
    """The outcome, and the directory of the logs, kept only if something was wrong.

    Raises NoServer, ProcessFailed or NoFreePort where it cannot begin.
    """
    began = time.monotonic()
    directory = Path(tempfile.mkdtemp(prefix="raseed-stopped-"))
    watch("making a PostgreSQL server")
    with started() as server, _shop(directory, server, options.seed) as stage:
        customers = _storm(stage, server, options, watch)
        watch("letting everything come that comes by itself")
        _rest(stage)
        wrong, paid, acknowledged = _judge(stage, customers.seen)
    seconds = round(time.monotonic() - began, 1)
    seen = customers.seen
    outcome = Outcome(
        len(seen.agreed), server.kills, seen.refusals, acknowledged, paid, tuple(wrong), seconds
    )
    if wrong:
        return outcome, directory
    shutil.rmtree(directory, ignore_errors=True)
    return outcome, None


@contextlib.contextmanager
def _shop(directory: Path, server: Server, seed: int) -> Iterator[Stage]:
    arguments = ["--seed", str(seed)]
    with LocalShop(
        directory, database_url=server.url, sandbox_arguments=arguments, with_events=False
    ) as local:
        local.environment |= {"DJANGO_SETTINGS_MODULE": SETTINGS, VARIABLE: str(directory)}
        local.start()
        os.environ |= local.environment
        import django

        django.setup()
        from raseed.proof.tour.stage import Stage

        with contextlib.closing(Stage(local, directory)) as stage:
            yield stage


def _storm(stage: Stage, server: Server, options: Options, watch: Watch) -> Customers:
    """Customers buy, and the server is killed and started until the kills are used up and all is bought."""
    from django.db import connection

    random = Random(options.seed)
    shop = open_shop("errands", stage)
    watch(f"putting {options.purchases} things up for sale")
    offers = [shop.publish(random) for _ in range(options.purchases)]
    connection.close()
    customers = Customers(stage.local.shop_url, offers, options.customers)
    customers.start()
    for number in range(1, options.kills + 1):
        if customers.are_done(random.uniform(*ALIVE_SECONDS)):
            break
        watch(f"kill {number} of {options.kills}; {len(customers.seen.agreed)} purchases so far")
        server.kill()
        time.sleep(AWAY_SECONDS)
        server.start()
    watch("waiting for the last customers")
    while not customers.are_done(1.0):
        pass
    return customers


def _rest(stage: Stage) -> None:
    """Retries, polls and sweeps while the sandbox's time goes on, first past leases that nobody ended."""
    from raseed.proof.tour.settings import LEASE_SECONDS

    stage.control.freeze()
    for _ in range(LEASES):
        stage.control.advance(LEASE_SECONDS + 1)
        stage.settle()


def _judge(stage: Stage, seen: Seen) -> tuple[list[str], int, int]:
    """What does not hold; how many payments are paid; how many webhooks were answered as received."""
    from raseed.payments.models import Payment
    from raseed.proof.gateway_books import read_books
    from raseed.proof.invariants import breaches
    from raseed.proof.tour.settings import LEASE_SECONDS

    deliveries = stage.control.deliveries("")
    books = read_books(stage.control.books, deliveries, stage.local.sandbox_url)
    found = breaches(books, promise_seconds=LEASES * (LEASE_SECONDS + 1))
    wrong = [str(breach) for breach in found]
    known = set(Payment.objects.values_list("gateway_ref", flat=True))
    wrong += [
        f"the page of {source} was shown, and no payment knows it" for source in set(seen.shown) - known
    ]
    wrong += [f"nobody could pay for {title}" for title in seen.gave_up]
    paid = Payment.objects.filter(state="paid")
    by_ref = set(paid.values_list("gateway_ref", flat=True))
    wrong += [f"{source} was agreed to, and is not paid" for source in set(seen.agreed) - by_ref]
    return wrong, paid.count(), len(books.acknowledged)
