"""A worker says that it lives, so that the doctor can say when none does."""

from __future__ import annotations

import os
import socket
import time
from datetime import timedelta
from typing import Any

from django.utils import timezone

from raseed.payments.models import Heartbeat

#: One small update in this time: often enough for the doctor, nothing for the database.
BEAT_SECONDS = 10

#: Stands for a process number where the process is gone by design.
CRON = 0

#: What killed workers left behind is forgotten after this.
_FORGET = timedelta(days=1)


def beat_once() -> None:
    """A run of `--once`, from cron: one row per machine, which stays, because the process does not."""
    now = timezone.now()
    Heartbeat.objects.update_or_create(
        host=socket.gethostname()[:255], pid=CRON, defaults={"beat_at": now}, create_defaults=_born(CRON)
    )


class Pulse:
    """The heartbeat of this process. `beat` may be called as often as one likes."""

    def __init__(self) -> None:
        self._row_id: int | None = None
        self._next = 0.0

    def beat(self) -> None:
        """Write that we live, if the last time is long enough ago."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + BEAT_SECONDS
        now = timezone.now()
        if self._row_id is None or not Heartbeat.objects.filter(pk=self._row_id).update(beat_at=now):
            self._begin()

    def stop(self) -> None:
        """We end in order: nobody needs to look for us."""
        if self._row_id is not None:
            Heartbeat.objects.filter(pk=self._row_id).delete()

    def _begin(self) -> None:
        now = timezone.now()
        Heartbeat.objects.filter(beat_at__lt=now - _FORGET).delete()
        self._row_id = Heartbeat.objects.create(**_born(os.getpid())).pk


def _born(pid: int) -> dict[str, Any]:
    now = timezone.now()
    return {"host": socket.gethostname()[:255], "pid": pid, "started_at": now, "beat_at": now}
