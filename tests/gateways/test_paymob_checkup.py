"""What Paymob's own look over an account finds, with and without asking."""

from __future__ import annotations

from typing import Any

import pytest

from raseed.core.errors import GatewayRefused
from raseed.gateways.base import HasCheckup
from raseed.gateways.paymob.gateway import Paymob
from tests.gateways import paymob_account as pm
from tests.gateways.wire import Wire


def found(gateway: Paymob, *, ask: bool = False) -> list[str]:
    assert isinstance(gateway, HasCheckup)
    return [advice.id for advice in gateway.checkup(ask=ask)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"hmac_secrets": []}, ["raseed.W301"]),
        ({"api_key": ""}, ["raseed.E302"]),
        ({"public_key": ""}, ["raseed.E303"]),
        ({"integration_ids": {}}, ["raseed.E304"]),
        ({"owner": None}, ["raseed.I306"]),
    ],
    ids=["good", "no secret", "no API key", "no page", "nothing to pay with", "no owner"],
)
def test_what_the_settings_show(changes: dict[str, Any], told: list[str]) -> None:
    assert found(pm.account(**{"owner": pm.OWNER, **changes})) == told


def test_a_good_key_is_tried_by_asking_for_a_token() -> None:
    wire = Wire({pm.AUTH_TOKENS: (201, {"token": "a.b.c"})})
    assert found(pm.account(http=wire), ask=True) == []
    assert wire.calls == [pm.AUTH_TOKENS]


def test_another_is_refused() -> None:
    with pytest.raises(GatewayRefused):
        pm.account(http=Wire({"*": (403, {"detail": "incorrect credentials"})})).checkup(ask=True)


def test_without_a_key_nobody_is_asked() -> None:
    assert found(pm.account(api_key="", http=Wire()), ask=True) == []
