"""Ports that two demos on one machine never both take.

A port is chosen long before its server listens: migrations come in between. A probe alone would give the
same port to two demos that start together, and a server that shares its port (SO_REUSEPORT, as granian does)
would then answer half of the other's visitors. So whoever chooses a port also holds a lock on its number
until its processes have ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: How far "the next free one" goes.
NEXT = 50
#: Where "any" is looked for: below the ports that systems lend to outgoing connections (from 32768 on Linux).
ANY = range(20_000, 32_000)


class NoFreePort(Exception):
    """Everything that was tried is taken."""


class HeldPorts:
    """The ports of one demo: `take` them, and `release` them all when its processes have ended."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._host = host
        self._locks: list[int] = []

    def take(self, preferred: int = 0) -> int:
        """The preferred port, else one of the fifty that follow, else any; 0 prefers none.

        Raises NoFreePort.
        """
        for port in _candidates(preferred):
            if (lock := _lock(port)) is None:
                continue
            if _is_free(self._host, port):
                self._locks.append(lock)
                return port
            os.close(lock)
        raise NoFreePort(f"no port is free on {self._host}: {NEXT} from {preferred} on and {NEXT} others.")

    def release(self) -> None:
        """Others may have them."""
        while self._locks:
            os.close(self._locks.pop())


def _candidates(preferred: int) -> Iterator[int]:
    if preferred:
        yield from range(preferred, min(preferred + NEXT, 65_536))
    yield from random.sample(ANY, NEXT)


def _lock(port: int) -> int | None:
    """An open file whose lock means "this port is mine"; None if it is somebody else's."""
    directory = Path(tempfile.gettempdir()) / f"raseed-ports-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    # The file stays: removing it would let two processes lock two files of one name.
    handle = os.open(directory / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _is_free(host: str, port: int) -> bool:
    """Whether a server could listen there; as for a server, connections in TIME_WAIT do not matter."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind((host, port))
            return True
    return False
