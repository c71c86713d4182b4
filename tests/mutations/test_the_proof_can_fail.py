"""Broken copies of the source, each of which the proof must find; and the genuine one, which it must not.

What finds them are the concurrency tests and the commands of `raseed torture`, run as a person runs them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutations import broken
from tests.mutations.broken import Mutation, break_copy, run_against

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.slow,
    # One database for all copies, so one after the other.
    pytest.mark.xdist_group("mutations"),
]


@dataclass(frozen=True)
class Finder:
    """A part of the proof, and what it prints when it found what is broken, not when it could not run."""

    command: tuple[str, ...]
    found: str


def _races(test: str) -> Finder:
    nodes = f"tests/concurrency/test_races.py::{test}"
    command = ("-m", "pytest", "-q", "-x", "--tb=line", "-p", "no:randomly", "-p", "no:cacheprovider", nodes)
    return Finder(command, rf"(?m)^FAILED {re.escape(nodes)}")


def _torture(*arguments: str, found: str) -> Finder:
    return Finder(("-c", "from raseed.cli import main; main()", "torture", *arguments), found)


COPIES = _races("TestOneNews::test_eight_deliveries_of_one_news")
DOUBLES = _races("TestOneThing::test_two_payments_for_one_thing")
RETURNS = _torture(
    "crash",
    "--journey",
    "start and return",
    "--every",
    "1000",
    found=r"start and return \(SQLite\): without a crash: .*(charge|held there)",
)

STORM = _torture("simulate", "--seed", "3", "--payments", "120", found=r"unknown stays pending: ")

CASES = [
    (broken.NO_ROW_LOCK, COPIES),
    (broken.NO_UNIQUE_FULFILMENT, DOUBLES),
    (broken.REDIRECT_TRUSTED, RETURNS),
    (broken.TIME_OUT_IS_FAILURE, STORM),
    (broken.CONTENT_IGNORED, COPIES),
]


@pytest.mark.parametrize(("mutation", "finder"), CASES, ids=[case[0].name for case in CASES])
def test_it_is_found(mutation: Mutation, finder: Finder, tmp_path: Path) -> None:
    ran = run_against(break_copy(mutation, tmp_path), *finder.command, **_database(), TMPDIR=str(tmp_path))
    assert re.search(finder.found, ran.stdout), ran.stdout + ran.stderr
    assert ran.returncode == 1


def test_nothing_is_found_in_the_genuine_source(tmp_path: Path) -> None:
    """One is enough: the suite runs all of them on the source itself."""
    ran = run_against(break_copy(broken.GENUINE, tmp_path), *COPIES.command, **_database())
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_copy_is_what_runs(tmp_path: Path) -> None:
    ran = run_against(break_copy(broken.GENUINE, tmp_path), "-c", "import raseed; print(raseed.__file__)")
    assert ran.stdout.strip().startswith(str(tmp_path))


def test_an_edit_that_finds_nothing_fails(tmp_path: Path) -> None:
    stale = Mutation("stale", (broken.Edit("raseed/__init__.py", "no such text", ""),))
    with pytest.raises(broken.EditIsStale, match="holds this 0 times"):
        break_copy(stale, tmp_path)


def _database() -> dict[str, str]:
    return {"RASEED_TEST_DATABASE": os.environ["RASEED_TEST_DATABASE"]}
