"""What one delivery costs in processor time: the base of a plan for machines.

    python -m bench.cost --database postgresql:///postgres

Processor time of this process and of its PostgreSQL backend, by the system's own count (Linux), for
deliveries that confirm a payment and for copies of them. HTTP is not in it, nor what PostgreSQL writes
behind: this is the base of a plan, not a rate.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from bench.speed.processors import used
from raseed.proof.tour.database import own_database

#: Not counted: what is loaded and prepared once.
WARM_UP = 50


def main() -> None:
    """Make a database, measure, print, drop it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", required=True, metavar="URL")
    options.add_argument("--deliveries", type=int, default=1000)
    chosen = options.parse_args()
    with own_database(chosen.database) as url, tempfile.TemporaryDirectory() as directory:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "bench.cost_settings",
            "RASEED_DEMO_DATABASE_URL": url,
            "RASEED_DEMO_DIRECTORY": directory,
        }
        import django

        django.setup()
        _measure(chosen.deliveries)


def _measure(count: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    raws = _deliveries(WARM_UP + count)
    _receive(raws[:WARM_UP])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    print(f"{count} deliveries, milliseconds of processor each")
    for name in ("confirms a payment", "copy of one"):
        application, database = _cost(backend, lambda: _receive(raws[WARM_UP:]))
        print(f"{name:<20} application {application / count:6.2f}   database {database / count:6.2f}")
    connection.close()


def _deliveries(count: int) -> list[Any]:
    """Signed requests of as many open payments, each for a task of its own."""
    from django.contrib.auth.models import User

    from raseed import testing
    from raseed_shops.errands.models import SystemCommission, Task

    poster = User.objects.create(username="poster")
    raws = []
    for number in range(count):
        accepted = {"status": Task.Status.ACCEPTED, "poster": poster, "doer": poster}
        task = Task.objects.create(title=f"Task {number}", price=200, **accepted)
        SystemCommission.objects.create(task=task, amount=2)
        payment = testing.make_payment(task, purpose="system-fee", user=poster)
        raws.append(testing.delivery_of([testing.pay(payment)]))
    return raws


def _receive(raws: Sequence[Any]) -> None:
    from raseed.payments.flows.receive_delivery import receive_delivery

    for raw in raws:
        if receive_delivery("fake", raw).refused is not None:
            raise SystemExit("a delivery was refused: nothing can be said of its cost")


def _cost(backend: int, work: Callable[[], None]) -> tuple[float, float]:
    """Milliseconds of processor that this process and that backend used meanwhile."""
    before = time.process_time(), used([backend])
    work()
    return (time.process_time() - before[0]) * 1000, (used([backend]) - before[1]) * 1000


if __name__ == "__main__":
    main()
