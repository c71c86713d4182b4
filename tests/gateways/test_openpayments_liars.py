"""Open Payments: wallets that answer with something else than was asked for get no money and no token."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from raseed.core.errors import GatewayUnavailable, RaseedError, WrongWallet
from raseed.core.facts import FactKind
from raseed.core.money import Money
from raseed.gateways.openpayments.amounts import Amount, amount_in, amount_of
from tests.gateways import openpayments_account as op
from tests.gateways.memory import DictMemory
from tests.gateways.test_openpayments_contract import AGREED
from tests.gateways.wire import Wire

EVIL = "https://evil.example"
TOKEN = {
    "access_token": {"value": "T1", "manage": f"{op.AUTH}/token/1", "expires_in": 600, "access": []},
    "continue": {"access_token": {"value": "C1"}, "uri": f"{op.AUTH}/continue/1"},
}
CONSENT = {
    "interact": {"redirect": op.REDIRECT, "finish": op.SERVER_NONCE},
    "continue": {"access_token": {"value": "C2"}, "uri": op.CONTINUE, "wait": 0},
}
INCOMING = {
    "id": op.INCOMING,
    "walletAddress": op.BOB,
    "incomingAmount": op.usd(2500),
    "receivedAmount": op.usd(0),
    "completed": False,
    "expiresAt": "2026-01-01T01:00:00.000Z",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "methods": [],
}
QUOTE = {
    "id": op.QUOTE,
    "walletAddress": op.ALICE,
    "receiver": op.INCOMING,
    "debitAmount": op.usd(2600),
    "receiveAmount": op.usd(2500),
    "method": "ilp",
    "expiresAt": "2026-01-01T00:05:00.000Z",
}
OUTGOING = {
    "id": op.OUTGOING,
    "walletAddress": op.ALICE,
    "quoteId": op.QUOTE,
    "receiver": op.INCOMING,
    "debitAmount": op.usd(2600),
    "receiveAmount": op.usd(2500),
    "sentAmount": op.usd(0),
}
HONEST: dict[str, Any] = {
    "GET /alice": op.ALICES,
    "GET /bob": op.BOBS,
    "POST /tenant": TOKEN,
    "POST /op/incoming-payments": INCOMING,
    "POST /op/quotes": QUOTE,
    "POST /": [TOKEN, CONSENT],  # first one for the quote, then the payer's consent
    "GET /op/outgoing-payments": {"pagination": {"hasNextPage": False}, "result": []},
    "POST /op/outgoing-payments": OUTGOING,
    f"POST {op.CONTINUE.removeprefix(op.AUTH)}": TOKEN,
}
GOING_ON = f"POST {op.CONTINUE.removeprefix(op.AUTH)}"


def wire(call: str = "", **changes: Any) -> Wire:
    """Honest wallets, but for one answer: keywords replace members of it (its last version), None drops."""
    script = copy.deepcopy(HONEST)
    if call:
        spoilt = script[call][-1] if isinstance(script[call], list) else script[call]
        for path, value in changes.items():
            holder, names = spoilt, path.split("__")
            for name in names[:-1]:
                holder = holder[name]
            if value is None:
                del holder[names[-1]]
            else:
                holder[names[-1]] = value
    ok = {path: answer if isinstance(answer, list) else [answer] for path, answer in script.items()}
    return Wire({path: [(200, answer) for answer in answers] for path, answers in ok.items()})


def hosts(wired: Wire) -> set[str]:
    return {request.url.host for request in wired.sent}


def test_honest_wallets() -> None:
    wired, memory = wire(), DictMemory()
    gateway = op.account(wired)
    assert gateway.open(op.order(), memory).url == op.REDIRECT
    op.opened(memory := DictMemory())
    (fact,) = gateway.advance(op.REF, AGREED, memory)
    assert (fact.kind, fact.ids) == (FactKind.PENDING, {"outgoing_payment": op.OUTGOING})


@pytest.mark.parametrize("call", ["GET /alice", "GET /bob"])
@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": f"{EVIL}/bob"},
        {"id": 7},
        {"authServer": None},
        {"authServer": "http://auth.wallet.example"},
        {"authServer": "https://127.0.0.1/auth"},
        {"authServer": "https://localhost/auth"},
        {"authServer": "https://auth.wallet.example:8443"},
        {"resourceServer": "https://169.254.169.254/op"},
        {"resourceServer": "javascript:alert(1)"},
        {"assetCode": ""},
        {"assetCode": "x" * 33},
        {"assetCode": None},
        {"assetScale": -1},
        {"assetScale": 256},
        {"assetScale": "2"},
        {"assetScale": True},
        {"assetScale": None},
    ],
    ids=str,
)
def test_a_document_that_is_no_wallets(call: str, changes: dict[str, Any]) -> None:
    wired = wire(call, **changes)
    with pytest.raises(WrongWallet) as caught:
        op.account(wired).open(op.order(), DictMemory())
    assert caught.value.which == ("payer_wallet" if call.endswith("alice") else "payee")
    assert wired.count("POST /op/incoming-payments") == 0


OPENING: list[tuple[str, dict[str, Any]]] = [
    ("POST /op/incoming-payments", {"incomingAmount": op.usd(2400)}),
    ("POST /op/incoming-payments", {"incomingAmount": None}),
    ("POST /op/incoming-payments", {"incomingAmount": {**op.usd(2500), "assetScale": 3}}),
    ("POST /op/incoming-payments", {"receivedAmount": op.usd(1)}),
    ("POST /op/incoming-payments", {"walletAddress": op.ALICE}),
    ("POST /op/incoming-payments", {"completed": True}),
    ("POST /op/incoming-payments", {"completed": "no"}),
    ("POST /op/incoming-payments", {"id": f"{EVIL}/incoming-payments/1"}),
    ("POST /op/incoming-payments", {"id": "https://seller.example/" + "x" * 250}),
    ("POST /op/quotes", {"receiver": f"{EVIL}/incoming-payments/1"}),
    ("POST /op/quotes", {"walletAddress": op.BOB}),
    ("POST /op/quotes", {"receiveAmount": op.usd(2499)}),
    ("POST /op/quotes", {"receiveAmount": {**op.usd(2500), "assetCode": "MXN"}}),
    ("POST /op/quotes", {"debitAmount": {**op.usd(2600), "assetCode": "MXN"}}),
    ("POST /op/quotes", {"debitAmount": op.usd(0)}),
    ("POST /op/quotes", {"debitAmount": None}),
    ("POST /op/quotes", {"id": f"{EVIL}/quotes/1"}),
    ("POST /", {"interact__finish": None}),
    ("POST /", {"interact__finish": "two words"}),
    ("POST /", {"interact__redirect": None}),
    ("POST /", {"interact__redirect": "http://auth.wallet.example/x"}),
    ("POST /", {"interact__redirect": "javascript:alert(1)"}),
    ("POST /", {"interact__redirect": "https://127.0.0.1/x"}),
    ("POST /", {"interact": None}),
    ("POST /", {"continue__uri": f"{EVIL}/continue/1"}),
    ("POST /", {"continue__uri": None}),
    ("POST /", {"continue__access_token": {}}),
    ("POST /", {"continue": None}),
    ("POST /tenant", {"access_token__value": None}),
    ("POST /tenant", {"access_token__value": "a b"}),
    ("POST /tenant", {"access_token__value": "a\r\nEvil: 1"}),
    ("POST /tenant", {"access_token__value": "x" * 5000}),
]


@pytest.mark.parametrize(("call", "changes"), OPENING, ids=str)
def test_while_opening_the_customer_is_not_sent_there(call: str, changes: dict[str, Any]) -> None:
    wired = wire(call, **changes)
    with pytest.raises(RaseedError):
        op.account(wired).open(op.order(), DictMemory())
    assert "evil.example" not in hosts(wired)


def test_a_wallet_that_wants_consent_to_being_paid() -> None:
    wired = wire("POST /tenant", interact={"redirect": op.REDIRECT, "finish": "x"})
    with pytest.raises(RaseedError, match="cannot be asked here"):
        op.account(wired).open(op.order(), DictMemory())


class TestAfterConsent:
    @pytest.mark.parametrize("manage", [f"{EVIL}/token/1", "https://127.0.0.1/token/1", "", "token/1", None])
    def test_a_token_is_rotated_at_its_own_wallet_or_not_at_all(self, manage: str | None) -> None:
        """It goes along with the call: whoever the wallet names would hold it."""
        wired, memory = wire(GOING_ON, access_token__manage=manage, access_token__expires_in=0), DictMemory()
        op.opened(memory)
        wired.script["DELETE /continue/0c5a4e0b-6a43-4d8e-9d4e-5b0d6f3e7a55"] = [(204, "")]
        wired.script["POST /op/incoming-payments/5f3c6c1e-8f7b-4d0e-9a51-2f4f0c1f6a10/complete"] = [
            (200, {**INCOMING, "completed": True})
        ]
        wired.script["GET /op/incoming-payments/5f3c6c1e-8f7b-4d0e-9a51-2f4f0c1f6a10"] = [
            (200, {**INCOMING, "completed": True})
        ]
        (ended,) = op.account(wired).advance(op.REF, AGREED, memory)
        assert ended.kind is FactKind.FAILED
        assert hosts(wired) == {"auth.wallet.example", "auth.seller.example", "seller.example"}
        assert wired.count("POST /op/outgoing-payments") == 0

    @pytest.mark.parametrize(
        "changes",
        [
            {"receiver": f"{EVIL}/incoming-payments/1"},
            {"id": f"{EVIL}/outgoing-payments/1"},
            {"id": None},
            {"failed": "no"},
            {"sentAmount": None},
            {"sentAmount": op.usd(-1)},
        ],
        ids=str,
    )
    def test_an_answer_that_is_not_our_payment_is_looked_up(self, changes: dict[str, Any]) -> None:
        """It may have been made all the same: never again without looking."""
        wired, memory = wire("POST /op/outgoing-payments", **changes), DictMemory()
        op.opened(memory)
        gateway = op.account(wired)
        with pytest.raises(GatewayUnavailable):
            gateway.advance(op.REF, AGREED, memory)
        page = {"pagination": {"hasNextPage": False}, "result": [OUTGOING]}
        wired.script["GET /op/outgoing-payments"] = [(200, page)]
        gateway.advance(op.REF, AGREED, memory)
        assert wired.count("POST /op/outgoing-payments") == 1
        assert "evil.example" not in hosts(wired)

    @pytest.mark.parametrize(
        "page", [{}, {"result": []}, {"pagination": {}, "result": {}}, {"pagination": []}]
    )
    def test_a_list_that_is_none(self, page: Any) -> None:
        wired, memory = wire("POST /op/outgoing-payments", id=None), DictMemory()
        op.opened(memory)
        gateway = op.account(wired)
        wired.script["GET /op/outgoing-payments"] = [(200, page)]
        for _ in range(2):
            with pytest.raises(GatewayUnavailable):
                gateway.advance(op.REF, AGREED, memory)
        assert wired.count("POST /op/outgoing-payments") == 1

    def test_a_list_of_many_pages_is_read_to_its_end(self) -> None:
        wired, memory = wire("POST /op/outgoing-payments", id=None), DictMemory()
        op.opened(memory)
        gateway = op.account(wired)
        with pytest.raises(GatewayUnavailable):
            gateway.advance(op.REF, AGREED, memory)
        more = {"hasNextPage": True, "endCursor": "c/1"}
        other = {**OUTGOING, "quoteId": "https://wallet.example/op/quotes/other"}
        wired.script["GET /op/outgoing-payments"] = [
            (200, {"pagination": more, "result": [other] * 20}),
            (200, {"pagination": {"hasNextPage": False}, "result": [OUTGOING]}),
        ]
        gateway.advance(op.REF, AGREED, memory)
        asked = [str(request.url.query, "ascii") for request in wired.sent if request.method == "GET"]
        assert asked == [
            "wallet-address=https%3A%2F%2Fwallet.example%2Falice&first=20",
            "wallet-address=https%3A%2F%2Fwallet.example%2Falice&first=20&cursor=c%2F1",
        ]


class TestAmounts:
    @pytest.mark.parametrize(
        "value", ["-1", "+1", "1.0", "", " 1", "1e3", "\u0661", str(2**64), 1, None, "1_0"]
    )
    def test_a_value_is_a_whole_number_of_64_bits(self, value: Any) -> None:
        with pytest.raises(GatewayUnavailable):
            amount_of({**op.usd(1), "value": value})

    @pytest.mark.parametrize("value", ["0", "1", str(2**64 - 1)])
    def test_all_of_them_are_read(self, value: str) -> None:
        assert amount_of(op.usd(value)) == Amount(int(value), "USD", 2)

    @pytest.mark.parametrize(
        ("money", "scale", "value"),
        [
            (Money.of("25.00", "USD"), 2, 2500),
            (Money.of("25.00", "USD"), 9, 25_000_000_000),
            (Money.of("25.00", "USD"), 0, 25),
            (Money.of("25", "JPY"), 2, 2500),
            (Money.of("1.250", "KWD"), 3, 1250),
            (Money.of("1.250", "KWD"), 2, 125),
        ],
    )
    def test_money_at_a_wallets_scale_and_back(self, money: Money, scale: int, value: int) -> None:
        made = amount_in(money, money.currency, scale)
        assert made == Amount(value, money.currency, scale)
        assert made.money() == money

    def test_what_is_less_than_the_smallest_unit_is_never_rounded_up(self) -> None:
        assert Amount(1_999_999, "USD", 6).money() == Money(199, "USD")
        assert Amount(9_999, "USD", 6).money() == Money(0, "USD")

    def test_a_price_beyond_64_bits_is_refused(self) -> None:
        with pytest.raises(RaseedError, match="more than a wallet can count"):
            amount_in(Money(2**60, "USD"), "USD", 12)
