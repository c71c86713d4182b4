"""The temple's API by its Postman collection, run with newman against the whole demo as real processes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from raseed.cli.local_shop import LocalShop

pytestmark = pytest.mark.slow
COLLECTION = Path(__file__).parent.parent / "shops" / "puja.postman_collection.json"


def test_the_collection_runs_green_twice(node_modules: Path, tmp_path: Path) -> None:
    """Twice: what the first run left must not be in the second one's way."""
    report = tmp_path / "report.json"
    with LocalShop(tmp_path / "demo", with_events=False) as local:
        local.start()
        for _ in range(2):
            done = subprocess.run(
                [
                    *[node_modules / ".bin" / "newman", "run", COLLECTION],
                    *["--env-var", f"base_url={local.shop_url}"],
                    *["--env-var", f"control_url={local.sandbox_url}/_sandbox/api"],
                    *["--reporters", "json", "--reporter-json-export", report],
                ],
                env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            run = json.loads(report.read_text(encoding="utf-8"))["run"]
            failures = [f"{each['source']['name']}: {each['error']['message']}" for each in run["failures"]]
            assert failures == [], failures
            assert done.returncode == 0, done.stderr
            assert run["stats"]["requests"]["total"] > 30
