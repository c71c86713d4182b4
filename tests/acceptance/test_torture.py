"""`raseed torture crash`: a sample of its crashes each run, on the database of the run; and it can fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from raseed.proof.crash.points import Points

pytestmark = pytest.mark.slow

#: The same in every process: each statement is its own transaction, so that a crash leaves half of the work.
NO_TRANSACTIONS = """
from django.db.transaction import Atomic
Atomic.__enter__ = lambda self: None
Atomic.__exit__ = lambda self, *error: None
"""


def crash(*arguments: str, **variables: str) -> tuple[int, Any, str]:
    """The exit code, the JSON it printed if it printed any, and what it said besides."""
    program = "from raseed.cli import main; main()"
    command = [sys.executable, "-c", program, "torture", "crash", *arguments]
    environment = {**os.environ, **variables}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)
    return ran.returncode, json.loads(ran.stdout) if ran.stdout.startswith("{") else None, ran.stderr


def test_a_process_that_dies_anywhere_loses_and_doubles_nothing() -> None:
    database = os.environ.get("RASEED_TEST_DATABASE", "")
    on_postgres = ["--database", database] if database.startswith("postgres") else []
    code, told, said = crash(*on_postgres, "--journey", "start and webhook", "--every", "40", "--json")
    assert told is not None, said
    (journey,) = told["journeys"]
    assert (journey["wrong"], code) == ([], 0)
    assert journey["steps"] > 80
    assert journey["crashes"] >= 2


@pytest.mark.own_database
def test_flows_of_one_shop_follow_each_other() -> None:
    code, told, said = crash(
        "--journey", "refund at the gateway", "--journey", "refund by us", "--every", "90", "--json"
    )
    assert told is not None, said
    assert [(journey["wrong"], journey["steps"] > 20) for journey in told["journeys"]] == [([], True)] * 2
    assert code == 0


@pytest.mark.own_database
def test_the_fatal_step_is_named_whatever_others_did_since(tmp_path: Path) -> None:
    points = Points(tmp_path / "steps.log")
    points.arm(2)
    for words in (["one", "two", "never"], ["three"]):
        child = os.fork()
        if child == 0:
            for word in words:
                points.step(word)
            os._exit(0)
        os.waitpid(child, 0)
    assert points.fatal() == "two"
    assert (points.disarm(), "never" in (tmp_path / "steps.log").read_text()) == (3, False)


@pytest.mark.own_database
def test_work_that_is_done_by_halves_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_TRANSACTIONS)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    only = ["--journey", "start and webhook", "--every", "9", "--json"]
    code, told, said = crash(*only, PYTHONPATH=path, TMPDIR=str(tmp_path))
    assert told is not None, said
    wrong = [problem for journey in told["journeys"] for problem in journey["wrong"]]
    assert [problem for problem in wrong if problem.startswith("step ")]
    assert code == 1
    assert "Database and logs are kept in" in said


@pytest.mark.own_database
def test_it_says_which_flows_there_are() -> None:
    code, _, said = crash("--journey", "teleport")
    assert code == 1
    assert "no journey is called like teleport" in said
    assert "start and webhook" in said
