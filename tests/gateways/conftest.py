"""Tests of adapters: no network, and no waiting between attempts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from tests.gateways.sandbox_process import SECRET, SandboxProcess, running


@pytest.fixture(autouse=True)
def _repeat_without_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=10, cap=True):
        yield


@pytest.fixture(scope="module")
def process() -> Iterator[SandboxProcess]:
    with running(SECRET) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(process: SandboxProcess) -> SandboxProcess:
    process.reset()
    return process
