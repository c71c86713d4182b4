"""The peers' benchmark, Raseed's column: the same command as in docs/proof/peers.md, with few rounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.postgres
def test_raseed_is_right_in_the_situations_of_its_peers() -> None:
    few = ["--rounds", "2", "--situation", "eight", "--situation", "high", "--situation", "crash"]
    database = os.environ["RASEED_TEST_DATABASE"]
    command = [
        sys.executable,
        "-m",
        "bench.peers",
        "--peer",
        "raseed",
        *few,
        "--database",
        database,
        "--json",
    ]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    (column,) = json.loads(ran.stdout)["peers"]
    marks = {key: verdict["mark"] for key, verdict in column["verdicts"].items()}
    assert marks == {"eight": "right", "high": "right", "crash": "right"}, column
