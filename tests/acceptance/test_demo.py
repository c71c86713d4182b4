"""`raseed demo` as a person meets it: start it, pay, see the chat open, stop it, and find nothing left."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.browser import Browser

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-c", "from raseed.cli import main; main()", "demo"]
STARTS_WITHIN_SECONDS = 180
STOPS_WITHIN_SECONDS = 40
#: Another for each process that runs tests: a demo that is started again wants the port it had, and no
#: demo of another test may have moved in meanwhile.
PORT = 10_000 + os.getpid() % 500 * 20


class Demo:
    """A running `raseed demo`."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.output = directory / "output.txt"
        ports = ["--port", str(PORT), "--sandbox-port", str(PORT + 10)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*COMMAND, "--directory", str(directory / "demo"), *ports, *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                # Its own session: what is left in it after the end was left behind by the demo.
                start_new_session=True,
            )
        try:
            self._wait_until_introduced()
        except BaseException:
            self.stop(signal.SIGTERM)  # nobody else knows of it yet
            raise
        self.shop, self.sandbox = (self._address(name) for name in ("Shop", "Sandbox"))

    def _wait_until_introduced(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while "Ctrl-C stops everything" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    @property
    def said(self) -> str:
        return self.output.read_text()

    def _address(self, name: str) -> str:
        found = re.search(rf"{name}\s+(http://[^/\s]+)", self.said)
        assert found, self.said
        return found[1]

    def children(self) -> set[int]:
        """The processes it started, and theirs, by parent."""
        listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
        parents = dict(tuple(map(int, line.split())) for line in listed.stdout.splitlines())
        family = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= more
        return family - {self.process.pid}

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOPS_WITHIN_SECONDS)


@pytest.fixture
def run_demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def run(*arguments: str) -> Demo:
        started.append(Demo(tmp_path, *arguments))
        return started[-1]

    yield run
    for demo in started:
        if demo.process.poll() is None:
            demo.process.kill()
            demo.process.wait()


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}").exists() and not _is_zombie(pid)}


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until(happened: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def open_task(demo: Demo) -> Browser:
    """Ana, logged in, on the page of her parcel."""
    browser = Browser().go(f"{demo.shop}/")
    browser.press("Ana")
    link = re.search(r'href="(/errands/\d+/)">Pick up a parcel', browser.text)
    assert link, browser.text
    return browser.go(link[1])


def test_a_person_pays_and_the_chat_opens_once(run_demo: Callable[..., Demo], tmp_path: Path) -> None:
    demo = run_demo()
    browser = open_task(demo)
    task_url = browser.url
    assert "The chat is locked" in browser.text

    browser.press("Pay ₱2.00 with GCash")
    assert browser.url.startswith(demo.sandbox)
    browser.press("Authorize")
    assert browser.url.startswith(f"{demo.shop}/payments/")
    assert browser.status == 200
    wait_until(lambda: "The chat is open" in browser.go(task_url).text)

    browser.press("Send", text="The slip is on the table")
    assert "The slip is on the table" in browser.text
    browser.go("/notifications/")
    assert browser.text.count("₱2 System Fee Paid! 💳") == 1
    assert "Chat unlocked for &quot;Pick up a parcel&quot;" in browser.text

    family = demo.children()
    assert len(family) >= 3
    assert demo.stop(signal.SIGINT) == 0, demo.said
    assert not alive(family)

    again = run_demo()
    assert (again.shop, again.sandbox) == (demo.shop, demo.sandbox)
    assert "The slip is on the table" in open_task(again).text
    assert again.stop(signal.SIGTERM) == 0
    assert "Traceback" not in "".join(log.read_text() for log in (tmp_path / "demo").glob("*.log"))


def test_nobody_is_left_when_the_demo_itself_is_killed(run_demo: Callable[..., Demo]) -> None:
    demo = run_demo()
    family = demo.children()
    assert len(family) >= 3
    demo.stop(signal.SIGKILL)
    wait_until(lambda: not alive(family), seconds=5)


def test_one_directory_runs_one_demo(run_demo: Callable[..., Demo], tmp_path: Path) -> None:
    demo = run_demo("--no-worker")
    assert "No worker runs" in demo.said
    second = subprocess.run(
        [*COMMAND, "--directory", str(tmp_path / "demo")],
        capture_output=True,
        text=True,
        timeout=STARTS_WITHIN_SECONDS,
        check=False,
    )
    assert second.returncode == 1
    assert "is running in" in second.stderr
    ports = json.loads((tmp_path / "demo" / "ports.json").read_text())
    assert demo.shop.endswith(str(ports["shop"]))
    assert demo.stop() == 0


def test_what_does_not_start_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    options = ["--directory", str(tmp_path / "demo"), "--database", "mysql://nobody/here"]
    options += ["--port", str(PORT), "--sandbox-port", str(PORT + 10)]
    ended = subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, timeout=STARTS_WITHIN_SECONDS, check=False
    )
    assert ended.returncode == 1
    assert "'mysql' is no database of the demo" in ended.stderr
    assert "Stopped." in ended.stdout
