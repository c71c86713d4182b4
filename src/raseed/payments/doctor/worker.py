"""The worker: does one live?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.core.checks import CheckMessage
from django.utils import timezone

from raseed.payments import conf
from raseed.payments.doctor.findings import found
from raseed.payments.flows.heartbeat import BEAT_SECONDS
from raseed.payments.models import Heartbeat

_START = "Run manage.py raseed_work under a supervisor that restarts it."


def examine(settings: conf.Settings) -> Iterator[CheckMessage]:
    """Heartbeats, by the real time. One task may take as long as a lease."""
    now = timezone.now()
    silent_after = timedelta(seconds=settings.lease_seconds + 2 * BEAT_SECONDS)
    workers = list(Heartbeat.objects.order_by("-beat_at"))
    alive = [worker for worker in workers if now - worker.beat_at <= silent_after]
    silent = [worker for worker in workers if worker not in alive]
    if not alive:
        last = (
            f"The last one ({silent[0]}) was heard {_ago(now - silent[0].beat_at)} ago" if silent else "None"
        )
        last += "." if silent else " has left a sign of life."
        yield found(
            "raseed.E050",
            "the worker",
            f"no worker runs: nothing is polled, retried, refunded or sent. {last}",
            _START,
        )
        return
    for worker in silent:
        yield found(
            "raseed.W050",
            str(worker),
            f"this worker ended without a word {_ago(now - worker.beat_at)} ago; {len(alive)} others live.",
            "See its log: was it killed for its memory? It is forgotten after a day.",
        )


def _ago(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
