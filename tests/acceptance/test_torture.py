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
from raseed.proof.stopped import server

pytestmark = pytest.mark.slow

#: The same in every process: each statement is its own transaction, so that a crash leaves half of the work.
NO_TRANSACTIONS = """
from django.db.transaction import Atomic
Atomic.__enter__ = lambda self: None
Atomic.__exit__ = lambda self, *error: None
"""


def torture(*arguments: str, **variables: str) -> tuple[int, Any, str]:
    """The exit code, the JSON it printed if it printed any, and what it said besides."""
    program = "from raseed.cli import main; main()"
    command = [sys.executable, "-c", program, "torture", *arguments]
    environment = {**os.environ, **variables}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)
    return ran.returncode, json.loads(ran.stdout) if ran.stdout.startswith("{") else None, ran.stderr


def test_a_process_that_dies_anywhere_loses_and_doubles_nothing() -> None:
    """A few steps of some flows of every gateway: start, deposit, cart, wallet, refund, notice."""
    database = os.environ.get("RASEED_TEST_DATABASE", "")
    where = ["--database", database] if database.startswith("postgres") else []
    flows = [
        "start and webhook",
        "card is kept",
        "cart to booking",
        "wallet to wallet",
        "refund by us",
        "notice",
    ]
    chosen = [word for flow in flows for word in ("--journey", flow)]
    code, told, said = torture("crash", *where, *chosen, "--every", "40", "--jobs", "1", "--json")
    assert told is not None, said
    wrong = [problem for journey in told["journeys"] for problem in journey["wrong"]]
    assert (wrong, code) == ([], 0)
    assert len(told["journeys"]) == len(flows)
    assert sum(journey["steps"] for journey in told["journeys"]) > 500
    assert sum(journey["crashes"] for journey in told["journeys"]) >= 12


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
    only = ["--journey", "start and webhook", "--every", "9", "--jobs", "1", "--json"]
    code, told, said = torture("crash", *only, PYTHONPATH=path, TMPDIR=str(tmp_path))
    assert told is not None, said
    wrong = [problem for journey in told["journeys"] for problem in journey["wrong"]]
    assert [problem for problem in wrong if problem.startswith("step ")]
    assert code == 1
    assert "Databases and logs are kept in" in said


@pytest.mark.own_database
def test_it_says_which_flows_there_are() -> None:
    code, _, said = torture("crash", "--journey", "teleport")
    assert code == 1
    assert "no journey is called like teleport" in said
    assert "start and webhook" in said


@pytest.mark.own_database
def test_a_database_it_cannot_use_is_told() -> None:
    code, _, said = torture("crash", "--database", "mysql://localhost/shop")
    assert code == 2
    assert "use sqlite, or a URL like postgresql://" in said
    code, _, said = torture("crash", "--journey", "fulfil", "--database", "postgresql://127.0.0.1:1/none")
    assert code == 1
    assert "CREATE DATABASE failed" in said


@pytest.mark.own_database
def test_missing_server_programs_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(server, "PLACES", tmp_path)
    with pytest.raises(server.NoServer, match="not installed here"):
        server.programs()
