"""`manage.py raseed_work`: the worker. Finds what is owed and does it, until it is told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from raseed.payments import conf
from raseed.payments.flows.chores import next_due_at
from raseed.payments.flows.heartbeat import Pulse, beat_once
from raseed.payments.flows.sweep import sweep

log = logging.getLogger("raseed.work")

_TROUBLE_PAUSE_SECONDS = 2.0


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
        conf.current()
        stopping = threading.Event()
        with _told_to_stop(stopping):
            if options["once"]:
                sweep(stopping.is_set)
                beat_once()
                return
            if not options["until_idle"]:
                self.stdout.write("The worker runs, silent while all goes well. Ctrl-C stops it.")
            self._loop(stopping, options)

    def _loop(self, stopping: threading.Event, options: dict[str, Any]) -> None:
        pulse = Pulse()
        try:
            while not stopping.is_set():
                done = self._sweep(stopping, pulse)
                if options["until_idle"] and done == 0 and not self._is_due():
                    break
                if not done:
                    stopping.wait(options["pause"] if done == 0 else _TROUBLE_PAUSE_SECONDS)
        finally:
            with suppress(DatabaseError):
                pulse.stop()

    def _sweep(self, stopping: threading.Event, pulse: Pulse) -> int | None:
        """How much was done; None after trouble: a database or a queue that is away must not end us."""

        def is_over() -> bool:
            pulse.beat()  # between two tasks: many slow ones must not look like a dead worker
            return stopping.is_set()

        try:
            return sweep(is_over)
        except Exception:
            log.exception("the sweep was broken off; trying again")
            connection.close_if_unusable_or_obsolete()
            return None

    def _is_due(self) -> bool:
        due = next_due_at()
        return due is not None and due <= conf.now()


@contextmanager
def _told_to_stop(stopping: threading.Event) -> Iterator[None]:
    """SIGTERM and Ctrl-C set the event; a caller's own handlers are back afterwards."""

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears signals
        return
    earlier = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
