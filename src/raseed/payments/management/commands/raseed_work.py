"""`manage.py raseed_work`: the worker. Finds what is owed and does it, until it is told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, connection

from raseed.payments import conf
from raseed.payments.flows.sweep import next_due_at, sweep

log = logging.getLogger("raseed.work")


class Command(BaseCommand):
    """Loops over `sweep`. Several may run at once; killing one loses nothing."""

    help = "Polls gateways, reads parked deliveries, retries fulfilments, sends refunds. Runs until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options for tests and cron."""
        parser.add_argument("--once", action="store_true", help="do what is due now, once, and end")
        parser.add_argument(
            "--until-idle", action="store_true", help="go on until nothing is due now, and end"
        )
        parser.add_argument(
            "--pause", type=float, default=0.5, metavar="SECONDS", help="pause between sweeps (default 0.5)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep, pause, repeat; SIGTERM and Ctrl-C end it after the task at hand."""
        stopping = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        conf.current()
        while not stopping.is_set():
            done = self._sweep()
            if options["once"] or (options["until_idle"] and not done and not self._is_due()):
                break
            if not done:
                stopping.wait(options["pause"])

    def _sweep(self) -> int:
        """A database that is away for a moment must not end the worker."""
        try:
            return sweep()
        except Error as error:
            log.warning("the database does not answer (%s); trying again", type(error).__name__)
            connection.close_if_unusable_or_obsolete()
            return 0

    def _is_due(self) -> bool:
        due = next_due_at()
        return due is not None and due <= conf.now()
