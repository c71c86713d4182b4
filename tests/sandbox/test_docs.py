"""What the sandbox can do is in its documentation."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from raseed.cli.sandbox import command
from raseed.sandbox.faults import (
    CALLS,
    CHECKOUT_FAULTS,
    DELIVERY_FAULTS,
    FAULTS,
    MATCH_KEYS,
    NEWS,
    REQUEST_FAULTS,
)
from raseed.sandbox.openpayments.api import AUTH, RESOURCE
from raseed.sandbox.openpayments.settings import DEFAULTS as OPENPAYMENTS_DEFAULTS
from raseed.sandbox.openpayments.wallets import STARTING
from raseed.sandbox.paymob.settings import DEFAULTS as PAYMOB_DEFAULTS
from raseed.sandbox.paymob.vocabulary import ERROR, KINDS, OUTCOMES
from raseed.sandbox.paymob.vocabulary import EVENTS as PAYMOB_EVENTS
from raseed.sandbox.paymongo.api import ROUTES
from raseed.sandbox.paymongo.settings import DEFAULTS
from raseed.sandbox.phonepe.pages.choosing import TEST_VPAS
from raseed.sandbox.phonepe.settings import DEFAULTS as PHONEPE_DEFAULTS
from raseed.sandbox.phonepe.vocabulary import EVENTS
from raseed.sandbox.scenarios.catalogue import MAGIC_BASE_MINOR, shipped
from raseed.testing_sandbox import LocalSandbox, sandbox, sandbox_server

__all__ = ["sandbox", "sandbox_server"]  # fixtures are found by name
DOCS = Path(__file__).parents[2] / "docs" / "sandbox"


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("faults.md", [*DELIVERY_FAULTS, *REQUEST_FAULTS, *CHECKOUT_FAULTS, *MATCH_KEYS]),
        ("faults.md", [name for known in FAULTS.values() for p in known.values() for name in p]),
        ("faults.md", [f'"{word}"' for word in (*CALLS, *NEWS)]),
        ("control.md", list(DEFAULTS)),
        ("control.md", list(PAYMOB_DEFAULTS)),
        ("control.md", list(PHONEPE_DEFAULTS)),
        ("control.md", list(OPENPAYMENTS_DEFAULTS)),
        ("openpayments.md", [f"{method} {path}" for method, path in (*AUTH, *RESOURCE) if path]),
        ("openpayments.md", [row[0] for row in STARTING]),
        ("paymob.md", [*PAYMOB_EVENTS, *OUTCOMES, *KINDS, ERROR]),
        ("phonepe.md", [*EVENTS, *TEST_VPAS]),
        ("paymongo.md", [f"{method} {path}" for method, path in ROUTES]),
        ("index.md", [option.opts[0] for option in command.params if isinstance(option, click.Option)]),
    ],
)
def test_every_name_is_described(page: str, names: list[str]) -> None:
    text = (DOCS / page).read_text()
    missing = [name for name in names if f"`{name}`" not in text]
    assert missing == [], f"describe these in docs/sandbox/{page}"


def test_the_list_of_scenarios_is_the_data() -> None:
    row = re.compile(r"^\| `([^`]+)` \| 77,700\.([0-9]{2}) \| (.+) \|$", re.MULTILINE)
    rows = row.findall((DOCS / "scenarios.md").read_text())
    documented = {(name, MAGIC_BASE_MINOR + int(centavos), meaning) for name, centavos, meaning in rows}
    assert documented == {
        (scenario.name, MAGIC_BASE_MINOR + (scenario.number or 0), scenario.meaning)
        for scenario in shipped().values()
    }


def test_every_method_of_the_fixture_is_described() -> None:
    text = (DOCS / "testing.md").read_text()
    methods = [name for name in vars(LocalSandbox) if not name.startswith("_")]
    assert [name for name in methods if f"`{name}(" not in text] == []


def snippet(language: str) -> str:
    """The first code of that language on the page about clients."""
    found = re.search(rf"```{language}\n(.+?)```", (DOCS / "clients.md").read_text(), re.DOTALL)
    assert found
    return found[1]


def test_the_python_of_the_page_opens_a_checkout(sandbox: LocalSandbox) -> None:
    code = snippet("python").replace("http://127.0.0.1:8900", sandbox.base_url)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.startswith(sandbox.url("paymongo")), done.stderr
    assert sandbox.checkouts()[0]["scenarios"] == ["duplicate-3"]


def test_the_javascript_of_the_page_opens_a_checkout(sandbox: LocalSandbox) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js here: apt-get install nodejs")
    code = snippet("js").replace("http://127.0.0.1:8900", sandbox.base_url)
    done = subprocess.run([node, "-e", code], capture_output=True, text=True, timeout=30, check=False)
    assert "_client_" in done.stdout, done.stderr
    assert sandbox.checkouts()[0]["scenarios"] == ["declined-then-paid"]
