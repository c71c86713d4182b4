"""Heartbeat: a worker that lives, and when it last said so."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """One worker process. Its row goes when it ends in order; one that was killed leaves it behind.

    Process 0 stands for all runs of `raseed_work --once` on a machine.

    Moments are real ones, not those of `CLOCK`: a rehearsal's time may stand still.
    """

    host = models.CharField(max_length=255)
    pid = models.BigIntegerField()
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}" if self.pid else f"raseed_work --once on {self.host}"
