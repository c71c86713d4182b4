"""Open Payments keeps the contract for calls; there are no webhooks to keep one for."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import pytest

from raseed.core.errors import MalformedDelivery, Unsupported
from raseed.core.facts import Fact, FactKind, Weight
from raseed.gateways.base import Gateway, HasKeys, HasWallets, RawDelivery, Refs, Verified
from raseed.gateways.openpayments.interaction import interaction_hash
from tests.gateways import openpayments_account as op
from tests.gateways.contract import SECRET, CallsContract
from tests.gateways.memory import DictMemory
from tests.gateways.wire import Wire

REF = "b1b7d4f3-5f0b-4e0c-9a4b-5d3c1f2e7a90"
HASH = base64.b64encode(interaction_hash("6fb0c3d2a7e94c8b", op.SERVER_NONCE, REF, op.AUTH)).decode()
AGREED = Fact(FactKind.CHARGEABLE, Weight.HINT, raw={"interact_ref": REF, "hash": HASH})


class TestOpenPayments(CallsContract):
    module = "raseed.gateways.openpayments.gateway"

    def make(self, *, http: Any = None, live: bool = False, **changes: Any) -> Gateway:
        return op.account(http, livemode=live, private_key=(SECRET * 3).encode()[:32], **changes)

    def calls(self, gateway: Gateway) -> Mapping[str, Callable[[], Any]]:
        def after(*steps: str) -> DictMemory:
            """The memory when opening came so far; the token in it is a secret."""
            memory = DictMemory()
            op.opened(memory, grant=op.grant_kept(**{"continue": {"uri": op.CONTINUE, "token": SECRET}}))
            for step in set(memory.steps) - set(steps or memory.steps):
                del memory.steps[step]
            return memory

        return {
            "incoming": lambda: gateway.open(op.order(), after("payer", "payee")),
            "quote": lambda: gateway.open(op.order(), after("payer", "payee", "incoming")),
            "grant": lambda: gateway.open(op.order(), after("payer", "payee", "incoming", "quote")),
            "query": lambda: gateway.query(op.REF, after()),
            "advance": lambda: gateway.advance(op.REF, AGREED, after()),
            "close": lambda: gateway.close(op.REF, after("payer", "payee", "incoming", "quote")),
        }


def test_it_has_wallets_and_keys() -> None:
    gateway = op.account()
    assert isinstance(gateway, HasWallets)
    assert isinstance(gateway, HasKeys)


def test_there_are_no_webhooks() -> None:
    gateway = op.account()
    delivery = RawDelivery("POST", "/hook", {}, {}, b"{}", op.AT)
    assert gateway.capabilities.webhook_methods == frozenset()
    assert gateway.peek(delivery) == Refs()
    for refused in (
        lambda: gateway.verify(delivery),
        lambda: gateway.verified_before(delivery),
        lambda: gateway.read(Verified(delivery, {})),
    ):
        with pytest.raises(MalformedDelivery):
            refused()
    with pytest.raises(TypeError):
        gateway.read(delivery)  # type: ignore[arg-type]


def test_what_wallets_cannot_do_is_said_before_a_call() -> None:
    gateway, memory = op.account(_no_network), DictMemory()
    for call in (
        lambda: gateway.capture(op.REF, op.INCOMING, op.PRICE, memory),
        lambda: gateway.void(op.REF, op.INCOMING, memory),
        lambda: gateway.refund(op.REF, op.INCOMING, op.PRICE, "", "k", memory),
        lambda: gateway.query_refund(op.REF, op.INCOMING, "k", None, memory),
        lambda: gateway.charge_saved("card", op.order(), memory),
        lambda: gateway.open(op.order(method="card"), memory),
    ):
        with pytest.raises(Unsupported):
            call()
    assert not gateway.capabilities.can_refund


def _return(query: bytes) -> RawDelivery:
    return RawDelivery("GET", "/finish", {}, {}, b"", op.AT, query)


class TestReturn:
    def test_a_consent_is_a_hint_that_carries_what_is_needed(self) -> None:
        (fact,) = op.account().read_return(_return(b"payment=t&hash=a%2Bb&interact_ref=c"))
        assert (fact.kind, fact.weight) == (FactKind.CHARGEABLE, Weight.HINT)
        assert dict(fact.raw) == {"hash": "a+b", "interact_ref": "c"}
        assert set(fact.raw) <= op.account().capabilities.return_secrets
        assert op.account().capabilities.agrees_on_return

    @pytest.mark.parametrize(
        ("result", "kind"),
        [
            ("grant_rejected", FactKind.ATTEMPT_FAILED),
            ("invalid_interaction", FactKind.ATTEMPT_FAILED),
            ("unknown_interaction", FactKind.ATTEMPT_FAILED),
            ("request_denied", FactKind.ATTEMPT_FAILED),
            ("grant_invalid", FactKind.PENDING),
            ("something_new", FactKind.UNKNOWN),
        ],
    )
    def test_a_return_without_consent_proves_nothing(self, result: str, kind: FactKind) -> None:
        (fact,) = op.account().read_return(_return(f"result={result}".encode()))
        assert (fact.kind, fact.weight) == (kind, Weight.HINT)

    def test_parameters_are_enough_where_there_are_no_bytes(self) -> None:
        delivery = RawDelivery("GET", "/", {"hash": "a+b=", "interact_ref": "c"}, {}, b"", op.AT)
        (fact,) = op.account().read_return(delivery)
        assert fact.raw["hash"] == "a+b="

    @pytest.mark.parametrize("query", [b"hash=a&hash=a&interact_ref=b", b"result=grant_rejected&hash=a"])
    def test_what_no_wallet_sends_is_refused(self, query: bytes) -> None:
        with pytest.raises(MalformedDelivery):
            op.account().read_return(_return(query))

    def test_a_plain_visit_says_nothing(self) -> None:
        assert op.account().read_return(_return(b"payment=t")) == []


def test_a_forged_hash_calls_nobody() -> None:
    memory, wire = DictMemory(), Wire()
    op.opened(memory)
    forged = Fact(FactKind.CHARGEABLE, Weight.HINT, raw={"interact_ref": REF, "hash": HASH[::-1]})
    (fact,) = op.account(wire).advance(op.REF, forged, memory)
    assert (fact.kind, fact.weight) == (FactKind.ATTEMPT_FAILED, Weight.HINT)
    assert wire.sent == []


def _no_network(request: httpx2.Request) -> httpx2.Response:
    raise AssertionError(f"{request.url} was called")
