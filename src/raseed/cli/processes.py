"""Child processes that never outlive us: start, stop, kill, restart, and wait until healthy.

    with Watchdog() as watchdog:
        worker = Child("worker", [sys.executable, ...], environment={}, log=path, watchdog=watchdog)
        worker.start()
        worker.kill()       # SIGKILL, as a power cut would
        worker.start()
        worker.stop()       # SIGTERM, then SIGKILL after the grace

Each child leads its own process group: Ctrl-C in a terminal reaches only the parent, which then stops
the children in the order it wants. `raseed.cli.local_shop.LocalShop` puts sandbox, shop and worker together.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType


class ProcessFailed(Exception):
    """A child ended, or did not become healthy. The message holds the end of its log and says where it is."""


class Watchdog:
    """A tiny process that kills our children if we are killed before we could stop them."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("watchdog.py")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def guard(self, pid: int) -> None:
        """From now on the group of this process dies with us."""
        self._write(f"+{pid}\n")

    def release(self, pid: int) -> None:
        """This process has ended; its number may soon belong to somebody else."""
        self._write(f"-{pid}\n")

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None  # noqa: S101  (opened with PIPE)
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def close(self) -> None:
        """Kill what is still guarded and end the watchdog itself."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.wait(timeout=10)

    def __enter__(self) -> Watchdog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Child:
    """One child process that can be started again and again; its output goes to a log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        log: Path,
        watchdog: Watchdog,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.environment = dict(environment)
        self.log = log
        self._watchdog = watchdog
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the process is alive now."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process id of the running child, or of the last one; None before the first start."""
        return None if self._process is None else self._process.pid

    @property
    def returned(self) -> int | None:
        """What it ended with; None while it runs or before the first start."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start it; does nothing while it runs. Output is added to the log."""
        if self.running:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._watchdog.guard(self._process.pid)

    def signal_stop(self) -> None:
        """Ask it to end (SIGTERM) without waiting."""
        if self._process is not None and self.running:
            self._process.terminate()

    def stop(self, grace_seconds: float = 4.0) -> None:
        """SIGTERM, wait this long, then SIGKILL. Returns when the whole group is gone."""
        self.signal_stop()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_seconds)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the child and to all that it started, and wait until it is gone."""
        if self._process is None:
            return
        # The group may outlive its leader: a server's own workers are in it too.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._watchdog.release(self._process.pid)

    def restart(self) -> None:
        """Stop it and start it again."""
        self.stop()
        self.start()

    def wait_healthy(
        self, url: str, *, timeout_seconds: float = 120.0, give_up: threading.Event | None = None
    ) -> None:
        """Return once `url` answers 200. Raises ProcessFailed if the child ends or never answers.

        `give_up`, set by another thread or a signal, ends the wait at once, also with ProcessFailed.
        """
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if give_up is not None and give_up.is_set():
                raise ProcessFailed(f"stopped while {self.name} was starting.")
            if not self.running:
                raise ProcessFailed(f"{self.name} ended at once. {self.log_tail()}")
            if answers(url):
                return
            time.sleep(0.05)
        raise ProcessFailed(
            f"{self.name} did not answer at {url} in {timeout_seconds:g} s. {self.log_tail()}"
        )

    def log_tail(self, lines: int = 12) -> str:
        """The last lines of its log, and where the log is."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"Its log ({self.log}) ends with:\n" + "\n".join(text.splitlines()[-lines:])


class Crew:
    """Several children that do one thing together: started, stopped and killed as one."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = list(children)

    def start(self) -> None:
        """Start those that do not run."""
        for child in self.children:
            child.start()

    def stop(self, grace_seconds: float = 4.0) -> None:
        """SIGTERM to all at the same time, then wait for each as `Child.stop` does."""
        for child in self.children:
            child.signal_stop()
        for child in self.children:
            child.stop(grace_seconds)

    def kill(self) -> None:
        """SIGKILL to all of them."""
        for child in self.children:
            child.kill()

    def find(self, pid: int) -> Child | None:
        """The one that is this process."""
        return next((child for child in self.children if child.pid == pid and child.running), None)


# Loopback addresses must not go through a proxy that the environment names.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def answers(url: str) -> bool:
    """Whether a GET of this address gives 200."""
    try:
        with _direct.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def post_json(url: str, body: bytes, timeout_seconds: float = 10.0) -> bytes:
    """POST a JSON document on this machine and return the answer's body. Raises OSError."""
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310
    with _direct.open(request, timeout=timeout_seconds) as response:
        return bytes(response.read())
