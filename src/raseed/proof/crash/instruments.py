"""Make a process count its steps: each statement, each commit, each call to the outside before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import httpx2
from django.db import connection

from raseed.payments import mail
from raseed.proof.crash.points import Points
from raseed.proof.crash.wire import Sent, Wire


def count_steps(points: Points) -> None:
    """For the rest of this process's life. It must be a fork with no connection to the database yet."""
    connection.execute_wrappers.append(_before_statement(points))
    _around(points, "commit", connection, "commit")
    _around(points, "call", httpx2.Client, "send")
    _around(points, "letter", mail, "send")


def divert_calls(wire: Wire) -> None:
    """Send every HTTP request of this process through the wire, whatever client sends it."""

    def handle(_: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        return wire.ask(Sent.of(request)).response(request)

    patch.object(httpx2.HTTPTransport, "handle_request", handle).start()


def _before_statement(points: Points) -> Callable[..., Any]:
    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        points.step(f"statement: {sql}")
        return execute(sql, params, many, context)

    return wrapper


def _around(points: Points, what: str, owner: Any, name: str) -> None:
    """Two steps: the moment before, and the moment in which only the other side knows that it was done."""
    genuine = getattr(owner, name)

    def counted(*args: Any, **more: Any) -> Any:
        points.step(f"before {what}")
        answer = genuine(*args, **more)
        points.step(f"after {what}")
        return answer

    patch.object(owner, name, counted).start()
