"""PhonePe's own clients, Python 2.1.6 and 3.0.1 and Node, complete a purchase; their base URLs change."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from raseed.testing_sandbox import LocalSandbox
from tests.sdk.conftest import Purchase, Site

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
RELEASES = ("2.1.6", "3.0.1")
TOLD = {
    "page": True,
    "states": ["PENDING", "PENDING", "COMPLETED", "COMPLETED"],
    "meta": "cart-77",
    "attempts": ["FAILED", "COMPLETED"],
    "latest": ["COMPLETED"],
    "rail": "UPI",
    "sdk_order": True,
    "refund": ["PENDING", "CONFIRMED", "COMPLETED"],
    "small": ["BadRequest", "BAD_REQUEST"],
    "used": ["BadRequest", "BAD_REQUEST"],
    "unknown": ["BadRequest", "MERCHANT_ORDER_MAPPING_NOT_FOUND"],
    "trouble": "ServerError",
    "token": ["UnauthorizedAccess", "401"],
    "after": "COMPLETED",
    "events": [
        ["checkout.transaction.attempt.failed", "PENDING"],
        ["checkout.order.completed", "COMPLETED"],
        ["pg.refund.accepted", "CONFIRMED"],
        ["pg.refund.completed", "COMPLETED"],
    ],
}


@pytest.fixture(autouse=True)
def today(sandbox: LocalSandbox) -> None:
    """The clients compare the end of a token with the machine's clock."""
    sandbox.control("POST", "clock", {"mode": "real", "set": datetime.now(UTC).isoformat()})


@pytest.mark.parametrize("release", RELEASES)
def test_the_python_client(python_site: Site, sandbox: LocalSandbox, release: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(python_site(f"phonepe-{release}.txt")),
        "PYTHONWARNINGS": "ignore",
        "SANDBOX": sandbox.url("phonepe"),
        "CONTROL": f"{sandbox.base_url}/_sandbox/api",
    }
    command = [sys.executable, "-S", str(HERE / "purchase_phonepe.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == TOLD
    assert versions(sandbox) == {release}


def test_the_node_client(purchase: Purchase, sandbox: LocalSandbox) -> None:
    told = purchase("purchase_phonepe_node.cjs", SANDBOX=sandbox.url("phonepe"))
    assert told == TOLD
    assert len(versions(sandbox)) == 1


def versions(sandbox: LocalSandbox) -> set[str]:
    """Which releases of the clients said that they were calling."""
    requests: list[dict[str, Any]] = [entry for entry in sandbox.log() if entry["kind"] == "request"]
    stated = {request["headers"].get("x-source-platform-version", "") for request in requests}
    return {version for version in stated if version}


@pytest.mark.parametrize("release", RELEASES)
def test_the_requirements_name_versions_and_no_places(release: str) -> None:
    text = (HERE / f"phonepe-{release}.txt").read_text(encoding="utf-8")
    assert f"phonepe-pg-sdk-python=={release}" in text
    assert "://" not in text
    packages = re.findall(r"^[a-z0-9-]+==.*$", text, re.MULTILINE)
    assert all(line.endswith("\\") for line in packages), "lock them with hashes"
