"""What makes a process repeatable: its randomness, its clock, and the points at which it may be stopped."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connections

from raseed.payments import mail
from raseed.proof.simulate.strands import Strand, current
from raseed_shops import clock as shop_clock


@contextmanager
def repeatable(now: Callable[[], float], seed: str) -> Iterator[None]:
    """While the block runs, time is the sandbox's, and what is random comes from the seed."""
    source = random.Random(seed)
    frozen = {"mode": "frozen"}
    with ExitStack() as stack:
        for owner, name, replacement in (
            (os, "urandom", source.randbytes),
            (random, "_urandom", source.randbytes),  # what `secrets` draws from
            (time, "sleep", _sleeping(time.sleep)),
            (time, "monotonic", _ticking(time.monotonic, now)),
            (shop_clock, "_read", lambda: {**frozen, "frozen_at": now()}),
            (mail, "send", _counted("letter", mail.send)),
        ):
            stack.enter_context(patch.object(owner, name, replacement))
        random.seed(seed)
        yield


def _sleeping(really: Callable[[float], None]) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        strand = current()
        if strand is None:
            really(seconds)
        else:
            strand.sleep(seconds)

    return sleep


def _ticking(really: Callable[[], float], now: Callable[[], float]) -> Callable[[], float]:
    return lambda: really() if current() is None else now()


def fit(strand: Strand) -> None:
    """Count the steps of this strand's connection: each statement, and each commit before and after."""
    connection = connections["default"]
    if any(isinstance(wrapper, _Counting) for wrapper in connection.execute_wrappers):
        return
    connection.execute_wrappers.append(_Counting(strand))
    # A dead strand gets another connection, so nothing need be put back.
    connection.commit = _counted("commit", connection.commit)  # type: ignore[method-assign]


class _Counting:
    """One step for each statement."""

    def __init__(self, strand: Strand) -> None:
        self._strand = strand

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self._strand.step(sql)
        return execute(sql, params, many, context)


def _counted(what: str, genuine: Callable[..., Any]) -> Callable[..., Any]:
    """Two steps: before, and when only the other side knows that it was done."""

    def counted(*args: Any, **more: Any) -> Any:
        strand = current()
        if strand is None:
            return genuine(*args, **more)
        strand.step(f"before {what}", is_committing=what == "commit")
        done = genuine(*args, **more)
        strand.step(f"after {what}")
        return done

    return counted
