"""What all tests share: where a test can run, and the rule that a strict run skips nothing.

Markers: `postgres` needs PostgreSQL, `browser` needs Chromium, `own_database` needs neither database of the
run, `slow` takes seconds. The suite runs once per database (`make test`), so a test that the present
database cannot run is left to the other run; what is missing on the machine is skipped with a line that
says how to get it. `RASEED_STRICT=1` turns every skip into a failure of the run.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import chromium

MARKERS = (
    "postgres: needs PostgreSQL (real locks, several connections); runs in the PostgreSQL run only",
    "browser: drives Chromium; skipped where there is none",
    "own_database: brings a database of its own; the PostgreSQL run would only repeat it",
    "slow: takes seconds; leave out with -m 'not slow'",
)

#: Folders without a database of the run's: the second run, on PostgreSQL, would only repeat them.
WITHOUT_DATABASE = frozenset({"browser", "unit", "gateways", "sandbox", "sdk", "repo"})

TESTS = Path(__file__).parent

_skipped = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.stash[_skipped] = []
    config.pluginmanager.register(StrictRun(config), "raseed-strict-run")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    on_postgres = os.environ.get("RASEED_TEST_DATABASE", "").startswith("postgres")
    elsewhere = [item for item in items if _belongs_to_the_other_run(item, on_postgres=on_postgres)]
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


class StrictRun:
    """Under RASEED_STRICT a skipped test fails the run: what CI does not run, nobody knows."""

    def __init__(self, config: pytest.Config) -> None:
        self.skipped = config.stash[_skipped]
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

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.strict and self.skipped:
            terminalreporter.section("RASEED_STRICT: nothing may be skipped", red=True)
            for nodeid in self.skipped:
                terminalreporter.line(nodeid)
