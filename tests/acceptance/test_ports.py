"""Two demos on one machine never share a port, however long one takes to start listening."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from raseed.cli import ports
from raseed.cli.ports import HeldPorts, NoFreePort


@pytest.fixture
def held(tmp_path, monkeypatch) -> Iterator[HeldPorts]:
    monkeypatch.setattr(ports.tempfile, "gettempdir", lambda: str(tmp_path))
    taken = HeldPorts()
    yield taken
    taken.release()


def test_a_port_that_is_held_goes_to_nobody_else_though_nothing_listens_yet(held):
    mine = held.take()
    other = HeldPorts()
    assert other.take(mine) != mine
    other.release()
    held.release()
    assert other.take(mine) == mine
    other.release()


def test_a_port_that_something_listens_on_is_passed_by(held):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = listening.getsockname()[1]
        assert held.take(taken) != taken


def test_it_says_so_when_nothing_is_free(held, monkeypatch):
    monkeypatch.setattr(ports, "_is_free", lambda host, port: False)
    with pytest.raises(NoFreePort, match="from 8450"):
        held.take(8450)


def test_another_process_sees_it_and_gets_it_when_we_die(tmp_path):
    """The lock is the system's: a demo that is killed leaves no port behind."""
    hold = (
        "import tempfile, sys; tempfile.tempdir = sys.argv[1]\n"
        "from raseed.cli.ports import HeldPorts\n"
        "print(HeldPorts().take(int(sys.argv[2])) , flush=True); sys.stdin.read()"
    )

    def start(preferred: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", hold, str(tmp_path), str(preferred)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def port_of(process: subprocess.Popen[str]) -> int:
        assert process.stdout is not None
        return int(process.stdout.readline())

    with contextlib.ExitStack() as stack:
        first = stack.enter_context(start(23_456))
        mine = port_of(first)
        second = stack.enter_context(start(mine))
        assert port_of(second) != mine
        first.kill()
        first.wait()
        third = stack.enter_context(start(mine))
        assert port_of(third) == mine
        for process in (second, third):
            process.kill()
