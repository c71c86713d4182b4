"""A strict run fails when anything was skipped, in one process or several; an ordinary run does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.findings import ROOT

PASSING = "def test_it():\n    assert True\n"
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_it():\n    assert False\n"
SKIPPED = "import pytest\n@pytest.mark.skip(reason='nothing here')\ndef test_it():\n    pass\n"
SKIPPED_MODULE = f"import pytest\npytest.skip('nothing here', allow_module_level=True)\n{PASSING}"


def run(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest over a folder with our conftest as a plugin, and without this repository's settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RASEED_", "PYTEST_"))}
    switches = [f"-p{name}" for name in ("no:django", "no:randomly", "no:cacheprovider", "tests.conftest")]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", folder, folder, *switches, *options],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("processes", ["0", "1"])
def test_skips_fail_the_strict_run_and_are_named(tmp_path: Path, processes: str) -> None:
    (tmp_path / "test_passing.py").write_text(PASSING)
    (tmp_path / "test_skipping.py").write_text(SKIPPED)
    (tmp_path / "test_skipped.py").write_text(SKIPPED_MODULE)
    strict = run(tmp_path, "-n", processes, RASEED_STRICT="1")
    assert strict.returncode == 1, strict.stdout
    named = strict.stdout.split("nothing may be skipped")[1]
    assert "test_skipping.py" in named
    assert "test_skipped.py" in named


@pytest.mark.parametrize("skipping", [SKIPPED, SKIPPED_MODULE])
def test_one_skip_is_enough(tmp_path: Path, skipping: str) -> None:
    (tmp_path / "test_passing.py").write_text(PASSING)
    (tmp_path / "test_skipping.py").write_text(skipping)
    assert run(tmp_path, RASEED_STRICT="1").returncode == 1


def test_an_ordinary_run_may_skip(tmp_path: Path) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPPED)
    assert run(tmp_path).returncode == 0


def test_a_strict_run_without_skips_passes(tmp_path: Path) -> None:
    (tmp_path / "test_passing.py").write_text(PASSING)
    (tmp_path / "test_expected.py").write_text(EXPECTED_FAILURE)
    strict = run(tmp_path, RASEED_STRICT="1")
    assert strict.returncode == 0, strict.stdout


def test_a_failure_stays_a_failure(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text("def test_it():\n    assert False\n")
    assert run(tmp_path, RASEED_STRICT="1").returncode == 1


def test_a_test_of_real_locks_waits_for_the_postgres_run(tmp_path: Path) -> None:
    marked = f"import pytest\npytestmark = pytest.mark.postgres\n{PASSING}"
    (tmp_path / "test_locks.py").write_text(marked)
    (tmp_path / "test_passing.py").write_text(PASSING)
    on_sqlite = run(tmp_path, RASEED_STRICT="1")
    assert on_sqlite.returncode == 0
    assert "1 passed, 1 deselected" in on_sqlite.stdout
    on_postgres = run(tmp_path, RASEED_STRICT="1", RASEED_TEST_DATABASE="postgres:///postgres")
    assert "2 passed" in on_postgres.stdout
