"""A virtual environment for each peer, made once with uv from the package index and kept under bench/.envs.

Django, the driver of PostgreSQL and the server have the versions that run Raseed; the peer has the version
that its driver names. What else they need is what the index resolves on that day.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT_IN = ROOT / "bench" / ".envs"

#: What every environment has besides its peer, as the one that runs this: Django, driver and server.
ALIKE = ("django", "psycopg", "psycopg-binary", "granian")


class NoEnvironment(Exception):
    """An environment could not be made. The message says what is missing."""


def environment(name: str, requirements: Sequence[str], at_least: str) -> Path:
    """The Python of this peer's environment, made if it is not there yet. Raises NoEnvironment.

    `at_least`: the oldest Python that the peer supports, as "3.12".
    """
    wanted = [*requirements, *(f"{name}=={version(name)}" for name in ALIKE)]
    mark = hashlib.sha256(json.dumps([wanted, at_least]).encode()).hexdigest()[:12]
    directory = KEPT_IN / f"{name}-{mark}"
    python = directory / "bin" / "python"
    if not (directory / "ready").exists():
        uv = _uv()
        _run([*uv, "venv", "--quiet", "--clear", "--python", _python(at_least), str(directory)])
        _run([*uv, "pip", "install", "--quiet", "--python", str(python), *wanted])
        (directory / "ready").touch()
    return python


def versions(python: Path, packages: Sequence[str]) -> dict[str, str]:
    """What is installed there of these packages, and the Python."""
    script = (
        "import json, platform, sys; from importlib.metadata import version; "
        "found = {name: version(name) for name in sys.argv[1:]}; "
        "print(json.dumps({**found, 'python': platform.python_version()}))"
    )
    found: dict[str, str] = json.loads(_run([str(python), "-c", script, *packages]))
    return found


def _uv() -> list[str]:
    """uv from the path, else from make's environment, else one that is installed here for this purpose."""
    for found in (shutil.which("uv"), Path(sys.prefix) / ".uv" / "bin" / "uv", KEPT_IN / "uv" / "bin" / "uv"):
        if found and Path(found).exists():
            return [str(found)]
    _run([sys.executable, "-m", "venv", str(KEPT_IN / "uv")])
    _run([str(KEPT_IN / "uv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv"])
    return [str(KEPT_IN / "uv" / "bin" / "uv")]


def _python(at_least: str) -> str:
    """Ours, else the newest on this machine. Raises NoEnvironment."""
    major, minor = at_least.split(".")
    if sys.version_info[:2] >= (int(major), int(minor)):
        return sys.executable
    try:
        return _run(["sh", str(ROOT / ".ci" / "newest-python")]).strip()
    except NoEnvironment as error:
        raise NoEnvironment(
            f"no Python >= {at_least} is on this machine. Install python{at_least}."
        ) from error


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()[-8:]
        raise NoEnvironment(f"{' '.join(command[:4])} … failed:\n" + "\n".join(lines))
    return done.stdout
