"""Public Python clients of Paymob complete purchases: one with the older calls, one with intentions.

Nothing but their base URLs is changed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from raseed.testing_sandbox import LocalSandbox
from tests.sdk.conftest import Site

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
OLDER, NEWER = "paymob-solutions-1.0.0", "paymobz-0.16"


def told(site: Path, sandbox: LocalSandbox, program: str) -> dict[str, Any]:
    """What a program prints that uses a client in its own environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(site),
        "PYTHONWARNINGS": "ignore",
        "SANDBOX": sandbox.url("paymob"),
        "CONTROL": f"{sandbox.base_url}/_sandbox/api",
    }
    command = [sys.executable, "-S", str(HERE / program)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_client_of_the_older_calls(python_site: Site, sandbox: LocalSandbox) -> None:
    said = told(python_site(f"{OLDER}.txt"), sandbox, "purchase_paymob_solutions.py")
    callbacks = said.pop("told")
    assert said == {
        "page": True,
        "paid": [True, 10_000, "card-1"],
        "refunds": [True, True, 7500],
        "refused": [22, 400, True],
        "refunded": [True, 10_000],
        "wallet": [True, "wallet"],
        "kiosk": [True, True, True],
        "saved": ["true", "false"],
        "void": [True, True],
        "used": [22, 422],
    }
    assert [kind for kind, _ in callbacks] == [
        *("DECLINED", "APPROVED", "TOKEN"),
        *("APPROVED", "APPROVED"),  # the payment again, after each refund
        *("200", None, "APPROVED"),  # a wallet; a kiosk, pending and then paid
        *("APPROVED", "APPROVED"),  # the saved card, and again once it was voided
    ]
    assert all(is_valid for _, is_valid in callbacks)


def test_the_client_of_intentions(python_site: Site, sandbox: LocalSandbox) -> None:
    said = told(python_site(f"{NEWER}.txt"), sandbox, "purchase_paymobz.py")
    assert said == {
        "secret": True,
        "back": ["true", "inv-1"],
        "refund": [True, True],
        "later": [True, True, 2500],
        "refused": [
            "ValidationError",
            "Requested Refund Amount is greater than the maximum refund amount permissible. "
            "Maximum Refund Amount is EGP 75.0",
        ],
        "capture": [True, True],
        "iframe": True,
        "missing": ["ValidationError", "{'payment_methods': ['This field is required.']}"],
        "used": ["APIError", "Paymob API error (422): duplicate"],
        "told": [[True, 0, True], [True, 2500, True], [True, 0, True], [True, 0, True]],
    }


@pytest.mark.parametrize("client", [OLDER, NEWER])
def test_the_requirements_name_versions_and_no_places(client: str) -> None:
    text = (HERE / f"{client}.txt").read_text(encoding="utf-8")
    name, _, version = client.rpartition("-")
    assert f"{name}=={version}" in text
    assert "://" not in text
    packages = re.findall(r"^[a-z0-9-]+==.*$", text, re.MULTILINE)
    assert all(line.endswith("\\") for line in packages), "lock them with hashes"
