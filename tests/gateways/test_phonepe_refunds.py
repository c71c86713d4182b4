"""Refunds of version 2: sent under an id of ours, found by it, and never taken for those of another order."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from tests.gateways import phonepe_account as pp
from tests.gateways.wire import Wire

HUNDRED = Money(10_000, "INR")


def sent(wire: Wire, key: str = pp.REFUND, money: Money = HUNDRED) -> list[Fact]:
    return pp.account(http=wire).refund(pp.REF, pp.ATTEMPT, money, "", key, pp.memory())


def found(answer: Any, key: str = pp.REFUND, refund_ref: str | None = None) -> list[Fact]:
    wire = Wire({"*": answer})
    return pp.account(http=wire).query_refund(pp.REF, pp.ATTEMPT, key, refund_ref, pp.memory())


def test_a_refund_is_sent_under_our_key() -> None:
    wire = Wire({pp.REFUNDS: (200, {"refundId": "OMR1", "amount": 10_000, "state": "PENDING"})})
    (fact,) = sent(wire)
    assert wire.body() == {
        "merchantRefundId": pp.REFUND,
        "originalMerchantOrderId": pp.REFERENCE,
        "amount": 10_000,
    }
    assert (fact.kind, fact.weight) == (FactKind.REFUND_PENDING, Weight.PROOF)
    assert (fact.refund_ref, fact.charge_ref, fact.money) == (pp.REFUND, pp.ATTEMPT, HUNDRED)


@pytest.mark.parametrize("key", ["order 7: twice", "k" * 63, "ü"])
def test_a_key_that_phonepe_does_not_take_becomes_one_that_it_takes(key: str) -> None:
    wire = Wire({pp.REFUNDS: (200, {"refundId": "OMR1", "state": "PENDING"})})
    facts = [*sent(wire, key), *sent(wire, key)]
    first, second = (fact.refund_ref for fact in facts)
    assert first == second
    assert first is not None
    assert len(first) <= 34
    assert first.replace("_", "").isalnum()
    assert facts[0].money == HUNDRED  # not stated in the answer: what was asked for


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("PENDING", FactKind.REFUND_PENDING),
        ("CONFIRMED", FactKind.REFUND_PENDING),
        ("A_NEW_STATE", FactKind.REFUND_PENDING),
        ("COMPLETED", FactKind.REFUNDED),
        ("FAILED", FactKind.REFUND_FAILED),
    ],
)
def test_a_refund_is_final_when_it_says_so(state: str, kind: FactKind) -> None:
    (fact,) = found((200, pp.refund_document(state)))
    assert (fact.kind, fact.refund_ref, fact.money) == (kind, pp.REFUND, HUNDRED)


def test_the_shape_without_ids_is_read_where_we_know_which_refund_we_asked_for() -> None:
    shape = {"refundId": "OMR1", "state": "COMPLETED", "amount": 10_000, "timestamp": 1763618445123}
    (fact,) = found((200, {**shape, "paymentDetails": None}))
    assert (fact.kind, fact.refund_ref, fact.reference) == (FactKind.REFUNDED, pp.REFUND, pp.REFERENCE)
    assert fact.occurred_at is not None
    (unsure,) = found((200, shape), key="", refund_ref="SOMEBODYS")
    assert (unsure.kind, unsure.refund_ref) == (FactKind.UNKNOWN, "SOMEBODYS")


def test_a_refund_of_another_order_is_none_of_this_payment() -> None:
    other = pp.refund_document(originalMerchantOrderId="DS-2002", merchantRefundId="R2")
    assert found((200, other), key="", refund_ref="R2") == []


def test_a_refund_that_phonepe_does_not_have_is_no_fact() -> None:
    assert found((404, {"code": "REFUND_NOT_FOUND"})) == []
    with pytest.raises(GatewayRefused):
        found((400, {"code": "BAD_REQUEST"}))
    with pytest.raises(GatewayUnavailable):
        found((200, {}))


def test_a_refund_sent_before_is_looked_up_and_not_sent_again() -> None:
    refused = (400, {"code": "BAD_REQUEST", "message": "x"})
    wire = Wire({pp.REFUNDS: refused, pp.REFUND_STATUS: (200, pp.refund_document("CONFIRMED"))})
    (fact,) = sent(wire)
    assert fact.kind is FactKind.REFUND_PENDING
    assert wire.calls == [pp.REFUNDS, pp.REFUND_STATUS]


@pytest.mark.parametrize("status", [(404, {"code": "REFUND_NOT_FOUND"}), (400, {"code": "BAD_REQUEST"})])
def test_a_refusal_is_told_in_words(status: Any) -> None:
    excess = (400, {"code": "EXCESS_REFUND_AMOUNT"})
    with pytest.raises(GatewayRefused, match="more than PhonePe has left") as caught:
        sent(Wire({pp.REFUNDS: excess, pp.REFUND_STATUS: status}))
    assert not caught.value.is_temporary


def test_too_small_a_refund_is_refused_before_the_call() -> None:
    wire = Wire()
    with pytest.raises(GatewayRefused, match="one rupee"):
        sent(wire, money=Money(99, "INR"))
    with pytest.raises(GatewayRefused, match="one rupee"):
        pp.salted(http=wire).refund(pp.V1_REF, pp.TRANSACTION, Money(99, "INR"), "", "k", pp.memory())
    assert wire.sent == []


def test_a_lost_answer_is_not_repeated() -> None:
    for answer in (httpx2.ReadTimeout("slow"), (500, ""), (200, {})):
        wire = Wire({pp.REFUNDS: answer})
        with pytest.raises(GatewayUnavailable):
            sent(wire)
        assert wire.calls == [pp.REFUNDS]


def test_published_answers() -> None:
    (fact,) = found((200, pp.golden("sdk_py_refund_response")))
    assert (fact.kind, fact.money) == (FactKind.REFUND_PENDING, Money(3, "INR"))
    confirmed = pp.golden("sdk_py_refund_status_confirmed")
    (fact,) = found((200, {**confirmed, "originalMerchantOrderId": pp.REFERENCE}))
    assert (fact.kind, fact.money) == (FactKind.REFUND_PENDING, Money(100, "INR"))
