"""Public clients, installed from their lock files into directories that git does not see."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from raseed.testing_sandbox import LocalSandbox, sandbox, sandbox_server

__all__ = ["sandbox", "sandbox_server"]  # fixtures are found by name
HERE = Path(__file__).parent
TOP = HERE.parents[1]
FILES = ("package.json", "package-lock.json")
Purchase = Callable[..., dict[str, Any]]
Site = Callable[[str], Path]


@pytest.fixture(scope="session")
def node_modules(request: pytest.FixtureRequest) -> Path:
    """The installed clients. Kept in pytest's cache until the lock file changes."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no Node.js here: apt-get install nodejs npm")
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    return _installed(request.config, "package-lock.json", FILES, command) / "node_modules"


@pytest.fixture(scope="session")
def python_site(request: pytest.FixtureRequest) -> Site:
    """Install one of the requirements files here; the directory to put on PYTHONPATH. Kept likewise."""
    places = (Path(sys.executable).parent, TOP / ".venv" / ".uv" / "bin")  # the latter by .ci/make-env
    uv = shutil.which("uv") or shutil.which("uv", path=os.pathsep.join(map(str, places)))
    tool = (
        [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
    )

    def installed(requirements: str) -> Path:
        command = [*tool, "--quiet", "--no-deps", "--require-hashes", "--target", "site", "-r", requirements]
        return _installed(request.config, requirements, (requirements,), command) / "site"

    return installed


def _installed(config: pytest.Config, lock: str, files: tuple[str, ...], command: list[str]) -> Path:
    """The directory in which the command ran on copies of the files, once for each content of the lock."""
    digest = hashlib.sha256(sys.version.encode() + (HERE / lock).read_bytes()).hexdigest()[:16]
    kept = config.cache.mkdir("raseed-sdk") / digest
    if kept.is_dir():
        return kept
    draft = kept.with_name(f"{digest}.{os.getpid()}")
    draft.mkdir()
    for name in files:
        shutil.copy(HERE / name, draft)
    done = subprocess.run(command, cwd=draft, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        shutil.rmtree(draft)
        pytest.skip(f"{command[0]} cannot install the clients here: {done.stderr.strip().splitlines()[-1]}")
    try:
        draft.rename(kept)  # several test processes may have installed it at once
    except OSError:
        shutil.rmtree(draft)
    return kept


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
