"""What the sandbox can do is in its documentation."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from raseed.cli.sandbox import command
from raseed.sandbox.faults import DELIVERY_FAULTS, MATCH_KEYS, REQUEST_FAULTS
from raseed.sandbox.paymongo.api import ROUTES
from raseed.sandbox.paymongo.settings import DEFAULTS

DOCS = Path(__file__).parents[2] / "docs" / "sandbox"


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("faults.md", [*DELIVERY_FAULTS, *REQUEST_FAULTS, *MATCH_KEYS]),
        (
            "faults.md",
            [name for known in (DELIVERY_FAULTS, REQUEST_FAULTS) for p in known.values() for name in p],
        ),
        ("control.md", list(DEFAULTS)),
        ("paymongo.md", [f"{method} {path}" for method, path in ROUTES]),
        ("index.md", [option.opts[0] for option in command.params if isinstance(option, click.Option)]),
    ],
)
def test_every_name_is_described(page: str, names: list[str]) -> None:
    text = (DOCS / page).read_text()
    missing = [name for name in names if f"`{name}`" not in text]
    assert missing == [], f"describe these in docs/sandbox/{page}"
