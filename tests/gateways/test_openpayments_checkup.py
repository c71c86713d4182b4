"""Whether an Open Payments account has a key, and whether wallets would find it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from raseed.core.errors import GatewayUnavailable
from raseed.gateways.base import HasCheckup
from raseed.gateways.openpayments.gateway import OpenPayments
from tests.gateways import openpayments_account as op
from tests.gateways.wire import Wire

WALLET, KEYS = "GET /market", "GET /market/jwks.json"
DOCUMENT = (200, {**op.ALICES, "id": op.MARKET})


def found(gateway: OpenPayments, *, ask: bool = False) -> list[str]:
    assert isinstance(gateway, HasCheckup)
    return [advice.id for advice in gateway.checkup(ask=ask)]


def published(gateway: OpenPayments) -> tuple[int, Any]:
    return 200, {"keys": [dict(key.jwk) for key in gateway.keys.all(op.AT)]}


def in_file(file: Path, http: Any = None) -> OpenPayments:
    return op.account(http, key_id="", private_key="", keys_file=str(file))


def test_a_key_in_the_settings_is_enough() -> None:
    assert found(op.account()) == []


def test_a_file_without_a_key_and_one_that_others_can_read(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    gateway = in_file(file)
    assert found(gateway) == ["raseed.E401"]
    gateway.keys.make(op.AT)
    assert found(gateway) == []
    file.chmod(0o640)
    assert found(gateway) == ["raseed.W402"]


def test_a_wallet_that_publishes_our_key_is_fine() -> None:
    wire = Wire({WALLET: DOCUMENT, KEYS: published(op.account())})
    assert found(op.account(wire), ask=True) == []


@pytest.mark.parametrize(
    "answer",
    [
        (404, {}),
        (200, {"keys": []}),
        (200, {"keys": "none"}),
        (200, "no JSON"),
        (200, {"keys": [{"kid": op.KID, "x": "another key of this name"}]}),
    ],
)
def test_a_key_that_wallets_do_not_find(answer: Any) -> None:
    assert found(op.account(Wire({WALLET: DOCUMENT, KEYS: answer})), ask=True) == ["raseed.E404"]


@pytest.mark.parametrize("answer", [(404, {}), (200, "a page"), (200, {"id": op.MARKET}), (200, op.BOBS)])
def test_an_address_that_is_no_wallet(answer: Any) -> None:
    wire = Wire({WALLET: answer, KEYS: published(op.account())})
    assert found(op.account(wire), ask=True) == ["raseed.E403"]


def test_a_wallet_without_a_public_name() -> None:
    nameless = {name: value for name, value in DOCUMENT[1].items() if name != "publicName"}
    wire = Wire({WALLET: (200, nameless), KEYS: published(op.account())})
    assert found(op.account(wire), ask=True) == ["raseed.W406"]


def test_a_rotation_that_was_not_published(tmp_path: Path) -> None:
    gateway = in_file(tmp_path / "keys.json")
    gateway.keys.make(op.AT)
    wire = Wire({WALLET: DOCUMENT, KEYS: published(gateway)})
    gateway.keys.rotate(op.AT, timedelta(hours=24))
    assert found(in_file(tmp_path / "keys.json", wire), ask=True) == ["raseed.W405"]


def test_a_wallet_that_is_away_is_not_blamed() -> None:
    with pytest.raises(GatewayUnavailable):
        op.account(Wire({"*": httpx2.ConnectError("away")})).checkup(ask=True)
