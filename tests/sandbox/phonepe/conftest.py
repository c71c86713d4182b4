from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.phonepe.bench import PhonePeBench


@pytest.fixture
def bench() -> Iterator[PhonePeBench]:
    bench = PhonePeBench()
    yield bench
    bench.close()
