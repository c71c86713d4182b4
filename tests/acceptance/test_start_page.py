"""The start page, followed to the letter: what stands there makes a shop that is paid, once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from raseed.cli.ports import HeldPorts
from raseed.cli.processes import Child, Watchdog
from tests.acceptance.browser import Browser
from tests.acceptance.start_page import PAGE, Command, File, steps

pytestmark = [pytest.mark.slow, pytest.mark.own_database]

#: For whatever a loaded machine is slow at; nothing waits so long when all is well.
PATIENCE_SECONDS = 240

#: What the reader does and a test need not: the demo has tests of its own, and everything is installed here.
NOT_RUN = (
    "make demo",
    ".venv/bin/raseed tour",
    "CLONE=$PWD",
    "mkdir ~/teashop",
    "cd ~/teashop",
    "python3 -m venv .venv",
    ". .venv/bin/activate",
    'pip install "${CLONE}[sandbox]"',
)
#: Commands that run until they are stopped, by what they are called here.
SERVED = {
    "raseed sandbox": "sandbox",
    "python manage.py raseed_work": "worker",
    "python manage.py runserver": "site",
}
#: What the commands ask a person, answered by the environment.
ANSWERS = {
    "DJANGO_SUPERUSER_USERNAME": "owner",
    "DJANGO_SUPERUSER_EMAIL": "owner@shop.example",
    "DJANGO_SUPERUSER_PASSWORD": "a-long-password",
}
DOCTOR = "raseed doctor"
#: What the doctor finds when all is well: there is no public key, so cards cannot be started.
WELL = {"raseed.I102"}


class Project:
    """The reader's directory and processes, on ports of their own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "teashop"
        self.directory.mkdir()
        self._ports = HeldPorts()
        self.site = f"127.0.0.1:{self._ports.take()}"
        self.sandbox = f"127.0.0.1:{self._ports.take()}"
        self.children: dict[str, Child] = {}
        self.not_run: list[str] = []
        self._watchdog = Watchdog()
        self._logs = directory

    def close(self) -> None:
        """Stop everything."""
        for child in self.children.values():
            child.signal_stop()
        for child in self.children.values():
            child.stop()
        self._watchdog.close()
        self._ports.release()

    def follow(self, text: str) -> None:
        """Do what the page says, from the top to the bottom; the doctor is asked by the tests."""
        for step in steps(self._here(text)):
            if isinstance(step, File):
                step.write(self.directory)
            elif step.line in NOT_RUN or step.line == DOCTOR:
                self.not_run.append(step.line)
            else:
                self._type(step)

    def _here(self, text: str) -> str:
        return text.replace("127.0.0.1:8000", self.site).replace("127.0.0.1:8900", self.sandbox)

    def _type(self, command: Command) -> None:
        line = command.line
        name = next((name for start, name in SERVED.items() if line.startswith(start)), None)
        if name is None:
            self.run(f"{line} --noinput" if "createsuperuser" in line else line)
        elif name == "sandbox":
            self._serve(name, f"{line} --port {self.sandbox.rpartition(':')[2]}")
        else:
            self._serve(name, f"{line} {self.site} --noreload" if name == "site" else line)

    def run(self, line: str) -> str:
        """A command to its end, which must be a good one; what it printed on standard output."""
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=self.directory,
            env=self._environment() | ANSWERS,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _serve(self, name: str, line: str) -> None:
        # A child adds to our environment, in which the tests' own settings are named.
        command = ["sh", "-c", f"unset DJANGO_SETTINGS_MODULE; cd '{self.directory}' && exec {line}"]
        log = self._logs / f"{name}.log"
        self.children[name] = Child(
            name, command, environment=self._environment(), log=log, watchdog=self._watchdog
        )
        self.children[name].start()

    def _environment(self) -> dict[str, str]:
        """Ours, with the commands of this interpreter first, as in the reader's activated environment."""
        kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        return kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def browse(self, order: int = 1) -> Browser:
        """A browser on the page of an order."""
        return Browser().go(f"http://{self.site}/orders/{order}/")

    def control(self, method: str, path: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
        """A call of the sandbox's control API."""
        body = None if document is None else json.dumps(document).encode()
        request = Request(f"http://{self.sandbox}/_sandbox/api{path}", data=body, method=method)
        with build_opener(ProxyHandler({})).open(request, timeout=PATIENCE_SECONDS) as answer:
            told: dict[str, Any] = json.load(answer)
            return told

    def doctor(self) -> dict[str, dict[str, str]]:
        """What `raseed doctor` finds now: each id with where, what and remedy."""
        code = self.run(f"{DOCTOR} --json > doctor.json; echo $?").strip()
        told = json.loads((self.directory / "doctor.json").read_text())
        assert code == ("1" if told["errors"] else "0"), told
        assert not [subject for subject in told["subjects"] if subject["skipped"]]
        return {finding["id"]: finding for subject in told["subjects"] for finding in subject["findings"]}

    def logs(self) -> str:
        """The ends of what its processes wrote."""
        return "\n".join(child.log_tail(40) for child in self.children.values())

    def wait(self, happened: Callable[[], object]) -> None:
        """Until it happened, with everything that serves alive."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not happened():
            assert all(child.running for child in self.children.values()), self.logs()
            assert time.monotonic() < deadline, f"it did not happen in time\n{self.logs()}"
            time.sleep(0.2)


def answers(address: str) -> bool:
    """Whether a server is there, whatever it says."""
    try:
        return bool(Browser().go(f"http://{address}/").status)
    except OSError:
        return False


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path)
    yield project
    project.close()


@pytest.fixture
def shop(project: Project) -> Project:
    """The project when the reader has done all that the page says, and everything answers."""
    project.follow(PAGE.read_text())
    assert set(project.children) == set(SERVED.values())
    project.wait(lambda: answers(project.site) and answers(project.sandbox))
    # Until the worker's first sign of life the doctor misses it; then all is well.
    doctor_finds(project, WELL)
    return project


def test_the_reader_is_paid_once_and_the_doctor_says_what_is_wrong(shop: Project) -> None:
    assert shop.not_run == [*NOT_RUN, DOCTOR]  # these and no others, and none that has left the page
    pay_on_the_page(shop)
    every_webhook_again_changes_nothing(shop)
    the_worker_finds_what_no_webhook_told(shop)
    the_doctor_misses_what_is_stopped(shop)
    assert "Traceback" not in shop.logs()


def pay_on_the_page(shop: Project) -> None:
    browser = shop.browse()
    assert "Parcels sent: 0" in browser.text
    browser.press("Pay with GCash")
    assert browser.url.startswith(f"http://{shop.sandbox}/paymongo/")
    browser.press("Authorize")
    assert browser.url.startswith(f"http://{shop.site}/payments/")
    shop.wait(lambda: "Paid. Thank you!" in browser.go(browser.url).text)
    page = shop.browse().text
    assert "Parcels sent: 1" in page
    assert "Pay with GCash" not in page


def every_webhook_again_changes_nothing(shop: Project) -> None:
    deliveries = shop.control("POST", "/deliveries/flush", {})["deliveries"]
    assert {delivery["state"] for delivery in deliveries} == {"delivered"}  # so the secrets fit
    for delivery in deliveries:
        shop.control("POST", f"/deliveries/{delivery['id']}/resend", {"copies": 8, "concurrent": True})
    assert "Parcels sent: 1" in shop.browse().text


def the_worker_finds_what_no_webhook_told(shop: Project) -> None:
    """The webhook is switched off, which the doctor sees, and the payer closes the tab after paying."""
    shop.run("python manage.py raseed_webhooks disable /webhook/paymongo/")
    remedy = doctor_finds(shop, {*WELL, "raseed.E032"})["raseed.E032"]["remedy"]

    shop.run(next(step.line for step in steps(PAGE.read_text()) if is_command(step, "manage.py shell")))
    shop.browse(2).press("Pay with GCash")
    checkout = next(row for row in shop.control("GET", "/checkouts")["checkouts"] if not row["news"])
    shop.control("POST", f"/checkouts/{checkout['id']}/pay", {})
    shop.wait(lambda: "Parcels sent: 1" in shop.browse(2).text)

    shop.run(f"python {remedy[remedy.index('manage.py') :]}")
    (webhook,) = shop.control("GET", "/paymongo/books")["webhooks"]
    assert webhook["status"] == "enabled"


def the_doctor_misses_what_is_stopped(shop: Project) -> None:
    shop.children.pop("worker").stop(grace_seconds=PATIENCE_SECONDS)
    shop.control("DELETE", "/state")  # as if the sandbox had been started again without its webhook
    missed = doctor_finds(shop, {*WELL, "raseed.E050", "raseed.E031"})
    assert "manage.py raseed_work" in missed["raseed.E050"]["remedy"]
    assert "raseed_webhooks register" in missed["raseed.E031"]["remedy"]

    shop.children.pop("sandbox").stop(grace_seconds=PATIENCE_SECONDS)
    missed = doctor_finds(shop, {*WELL, "raseed.E050", "raseed.W030"})
    assert "Does the sandbox run" in missed["raseed.W030"]["remedy"]


def doctor_finds(shop: Project, expected: set[str]) -> dict[str, dict[str, str]]:
    """These and nothing else, though perhaps not at the first look: what is slow is told as well."""
    found: dict[str, dict[str, str]] = {}

    def agrees() -> bool:
        nonlocal found
        found = shop.doctor()
        return set(found) == expected

    shop.wait(agrees)
    return found


def is_command(step: File | Command, words: str) -> bool:
    return isinstance(step, Command) and words in step.line


def test_the_settings_of_the_page_pass_every_check_of_django(project: Project) -> None:
    for step in steps(PAGE.read_text()):
        if isinstance(step, File):
            step.write(project.directory)
        elif step.line.startswith(("django-admin startproject", "python manage.py startapp")):
            project.run(step.line)
    said = project.run("python -W error manage.py check --fail-level WARNING --database default")
    assert "no issues (0 silenced)" in said
