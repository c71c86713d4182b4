"""A PostgreSQL server of our own, in a directory of its own, that can be killed and started again."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from raseed.cli.processes import Watchdog

HOST = "127.0.0.1"
#: How long it may take to come up. After a kill it replays its log, and waits for backends that still end.
PATIENCE_SECONDS = 60.0
#: What a promise to keep something rests on; and room for everybody.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "listen_addresses": HOST,
    "unix_socket_directories": "",
}
#: Where Debian keeps the programs, which are on nobody's PATH there.
PLACES = Path("/usr/lib/postgresql")


class NoServer(Exception):
    """PostgreSQL's programs are missing, or the server does not start. The message says which."""


class Server:
    """One server. Start it with `started`; `kill` is what a power cut does to the process."""

    def __init__(self, directory: Path, port: int, watchdog: Watchdog) -> None:
        self._directory = directory
        self._watchdog = watchdog
        self._port = port
        self._programs = programs()
        self._user = _other_user()
        self._process: subprocess.Popen[bytes] | None = None
        self.kills = 0

    @property
    def url(self) -> str:
        """Where the shop's database is."""
        return f"postgresql://raseed@{HOST}:{self._port}/postgres"

    def create(self) -> None:
        """Make an empty cluster. Raises NoServer."""
        if self._user is not None:
            shutil.chown(self._directory, self._user)
        arguments = ["--username", "raseed", "--auth", "trust", "--encoding", "UTF8", "--locale", "C"]
        command = [str(self._programs / "initdb"), "--pgdata", str(self._data), *arguments]
        done = subprocess.run(
            command, user=self._user, cwd=self._directory, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NoServer(f"initdb failed: {(done.stderr or done.stdout).strip()[-400:]}")

    def start(self) -> None:
        """Start it and wait until it takes connections. Raises NoServer."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            if self._process is None or self._process.poll() is not None:
                self._launch()  # right after a kill it refuses until its last backend has ended
            if self._is_up():
                return
            time.sleep(0.1)
        raise NoServer(f"PostgreSQL did not start in {PATIENCE_SECONDS:g} s. {self._log_tail()}")

    def kill(self) -> None:
        """SIGKILL to the postmaster: no checkpoint, no good-bye."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._watchdog.release(self._process.pid)
            self.kills += 1

    def stop(self) -> None:
        """Stop it at once, in good order."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # a fast shutdown
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
            self._process.kill()
            self._process.wait()
            self._watchdog.release(self._process.pid)

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    @property
    def _log(self) -> Path:
        return self._directory / "postgresql.log"

    def _launch(self) -> None:
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self._port), *settings]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                user=self._user,
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._watchdog.guard(self._process.pid)

    def _is_up(self) -> bool:
        ready = [
            str(self._programs / "pg_isready"),
            "-q",
            "-h",
            HOST,
            "-p",
            str(self._port),
            "-U",
            "raseed",
            "-d",
            "postgres",
        ]
        return subprocess.run(ready, check=False).returncode == 0

    def _log_tail(self) -> str:
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return "Its log ends with:\n" + "\n".join(text.splitlines()[-6:])


@contextlib.contextmanager
def started() -> Iterator[Server]:
    """A new server while the block runs; its directory is removed afterwards. Raises NoServer."""
    directory = Path(tempfile.mkdtemp(prefix="raseed-postgresql-"))
    try:
        with Watchdog() as watchdog:
            server = Server(directory, _free_port(), watchdog)
            try:
                server.create()
                server.start()
                yield server
            finally:
                server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def programs() -> Path:
    """The directory of initdb and postgres. Raises NoServer."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    if config := shutil.which("pg_config"):
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        places.append(Path(told.stdout.strip()))
    places += sorted(PLACES.glob("*/bin"), key=lambda place: _version(place.parent.name), reverse=True)
    for place in places:
        if all((place / name).exists() for name in ("initdb", "postgres", "pg_isready")):
            return place
    raise NoServer("PostgreSQL's server is not installed here (no initdb). On Debian: apt install postgresql")


def _version(name: str) -> int:
    return int(name) if name.isdecimal() else 0


def _other_user() -> str | None:
    """Whose the server is where we are root, which PostgreSQL refuses to be; None: ours."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise NoServer("PostgreSQL does not run as root, and there is no user postgres or nobody here.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
