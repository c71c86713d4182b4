"""Refunds: of a payment, under our own key, found again by id or by that key."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.core.facts import Fact, FactKind
from raseed.core.money import Money
from raseed.gateways.paymongo.vocabulary import refund_reason
from tests.gateways import paymongo_account as pm
from tests.gateways.memory import DictMemory
from tests.gateways.wire import Wire

SEND, LIST, READ = "POST /v1/refunds", "GET /v1/refunds", f"GET /v1/refunds/{pm.REFUND}"
MONEY = Money(10_000, "PHP")


def send(
    wire: Wire,
    reason: str = "requested_by_customer",
    key: str = "key-1",
    memory: DictMemory | None = None,
) -> list[Fact]:
    gateway = pm.account(http=wire)
    return gateway.refund(pm.SOURCE_REF, pm.PAYMENT, MONEY, reason, key, memory or DictMemory())


def find(wire: Wire, refund_ref: str | None = None, key: str = "key-1") -> list[Fact]:
    return pm.account(http=wire).query_refund(pm.SOURCE_REF, pm.PAYMENT, key, refund_ref)


def test_a_refund_names_the_payment_and_carries_our_key() -> None:
    wire = Wire({SEND: pm.answer(pm.refund("pending"))})
    (fact,) = send(wire)
    assert wire.body()["data"]["attributes"] == {
        "amount": 10_000,
        "payment_id": pm.PAYMENT,
        "reason": "requested_by_customer",
        "metadata": {"reference": pm.REFERENCE, "raseed_refund": "key-1"},
    }
    assert wire.sent[0].headers["Idempotency-Key"] == "refund:key-1"
    assert (fact.kind, fact.refund_ref) == (FactKind.REFUND_PENDING, pm.REFUND)
    assert (fact.charge_ref, fact.money) == (pm.PAYMENT, MONEY)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("duplicate", "duplicate"),
        ("Paid twice, sorry", "duplicate"),
        ("double payment", "duplicate"),
        ("Requested by customer", "requested_by_customer"),
        ("suspected FRAUD", "fraudulent"),
        ("others", "others"),
        ("the hall flooded", "others"),
        ("", "others"),
    ],
)
def test_any_reason_finds_the_nearest_of_theirs(text: str, reason: str) -> None:
    assert refund_reason(text) == reason


def test_a_reason_of_our_own_becomes_a_note() -> None:
    wire = Wire({SEND: pm.answer(pm.refund("pending"))})
    send(wire, reason="the hall flooded " * 40)
    sent = wire.body()["data"]["attributes"]
    assert sent["reason"] == "others"
    assert len(sent["notes"]) == 255


def test_a_long_key_stays_stable_and_fits() -> None:
    wire = Wire({SEND: pm.answer(pm.refund("pending"))})
    for key in ("k" * 400, "k" * 400, "k" * 399):
        send(wire, key=key)
    first, again, other = (request.headers["Idempotency-Key"] for request in wire.sent)
    assert first == again != other
    assert len(first) <= 100


def test_a_lost_refund_is_sent_again_under_its_key_only_where_that_is_harmless() -> None:
    wire = Wire({SEND: [httpx2.ReadError("cut"), pm.answer(pm.refund("pending"))]})
    assert send(wire)[0].kind is FactKind.REFUND_PENDING
    assert [request.headers["Idempotency-Key"] for request in wire.sent] == ["refund:key-1"] * 2


@pytest.mark.parametrize(
    "code",
    ["resource_pending_state", "resource_processing_state", "available_balance_insufficient"],
)
def test_a_refused_refund_says_why(code: str) -> None:
    with pytest.raises(GatewayRefused) as caught:
        send(Wire({SEND: pm.refusal(code, detail="their text")}))
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert caught.value.detail == "their text"
    assert "their text" not in str(caught.value)
    assert code not in str(caught.value)


def test_a_refusal_for_now_is_not_repeated_under_the_same_key() -> None:
    """PayMongo repeats a refusal under its key for a day; a lost answer must keep its key."""
    wire = Wire(
        {
            SEND: [
                pm.refusal("resource_pending_state"),
                httpx2.ReadTimeout("lost"),
                pm.answer(pm.refund("pending")),
            ]
        }
    )
    memory = DictMemory()
    with pytest.raises(GatewayRefused) as caught:
        send(wire, memory=memory)
    assert caught.value.is_temporary
    with pytest.raises(GatewayUnavailable):
        send(wire, memory=memory)
    assert send(wire, memory=memory)[0].kind is FactKind.REFUND_PENDING
    keys = [request.headers["Idempotency-Key"] for request in wire.sent]
    assert keys == ["refund:key-1", "refund:key-1:2", "refund:key-1:2"]


def test_a_refusal_for_good_is_final() -> None:
    with pytest.raises(GatewayRefused) as caught:
        send(Wire({SEND: pm.refusal("allowed_date_exceeded")}))
    assert not caught.value.is_temporary


def test_found_by_id() -> None:
    (fact,) = find(Wire({READ: pm.answer(pm.refund())}), pm.REFUND)
    assert (fact.kind, fact.refund_ref, fact.money) == (FactKind.REFUNDED, pm.REFUND, MONEY)


def test_found_by_our_key_on_a_later_page() -> None:
    first = pm.refund(ref="ref_A", metadata=None)
    wire = Wire({LIST: [pm.listed(first, more=True), pm.listed(pm.refund("failed"))]})
    (fact,) = find(wire)
    assert (fact.kind, fact.refund_ref) == (FactKind.REFUND_FAILED, pm.REFUND)
    assert wire.sent[0].url.params["payment_id"] == pm.PAYMENT
    assert wire.sent[1].url.params["after"] == "ref_A"


def test_certainly_none_for_this_key() -> None:
    assert find(Wire({LIST: pm.listed(pm.refund())}), key="key-2") == []


def test_an_endless_list_is_no_certainty() -> None:
    def page(request: httpx2.Request) -> Any:
        number = int(request.url.params.get("after", "ref_0")[4:])
        return pm.listed(pm.refund(ref=f"ref_{number + 1}", metadata={}), more=True)

    with pytest.raises(GatewayUnavailable):
        find(Wire({LIST: page}))
