"""What Paymob's own look over an account finds, with and without asking."""

from __future__ import annotations

from typing import Any

import pytest

from raseed.core.errors import GatewayRefused
from raseed.gateways.base import HasCheckup
from raseed.gateways.paymob.gateway import Paymob
from tests.gateways import paymob_account as pm
from tests.gateways.contract import SECRET as SECRET_KNOWN
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
        ({"secret_key": "", "public_key": "", "livemode": False, "iframe_id": ""}, ["raseed.E307"]),
        ({"integration_ids": {}}, ["raseed.E304"]),
        ({"owner": None}, ["raseed.I306"]),
    ],
    ids=["good", "no secret", "no API key", "no page", "no iframe either", "nothing to pay with", "no owner"],
)
def test_what_the_settings_show(changes: dict[str, Any], told: list[str]) -> None:
    assert found(pm.account(**{"owner": pm.OWNER, **changes})) == told


SECRET, INTEGRATIONS = "GET /api/auth/hmac_secret/get_hmac", "GET /api/ecommerce/integrations"
TOKEN = {pm.AUTH_TOKENS: (201, {"token": "a.b.c"})}


def asked(secret: Any, integrations: Any, **changes: Any) -> list[str]:
    wire = Wire({**TOKEN, SECRET: secret, INTEGRATIONS: integrations})
    advice = found(pm.account(http=wire, **changes), ask=True)
    assert set(wire.calls) == {pm.AUTH_TOKENS, SECRET, INTEGRATIONS}
    return advice


def listing(*, is_live: Any) -> tuple[int, Any]:
    return 200, {"results": [{"id": pm.CARD, "is_live": is_live}, {"id": 5, "is_live": True}, None]}


def test_a_good_key_is_tried_and_what_it_tells_compared() -> None:
    assert asked((200, {"hmac_secret": SECRET_KNOWN}), listing(is_live=False)) == []


def test_a_secret_that_is_not_ours_and_an_integration_of_the_other_mode() -> None:
    answers = (200, {"hmac_secret": "another"}), listing(is_live=True)
    assert asked(*answers) == ["raseed.E308", "raseed.E309"]


@pytest.mark.parametrize(
    "answer", [(404, {}), (502, ""), (200, {}), (200, []), (200, {"results": "x"})], ids=str
)
def test_what_is_not_told_is_not_advised_about(answer: tuple[int, Any]) -> None:
    assert asked(answer, answer) == []


def test_another_is_refused() -> None:
    with pytest.raises(GatewayRefused):
        pm.account(http=Wire({"*": (403, {"detail": "incorrect credentials"})})).checkup(ask=True)


def test_without_a_key_nobody_is_asked() -> None:
    assert found(pm.account(api_key="", http=Wire()), ask=True) == []
