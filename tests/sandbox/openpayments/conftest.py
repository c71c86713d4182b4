from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.openapi.open_payments import violations
from tests.sandbox.bench import Bench
from tests.sandbox.openpayments.merchant import Merchant


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A sandbox whose every exchange must be what the official files allow, whoever erred."""
    bench = Bench()
    yield bench
    found = violations(bench.sandbox.journal.after(), clients_err=True)
    bench.close()
    assert found == [], f"{request.node.name}: the official files do not allow this"


@pytest.fixture
def merchant(bench: Bench) -> Merchant:
    return Merchant(bench)
