"""Node, and the public clients installed from the lock file into a directory that git does not see."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from raseed.testing_sandbox import LocalSandbox, sandbox, sandbox_server

__all__ = ["sandbox", "sandbox_server"]  # fixtures are found by name
HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json")
Purchase = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def node_modules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed clients. Kept in pytest's cache until the lock file changes."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no Node.js here: apt-get install nodejs npm")
    digest = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    kept = request.config.cache.mkdir("raseed-sdk") / digest
    if not (kept / "node_modules").is_dir():
        draft = kept.with_name(f"{digest}.{os.getpid()}")
        draft.mkdir()
        for name in FILES:
            shutil.copy(HERE / name, draft)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=draft, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            shutil.rmtree(draft)
            pytest.skip(f"npm cannot install the clients here: {done.stderr.strip().splitlines()[-1]}")
        try:
            draft.rename(kept)  # several test processes may have installed it at once
        except OSError:
            shutil.rmtree(draft)
    return kept / "node_modules"


@pytest.fixture
def purchase(node_modules: Path, sandbox: LocalSandbox) -> Purchase:
    """Run one of the programs here; what it printed."""

    def run(program: str, *, require: str = "", **environment: str) -> dict[str, Any]:
        hook = ["--require", str(HERE / require)] if require else []
        done = subprocess.run(
            ["node", *hook, str(HERE / program)],
            env={
                "PATH": os.environ["PATH"],
                "NODE_PATH": str(node_modules),
                "SANDBOX": sandbox.url("paymongo"),
                "CONTROL": f"{sandbox.base_url}/_sandbox/api",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return run
