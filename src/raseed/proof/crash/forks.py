"""A shop whose processes may die: each serves requests and sweeps, one at a time, until its deadly step.

A fork begins with Django loaded and no connection of any kind. What it dies with is what a killed server
dies with: its transaction is rolled back by the database, its caller sees a closed connection. Another one
takes its place at the next request; and at once, where one comes while all are busy.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
from django.db import connections

from raseed.payments.flows.sweep import sweep
from raseed.proof.crash.instruments import count_steps, divert_calls
from raseed.proof.crash.points import DIED, Points
from raseed.proof.crash.wire import NOTHING, Got, Sent, Wire, frame, read_frame
from raseed.proof.warm import load_everything

#: Answers what a fork sends out.
Outside = Callable[[Sent], Awaitable[Got]]
#: Asks a fork for a look of the worker, and is the answer to it.
SWEEP, DONE = "sweep", "done"


class ChildFailed(Exception):
    """A child neither did its work nor died where it should."""


@dataclass
class Child:
    """A fork of this process, and our end of the wire to it."""

    pid: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Forks:
    """Does work in forks of this process. `application` is the shop as WSGI sees it, at `host`."""

    def __init__(self, points: Points, application: Any, host: str, outside: Outside) -> None:
        self._points = points
        self._outside = outside
        self._site = httpx2.WSGITransport(app=application, raise_app_exceptions=False)
        self._idle: list[Child] = []
        load_everything(host)
        #: What journeys read rows through. A loop that runs would be given others, and may not close these.
        self._connections = connections.all()
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

    async def answer(self, sent: Sent) -> Got:
        """The shop's answer to a request; NOTHING where its process died."""
        got = await self._ask(sent)
        return got if isinstance(got, Got) else NOTHING

    async def sweep(self) -> bool:
        """Let the worker look once. False if its process died."""
        return bool(await self._ask(SWEEP))

    async def run(self, work: Callable[[], object]) -> bool:
        """Do this in a process of its own. False if it died at the deadly step. Raises ChildFailed."""
        child = await self._fork(work)
        await self._attend(child)
        return self._bury(child)

    def close(self) -> None:
        """End all that wait for work."""
        for child in self._idle:
            child.writer.close()
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
        self._idle.clear()

    async def _ask(self, word: Sent | str) -> Got | str | None:
        """What a child that was idle says to this; None where it died. Raises ChildFailed."""
        child = self._idle.pop() if self._idle else await self._fork(None)
        child.writer.write(frame(word))
        said = await self._attend(child)
        if said is None:
            self._bury(child)
        else:
            self._idle.append(child)
        return said

    async def _attend(self, child: Child) -> Got | str | None:
        """Answer what a child sends out until it says something itself; None where it ended."""
        try:
            while isinstance(word := await read_frame(child.reader), Sent):
                child.writer.write(frame(await self._outside(word)))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        said: Got | str = word
        return said

    async def _fork(self, work: Callable[[], object] | None) -> Child:
        """A child that does one thing and ends, or that does what it is asked for."""
        for connection in self._connections:
            connection.close()
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._live(Wire(theirs), work)
        theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours)
        return Child(pid, reader, writer)

    def _bury(self, child: Child) -> bool:
        """Whether it ended well; False: it died where it should. Raises ChildFailed."""
        child.writer.close()
        code = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
        if code not in (0, DIED):
            raise ChildFailed(f"a child ended with {code}; what it said is in shop.log")
        return code == 0

    def _live(self, wire: Wire, work: Callable[[], object] | None) -> None:
        """The whole life of a child; never returns."""
        status = 1
        try:
            count_steps(self._points)
            divert_calls(wire)
            if work is not None:
                work()
            while work is None:
                wire.say(self._do(wire.hear()))
            status = 0
        except EOFError:
            status = 0
        except BaseException:  # noqa: BLE001 nobody else would ever see it
            traceback.print_exc()
        finally:
            os._exit(status)

    def _do(self, word: Sent | str) -> Got | str:
        if isinstance(word, str):
            sweep()
            return DONE
        response = self._site.handle_request(word.request())
        try:
            return Got(response.status_code, list(response.headers.raw), response.read())
        finally:
            response.close()
