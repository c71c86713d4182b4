"""`raseed torture simulate`: a storm on the database of the run, and the same one from the same seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def simulate(*arguments: str) -> tuple[int, Any, str]:
    """The exit code, the JSON it printed if it printed any, and what it said besides."""
    database = os.environ.get("RASEED_TEST_DATABASE", "")
    on_postgres = ["--database", database] if database.startswith("postgres") else []
    program = "from raseed.cli import main; main()"
    command = [sys.executable, "-c", program, "torture", "simulate", *arguments, *on_postgres, "--json"]
    environment = dict(os.environ)
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)
    return ran.returncode, json.loads(ran.stdout) if ran.stdout.startswith("{") else None, ran.stderr


def test_a_storm_loses_and_doubles_nothing_and_a_world_is_repeated_alone() -> None:
    code, storm, said = simulate("--seed", "7", "--payments", "80", "--jobs", "2")
    assert storm is not None, said
    assert (storm["violations"], code) == ([], 0)
    assert storm["payments"] >= 60
    digests = storm["digests"]
    assert len(set(digests.values())) == storm["worlds"] == 2
    _, alone, _ = simulate("--seed", "7", "--world", "1")
    assert alone["digests"] == {"1": digests["1"]}
