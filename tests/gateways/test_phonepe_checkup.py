"""What PhonePe's own look over an account finds, with and without asking."""

from __future__ import annotations

from typing import Any

import pytest

from raseed.core.errors import GatewayRefused
from raseed.gateways.base import HasCheckup
from raseed.gateways.phonepe.gateway import PhonePe
from tests.gateways import phonepe_account as pp
from tests.gateways.wire import Wire

GOOD = {"webhook_username": "shop_hooks", "webhook_password": "pass1234"}


def found(gateway: PhonePe, *, ask: bool = False) -> list[str]:
    assert isinstance(gateway, HasCheckup)
    return [advice.id for advice in gateway.checkup(ask=ask)]


@pytest.mark.parametrize(
    ("gateway", "told"),
    [
        (pp.account(**GOOD), []),
        (pp.account(**GOOD, client_id=""), ["raseed.E201"]),
        (pp.account(webhook_username="", webhook_password=""), ["raseed.W202"]),
        (pp.account(webhook_username="shop", webhook_password="pass1234"), ["raseed.W203"]),
        (pp.account(webhook_username="shop_hooks", webhook_password="password"), ["raseed.W203"]),
        (pp.account(**GOOD, webhook_credentials=[("former", "x")]), ["raseed.W203"]),
        (pp.salted(), []),
        (pp.salted(salt_key=""), ["raseed.E201"]),
        (pp.salted(merchant_id=""), ["raseed.E201"]),
    ],
)
def test_what_the_settings_show(gateway: PhonePe, told: list[str]) -> None:
    assert found(gateway) == told


@pytest.mark.parametrize(
    ("make", "call", "answer"),
    [
        (pp.account, pp.TOKENS, pp.token()),
        (pp.salted, pp.V1_STATUS.replace(pp.REFERENCE, "raseed-doctor"), pp.unknown_order()),
    ],
    ids=["a token is asked for", "a payment that does not exist"],
)
def test_good_credentials_are_tried_by_a_call_that_changes_nothing(make: Any, call: str, answer: Any) -> None:
    wire = Wire({call: answer})
    assert found(make(http=wire), ask=True) == []
    assert wire.calls == [call]


@pytest.mark.parametrize("make", [pp.account, pp.salted])
def test_others_are_refused(make: Any) -> None:
    with pytest.raises(GatewayRefused):
        make(http=Wire({"*": (401, {"success": False, "code": "401"})})).checkup(ask=True)


def test_without_credentials_nobody_is_asked() -> None:
    assert found(pp.account(client_id="", http=Wire()), ask=True) == []
