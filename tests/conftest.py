"""What all tests share: where a test can run, and the rule that a strict run skips nothing.

Markers: `postgres` needs PostgreSQL, `browser` needs Chromium, `own_database` needs neither database of the
run, `slow` takes seconds, `redis` and `rabbitmq` need those. The suite runs once per database (`make test`),
so a test that the present database cannot run is left to the other run; what is missing on the machine is
skipped with a line that says how to get it. `RASEED_STRICT=1` turns every skip into a failure of the run.
"""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

import pytest

from tests import chromium

MARKERS = (
    "postgres: needs PostgreSQL (real locks, several connections); runs in the PostgreSQL run only",
    "browser: drives Chromium; skipped where there is none",
    "own_database: brings a database of its own; the PostgreSQL run would only repeat it",
    "redis: needs Redis on this machine; left out, with a line that says so, where none answers",
    "rabbitmq: needs RabbitMQ on this machine, likewise",
    "slow: takes seconds; leave out with -m 'not slow'",
)

#: Folders without a database of the run's: the second run, on PostgreSQL, would only repeat them.
WITHOUT_DATABASE = frozenset({"bench", "browser", "unit", "gateways", "sandbox", "sdk", "repo"})

TESTS = Path(__file__).parent

#: Services that a fresh machine need not have: marker → port on this machine, and how to get it.
SERVICES = {
    "redis": (6379, "apt-get install redis-server"),
    "rabbitmq": (5672, "apt-get install rabbitmq-server"),
}

_skipped = pytest.StashKey[list[str]]()
_left_out = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.stash[_skipped] = []
    config.stash[_left_out] = []
    config.pluginmanager.register(StrictRun(config), "raseed-strict-run")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    on_postgres = os.environ.get("RASEED_TEST_DATABASE", "").startswith("postgres")
    elsewhere = [item for item in items if _belongs_to_the_other_run(item, on_postgres=on_postgres)]
    elsewhere += _without_their_service([item for item in items if item not in set(elsewhere)], config)
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in set(elsewhere)]
    for item in items:
        if item.get_closest_marker("browser") and chromium.find() is None:
            item.add_marker(pytest.mark.skip(reason="no Chromium here: apt-get install chromium"))


def _belongs_to_the_other_run(item: pytest.Item, *, on_postgres: bool) -> bool:
    if not on_postgres:
        return item.get_closest_marker("postgres") is not None
    if item.get_closest_marker("own_database") is not None:
        return True
    if not item.path.is_relative_to(TESTS):
        return False
    return item.path.relative_to(TESTS).parts[0] in WITHOUT_DATABASE


def _without_their_service(items: list[pytest.Item], config: pytest.Config) -> list[pytest.Item]:
    """Tests of engines whose server does not answer. Where it answers they run, in a strict run too."""
    out: list[pytest.Item] = []
    for name, (port, remedy) in SERVICES.items():
        asking = [item for item in items if item.get_closest_marker(name)]
        if asking and not _listens(port):
            out += asking
            config.stash[_left_out].append(
                f"{name}: {len(asking)} tests left out, nothing answers on port {port}. Get it: {remedy}"
            )
    return out


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class StrictRun:
    """Under RASEED_STRICT a skipped test fails the run: what CI does not run, nobody knows."""

    def __init__(self, config: pytest.Config) -> None:
        self.skipped = config.stash[_skipped]
        self.left_out = config.stash[_left_out]
        self.strict = bool(os.environ.get("RASEED_STRICT"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.strict and self.skipped and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_report_collectionfinish(self) -> list[str]:
        return self.left_out

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.strict and self.skipped:
            terminalreporter.section("RASEED_STRICT: nothing may be skipped", red=True)
            for nodeid in self.skipped:
                terminalreporter.line(nodeid)
