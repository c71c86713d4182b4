"""A shop whose every request, and every sweep of the worker, is a process of its own that may die.

A fork has Django loaded and no connection of any kind. What it dies with is what a killed server dies
with: its transaction is rolled back by the database, its caller sees a closed connection.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socketserver
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from django.db import connections
from django.test import Client

from raseed.proof.crash.instruments import count_steps
from raseed.proof.crash.points import DIED, Points


class ChildFailed(Exception):
    """A child neither did its work nor died where it should."""


def in_child(points: Points, work: Callable[[], object]) -> bool:
    """Do this in a process of its own. False if it died at the deadly step. Raises ChildFailed."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            count_steps(points)
            work()
            status = 0
        finally:
            os._exit(status)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (0, DIED):
        raise ChildFailed(f"a child ended with {code}; what it said is above")
    return code == 0


@contextlib.contextmanager
def forked_shop(points: Points, application: Any, host: str, port: int) -> Iterator[None]:
    """Serve a WSGI application while the block runs, a fork for each request."""
    # Load what the first request loads, so that no fork does it again.
    Client(HTTP_HOST=host).get("/login/")
    connections.close_all()
    with _Server((host, port), _Handler) as server:  # listens from here on
        server.points = points
        server.set_app(application)
        child = os.fork()
        if child == 0:
            try:
                server.serve_forever()
            finally:
                os._exit(1)
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


class _Server(socketserver.ForkingMixIn, WSGIServer):
    points: Points
    #: The sandbox sends several webhooks at once.
    max_children = 16
    request_queue_size = 64

    def server_bind(self) -> None:
        """Without asking a name server for the name of this machine, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    server: _Server

    def handle(self) -> None:
        count_steps(self.server.points)
        super().handle()

    def address_string(self) -> str:
        return str(self.client_address[0])

    def log_message(self, *_: Any) -> None:
        """The journey tells what happened."""
