"""The account's token: asked for once, kept in the memory, replaced when PhonePe refuses it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from raseed.core.errors import ConfigurationError, GatewayRefused, GatewayUnavailable
from tests.gateways import phonepe_account as pp
from tests.gateways.contract import SECRET
from tests.gateways.memory import DictMemory
from tests.gateways.wire import Wire

ANSWER = (200, pp.order_document("PENDING"))
UNAUTHORIZED = (401, {"success": False, "code": "401"})


def test_a_token_is_asked_for_with_a_form_and_used_for_every_call() -> None:
    wire = Wire({pp.TOKENS: pp.token(), pp.STATUS: ANSWER, pp.PAY: pp.paid_page()})
    gateway, memory = pp.account(http=wire), DictMemory()
    gateway.query(pp.REF, memory)
    gateway.open(pp.order(), memory)
    assert wire.calls == [pp.TOKENS, pp.STATUS, pp.PAY]
    form = {name: values[0] for name, values in parse_qs(wire.sent[0].content.decode()).items()}
    assert form == {
        "client_id": "CLIENT",
        "client_version": "1",
        "client_secret": SECRET,
        "grant_type": "client_credentials",
    }
    assert wire.sent[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in wire.sent[0].headers
    assert {request.headers["Authorization"] for request in wire.sent[1:]} == {"O-Bearer first"}


def test_its_life_is_expires_at_and_nothing_else() -> None:
    wire = Wire({pp.TOKENS: (200, pp.golden("sdk_py_oauth_token")), pp.STATUS: ANSWER})
    memory = DictMemory()
    pp.account(http=wire).query(pp.REF, memory)
    kept = memory.tokens["oauth"]
    assert kept.value == "O-Bearer access_token"
    assert kept.expires_at == datetime.fromtimestamp(1709630316, UTC)


@pytest.mark.parametrize("call", ["query", "open"])
def test_a_token_refused_before_its_time_is_replaced_once_and_the_call_repeated(call: str) -> None:
    script: dict[str, Any] = {
        pp.TOKENS: pp.token("second"),
        pp.STATUS: [UNAUTHORIZED, ANSWER],
        pp.PAY: [UNAUTHORIZED, pp.paid_page()],
    }
    wire, memory = Wire(script), pp.memory("O-Bearer first")
    gateway = pp.account(http=wire)
    assert gateway.query(pp.REF, memory) if call == "query" else gateway.open(pp.order(), memory)
    assert memory.tokens["oauth"].value == "O-Bearer second"
    assert [request.headers.get("Authorization") for request in wire.sent] == [
        "O-Bearer first",
        None,
        "O-Bearer second",
    ]


def test_a_second_refusal_stands() -> None:
    wire = Wire({pp.TOKENS: pp.token("second"), pp.STATUS: UNAUTHORIZED})
    with pytest.raises(GatewayRefused, match="credentials") as caught:
        pp.account(http=wire).query(pp.REF, pp.memory())
    assert caught.value.is_temporary
    assert wire.calls == [pp.STATUS, pp.TOKENS, pp.STATUS]


@pytest.mark.parametrize(
    ("sample", "status"),
    [
        ("sdk_py_oauth_error_400", 400),
        ("sdk_py_oauth_error_400_blank_grant", 400),
        ("sdk_py_oauth_error_401", 401),
    ],
)
def test_wrong_credentials_are_a_refusal(sample: str, status: int) -> None:
    wire = Wire({pp.TOKENS: (status, pp.golden(sample))})
    with pytest.raises(GatewayRefused) as caught:
        pp.account(http=wire).query(pp.REF, DictMemory())
    assert caught.value.status == status


def test_an_answer_without_a_token_is_no_answer() -> None:
    for answer in ((200, {}), (200, {"access_token": None}), (503, "R999")):
        with pytest.raises(GatewayUnavailable):
            pp.account(http=Wire({pp.TOKENS: answer})).query(pp.REF, DictMemory())


def test_another_store_of_tokens_serves_instead_of_the_memory() -> None:
    wire = Wire({pp.TOKENS: pp.token(), pp.STATUS: ANSWER})
    store = DictMemory()
    gateway = pp.account(http=wire, tokens=store)
    gateway.query(pp.REF, DictMemory())
    gateway.query(pp.REF, DictMemory())
    assert wire.count(pp.TOKENS) == 1
    assert store.tokens.keys() == {"oauth"}


def test_partners_name_the_end_merchant() -> None:
    wire = Wire({pp.STATUS: ANSWER})
    pp.account(http=wire, merchant_id="END").query(pp.REF, pp.memory())
    pp.account(http=wire).query(pp.REF, pp.memory())
    assert [request.headers.get("X-MERCHANT-ID") for request in wire.sent] == ["END", None]


def test_live_tokens_come_from_an_address_of_their_own() -> None:
    wire = Wire({"*": [pp.token(), ANSWER]})
    pp.account(http=wire, live=True).query(pp.REF, DictMemory())
    assert [str(request.url).partition("?")[0] for request in wire.sent] == [
        "https://api.phonepe.com/apis/identity-manager/v1/oauth/token",
        f"https://api.phonepe.com/apis/pg/checkout/v2/order/{pp.REFERENCE}/status",
    ]


def test_without_credentials_nothing_is_called() -> None:
    wire = Wire()
    with pytest.raises(ConfigurationError, match="CLIENT_ID"):
        pp.account(http=wire, client_secret="").query(pp.REF, DictMemory())
    with pytest.raises(ConfigurationError, match="SALT_KEY"):
        pp.salted(http=wire, salt_key="").query(pp.V1_REF, DictMemory())
    assert wire.sent == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"version": "v3"}, "VERSION"),
        ({"livemode": "yes"}, "LIVEMODE"),
        ({"livemode": False, "base_url": "https://api.phonepe.com/apis/pg"}, "live address"),
        ({"livemode": True, "base_url": "https://elsewhere.example"}, "BASE_URL must be"),
        ({"livemode": True, "token_url": "https://elsewhere.example"}, "TOKEN_URL must be"),
        ({"webhook_password": ""}, "belong together"),
        ({"webhook_credentials": ["pair"]}, "WEBHOOK_CREDENTIALS"),
        ({"salt_keys": {2: ""}}, "SALT_KEYS"),
        ({"salt_keys": 7}, "SALT_KEYS"),
        ({"client_id": None}, "CLIENT_ID"),
        ({"timeout_seconds": 0}, "TIMEOUT_SECONDS"),
        ({"redirect_mode": "GET"}, "REDIRECT_MODE"),
        ({"base_url": "api.example"}, "BASE_URL"),
    ],
)
def test_a_wrong_setting_is_named_at_start(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        pp.account(**settings)


def test_the_live_address_means_live_mode() -> None:
    assert pp.account(livemode=None, base_url="https://api.phonepe.com/apis/pg/").livemode is True
    assert pp.account(livemode=None, base_url="http://127.0.0.1:8000/phonepe").livemode is False
