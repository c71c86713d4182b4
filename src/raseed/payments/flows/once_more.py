"""A transaction that dies under us (a deadlock, a lost connection) is done once more, with less in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection

Result = TypeVar("Result")


def once_more(attempt: Callable[[bool], Result]) -> Result:
    """`attempt(False)`; if its transaction dies, `attempt(True)`: with the giving left to the worker.

    A transaction around it that is broken with it is not ours to repeat: there the error goes on.
    """
    try:
        return attempt(False)
    except OperationalError:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        elif connection.needs_rollback:
            raise
        return attempt(True)
