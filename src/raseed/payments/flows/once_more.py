"""A transaction that dies under us (a deadlock, a shop's error) is done once more, with less in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection

from raseed.payments.flows.giving import GUARDED, LATER, Giving, ShopRaised

Result = TypeVar("Result")


def once_more(attempt: Callable[[Giving], Result], first: Giving = GUARDED) -> Result:
    """`attempt(first)`; if its transaction dies, again with the giving left to the worker.

    A transaction around it that is broken with it is not ours to repeat: there the error goes on.
    """
    try:
        return attempt(first)
    except ShopRaised as raised:
        return attempt(Giving(later=True, error=raised.traceback))
    except OperationalError:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        elif connection.needs_rollback:
            raise
        return attempt(LATER)
