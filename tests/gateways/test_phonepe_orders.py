"""Orders of version 2: opening, asking, and what their states mean. Only the root state decides."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from raseed.core.errors import GatewayRefused, GatewayUnavailable, Unsupported
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.phonepe.vocabulary import METHODS
from tests.gateways import phonepe_account as pp
from tests.gateways.wire import Wire


def asked(answer: Any, memory: Any = None) -> list[Fact]:
    wire = Wire({pp.STATUS: answer})
    return pp.account(http=wire).query(pp.REF, memory or pp.memory())


def hinted(document: dict[str, Any]) -> list[Fact]:
    gateway = pp.account()
    return gateway.read(gateway.verify(pp.delivered(json.dumps(document).encode())))


def kinds(facts: list[Fact]) -> list[FactKind]:
    return [fact.kind for fact in facts]


# --- opening ----------------------------------------------------------------------------------------


def test_an_order_carries_our_reference_its_price_and_its_life() -> None:
    wire = Wire({pp.PAY: pp.paid_page()})
    opened = pp.account(http=wire).open(pp.order("upi", open_for_seconds=1800), pp.memory())
    assert opened.gateway_ref == pp.ORDER
    assert opened.url == "https://mercury-uat.phonepe.com/transact/uat_v2?token=eyJ.made.up"
    assert opened.expires_at is not None
    assert opened.expires_at.timestamp() == 1763616000.123
    assert wire.body() == {
        "merchantOrderId": pp.REFERENCE,
        "amount": 49_900,
        "expireAfter": 1800,
        "paymentFlow": {
            "type": "PG_CHECKOUT",
            "message": "Order DS-1001",
            "merchantUrls": {"redirectUrl": "https://shop.example/pay/return"},
            "paymentModeConfig": {
                "enabledPaymentModes": [
                    {"type": "UPI_INTENT"},
                    {"type": "UPI_COLLECT"},
                    {"type": "UPI_QR"},
                ]
            },
        },
    }


@pytest.mark.parametrize(("seconds", "sent"), [(60, 300), (300, 300), (3600, 3600), (86_400, 3600)])
def test_an_order_lives_as_long_as_phonepe_lets_it(seconds: int, sent: int) -> None:
    wire = Wire({pp.PAY: pp.paid_page()})
    pp.account(http=wire).open(pp.order(open_for_seconds=seconds), pp.memory())
    assert wire.body()["expireAfter"] == sent


def test_what_is_not_set_is_not_sent() -> None:
    wire = Wire({pp.PAY: pp.paid_page()})
    meta = {"udf1": "cart-77", "udf2": "", "udf11": "x" * 51, "other": "y"}
    pp.account(http=wire).open(pp.order(description="", metadata=meta), pp.memory())
    assert wire.body()["metaInfo"] == {"udf1": "cart-77"}
    assert wire.body().keys() == {"merchantOrderId", "amount", "paymentFlow", "metaInfo"}
    assert wire.body()["paymentFlow"].keys() == {"type", "merchantUrls"}


def test_every_method_opens_the_page_and_another_is_unsupported() -> None:
    wire = Wire({pp.PAY: pp.paid_page()})
    gateway = pp.account(http=wire)
    assert gateway.capabilities.methods == METHODS.keys()
    for method in METHODS:
        assert gateway.open(pp.order(method), pp.memory()).url
    with pytest.raises(Unsupported, match="gcash"):
        gateway.open(pp.order("gcash"), pp.memory())
    with pytest.raises(Unsupported, match="PHP"):
        gateway.open(pp.order(money=Money(49_900, "PHP")), pp.memory())
    assert wire.count(pp.PAY) == len(METHODS)


BAD_REQUEST = (400, {"code": "BAD_REQUEST", "message": "Please check the inputs you have provided."})


def test_a_reused_reference_is_detected_and_the_existing_order_looked_up() -> None:
    wire = Wire({pp.PAY: BAD_REQUEST, pp.STATUS: (200, pp.order_document("PENDING"))})
    opened = pp.account(http=wire).open(pp.order(), pp.memory())
    assert (opened.gateway_ref, opened.url) == (pp.ORDER, None)
    assert opened.expires_at is not None
    assert wire.calls == [pp.PAY, pp.STATUS]


@pytest.mark.parametrize(
    "status",
    [
        pp.unknown_order(),
        (404, ""),
        (200, pp.order_document("PENDING", amount=1)),  # somebody else's order
    ],
    ids=["unknown", "no answer", "another amount"],
)
def test_a_wrong_field_is_a_refusal(status: Any) -> None:
    wire = Wire({pp.PAY: BAD_REQUEST, pp.STATUS: status})
    with pytest.raises(GatewayRefused) as caught:
        pp.account(http=wire).open(pp.order(), pp.memory())
    assert caught.value.code == "BAD_REQUEST"
    assert caught.value.status == 400


def test_a_reused_reference_whose_order_cannot_be_asked_about_stays_unknown() -> None:
    wire = Wire({pp.PAY: BAD_REQUEST, pp.STATUS: (503, "R999")})
    with pytest.raises(GatewayUnavailable):
        pp.account(http=wire).open(pp.order(), pp.memory())


@pytest.mark.parametrize(
    "answer", [httpx2.ReadTimeout("slow"), (500, {"code": "INTERNAL_SERVER_ERROR"}), (503, "R999")]
)
def test_a_lost_answer_is_never_repeated(answer: Any) -> None:
    wire = Wire({pp.PAY: answer})
    with pytest.raises(GatewayUnavailable):
        pp.account(http=wire).open(pp.order(), pp.memory())
    assert wire.calls == [pp.PAY]


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "https://a b", "http://[", 7])
def test_an_answer_without_a_page_is_no_answer(url: Any) -> None:
    wire = Wire({pp.PAY: (200, {**pp.paid_page()[1], "redirectUrl": url})})
    with pytest.raises(GatewayUnavailable):
        pp.account(http=wire).open(pp.order(), pp.memory())


# --- asking -----------------------------------------------------------------------------------------


def test_a_completed_order_is_paid_by_its_attempt() -> None:
    (fact,) = asked((200, pp.order_document()))
    assert (fact.kind, fact.weight, fact.reference) == (FactKind.PAID, Weight.PROOF, pp.REFERENCE)
    assert (fact.gateway_ref, fact.charge_ref, fact.money) == (pp.ORDER, pp.ATTEMPT, pp.MONEY)
    assert fact.fee is None  # feeAmount is what the customer pays on top
    assert fact.occurred_at is not None
    assert fact.occurred_at.year == 2025
    assert "vpa" not in json.dumps(dict(fact.raw))


def test_every_attempt_is_asked_for() -> None:
    wire = Wire({pp.STATUS: (200, pp.order_document())})
    pp.account(http=wire).query(pp.REF, pp.memory())
    assert dict(wire.sent[0].url.params) == {"details": "true", "errorContext": "true"}


def test_an_order_that_phonepe_never_heard_of_is_no_fact() -> None:
    assert asked(pp.unknown_order()) == []
    assert asked((404, {"code": "MERCHANT_ORDER_MAPPING_NOT_FOUND"})) == []


def test_an_order_is_open_or_paid_whatever_an_attempt_did() -> None:
    failed, done = pp.attempt("FAILED", "OM1"), pp.attempt("COMPLETED", "OM2")
    assert kinds(asked((200, pp.order_document("PENDING", [failed])))) == [
        FactKind.ATTEMPT_FAILED,
        FactKind.PENDING,
    ]
    paid = asked((200, pp.order_document("COMPLETED", [failed, done])))
    assert kinds(paid) == [FactKind.ATTEMPT_FAILED, FactKind.PAID]
    assert paid[-1].charge_ref == "OM2"


def test_two_completed_attempts_are_two_charges() -> None:
    both = [pp.attempt(ref="OM1"), pp.attempt(ref="OM2", amount=100)]
    facts = asked((200, pp.order_document("COMPLETED", both)))
    assert [(fact.charge_ref, fact.money) for fact in facts] == [
        ("OM1", pp.MONEY),
        ("OM2", Money(100, "INR")),
    ]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (pp.order_document("FAILED"), FactKind.FAILED),
        (pp.expired(), FactKind.EXPIRED),
        (pp.order_document("PENDING"), FactKind.PENDING),
        (pp.order_document("EXPIRED"), FactKind.UNKNOWN),
        (pp.order_document("completed"), FactKind.UNKNOWN),
        ({"orderId": pp.ORDER, "state": None, "amount": None, "paymentDetails": None}, FactKind.UNKNOWN),
        (pp.order_document(amount=None, attempts=[]), FactKind.UNKNOWN),
        (pp.order_document(amount=0), FactKind.UNKNOWN),
    ],
)
def test_the_root_state_decides_and_unknown_words_end_nothing(document: Any, kind: FactKind) -> None:
    assert asked((200, document))[-1].kind is kind


def test_the_order_is_the_charge_where_no_attempt_is_named_and_stays_so() -> None:
    memory = pp.memory()
    bare = pp.order_document(attempts=[])
    assert asked((200, bare), memory)[0].charge_ref == pp.ORDER
    assert asked((200, pp.order_document()), memory)[0].charge_ref == pp.ORDER
    assert asked((200, pp.order_document()))[0].charge_ref == pp.ATTEMPT


def test_another_order_or_currency_is_told_as_it_is() -> None:
    (fact,) = asked((200, pp.order_document(orderId="OMO9", merchantOrderId="other", currency="USD")))
    assert (fact.reference, fact.gateway_ref) == ("other", "OMO9")
    assert fact.money == Money(49_900, "USD")


def test_trouble_while_asking_ends_nothing() -> None:
    for answer in ((500, {"code": "INTERNAL_SERVER_ERROR"}), (429, ""), (200, {"code": "SUCCESS"})):
        with pytest.raises(GatewayUnavailable):
            asked(answer)
    with pytest.raises(GatewayRefused):
        asked((400, {"code": "A_NEW_CODE"}))


@pytest.mark.parametrize(
    ("name", "kind", "charge", "minor"),
    [
        ("sdk_py_status_card", FactKind.PAID, "OM2404191323224162488756", 100),
        ("sdk_py_status_netbanking", FactKind.PAID, "OM2404191326420752488502", 100),
        ("sdk_py_status_ppe_intent_two_attempts", FactKind.PAID, "OM2402281351164694090252", 300),
        ("sdk_java_status_failed_then_split_completed", FactKind.PAID, "OM2402281351164694090252", 300),
        # Made up: an attempt of 22 in an order of 100; the order's amount is the one to compare.
        ("sdk_py_status_success", FactKind.PAID, "tid", 100),
        ("sdk_py_status_token_failed", FactKind.FAILED, None, None),
    ],
)
def test_published_answers(name: str, kind: FactKind, charge: str | None, minor: int | None) -> None:
    fact = asked((200, pp.golden(name)))[-1]
    assert (fact.kind, fact.charge_ref) == (kind, charge)
    assert fact.money == (Money(minor, "INR") if minor else None)


# --- deliveries -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected", "reference"),
    [
        ("sdk_py_webhook_order_completed", [FactKind.PAID], "merchantOrderId"),
        ("sdk_py_webhook_order_completed_fee", [FactKind.PAID], "OMPL2404181217419741571575"),
        (
            "sdk_py_webhook_attempt_failed_order_pending",
            [FactKind.ATTEMPT_FAILED, FactKind.PENDING],
            "MO1af83fb6",
        ),
        ("sdk_py_webhook_state_expired", [FactKind.ATTEMPT_FAILED, FactKind.UNKNOWN], "merchantOrderId"),
        ("sdk_py_webhook_refund_accepted", [FactKind.REFUND_PENDING], "originalMerchantOrderId"),
        ("sdk_py_webhook_refund_completed", [FactKind.REFUNDED], "originalMerchantOrderId"),
        ("sdk_java_webhook_event_only_minimal", [FactKind.UNKNOWN], None),
        ("sdk_node_webhook_type_only", [FactKind.UNKNOWN], None),
    ],
)
def test_published_deliveries_are_hints(name: str, expected: list[FactKind], reference: str | None) -> None:
    facts = hinted(pp.golden(name))
    assert kinds(facts) == expected
    assert {fact.weight for fact in facts} == {Weight.HINT}
    assert {fact.reference for fact in facts} == {reference}


def test_a_delivery_that_names_nothing_of_ours_says_nothing() -> None:
    assert hinted({"event": "settlement.initiated", "payload": {"id": 7}}) == []
    assert hinted({"event": "pg.refund.failed", "payload": {"refundId": "OMR1", "state": "FAILED"}}) == []
    (failed,) = hinted(
        {"event": "pg.refund.failed", "payload": {"originalMerchantOrderId": "DS-1", "state": "FAILED"}}
    )
    assert (failed.kind, failed.reference, failed.refund_ref) == (FactKind.REFUND_FAILED, "DS-1", None)


def test_nothing_comes_back_with_the_browser() -> None:
    assert pp.account().read_return(pp.delivered(b"code=PAYMENT_SUCCESS")) == []
