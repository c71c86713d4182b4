from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.paymob.bench import PaymobBench


@pytest.fixture
def bench() -> Iterator[PaymobBench]:
    bench = PaymobBench()
    yield bench
    bench.close()
