"""Tests of adapters: no network, and no waiting between attempts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from raseed.testing_sandbox import LocalSandbox, running_sandbox
from tests.gateways.openpayments_wallets import Wallets
from tests.gateways.sandbox_process import SECRET, SandboxProcess, running
from tests.openapi.open_payments import violations


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


@pytest.fixture(scope="module")
def wallets_server() -> Iterator[LocalSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def wallets(wallets_server: LocalSandbox) -> Iterator[Wallets]:
    """Every exchange of the adapter with the sandbox must be what the official files allow."""
    wallets_server.reset()
    wallets = Wallets(wallets_server)
    yield wallets
    wallets.browser.close()
    assert violations(wallets_server.log()) == []
