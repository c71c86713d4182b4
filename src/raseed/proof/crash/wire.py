"""Requests and answers between a process that may die and the one that waits for it: frames on a socket.

The process that may die has no network. What it sends out goes through here, so that each call is answered
by whatever is at its address, and a death is seen at once as the end of the stream.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import struct
from dataclasses import dataclass
from typing import Any

import httpx2

_LENGTH = struct.Struct("!I")


@dataclass(frozen=True)
class Sent:
    """A request, without its connection."""

    method: str
    url: str
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @classmethod
    def of(cls, request: httpx2.Request) -> Sent:
        """Of a request whose body can be read at once."""
        return cls(request.method, str(request.url), list(request.headers.raw), request.read())

    def request(self) -> httpx2.Request:
        return httpx2.Request(self.method, self.url, headers=self.headers, content=self.body)


@dataclass(frozen=True)
class Got:
    """An answer. Status 0: there was none, and the connection broke."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def response(self, request: httpx2.Request) -> httpx2.Response:
        """Raises ReadError where there was no answer."""
        if not self.status:
            raise httpx2.ReadError("the connection broke", request=request)
        return httpx2.Response(self.status, headers=self.headers, content=self.body, request=request)


NOTHING = Got(0, [], b"")


class Wire:
    """The end that the mortal process has. One question at a time."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def ask(self, sent: Sent) -> Got:
        """Send a request out, and wait for its answer."""
        self.say(sent)
        got: Got = self.hear()
        return got

    def hear(self) -> Any:
        """The next word of whoever waits for us. Raises EOFError once nobody does."""
        return pickle.loads(self._exactly(_LENGTH.unpack(self._exactly(_LENGTH.size))[0]))  # noqa: S301

    def say(self, word: Any) -> None:
        """Send one frame: a request, or the answer to what this process was made for."""
        self._end.sendall(frame(word))

    def _exactly(self, size: int) -> bytes:
        received = bytearray()
        while len(received) < size:
            part = self._end.recv(size - len(received))
            if not part:
                raise EOFError("whoever waited for this process is gone")
            received += part
        return bytes(received)


def frame(word: Any) -> bytes:
    """One word with its length before it."""
    packed = pickle.dumps(word)
    return _LENGTH.pack(len(packed)) + packed


async def read_frame(reader: asyncio.StreamReader) -> Any:
    """The next word of the mortal process. Raises IncompleteReadError once it is gone."""
    size = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))[0]
    return pickle.loads(await reader.readexactly(size))  # noqa: S301 from our own fork
