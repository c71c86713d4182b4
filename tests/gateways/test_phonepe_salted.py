"""Version 1: the code decides, and what is not a code of an end ends nothing."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from raseed.core.errors import GatewayRefused, GatewayUnavailable, Unsupported
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from tests.gateways import phonepe_account as pp
from tests.gateways.contract import SECRET
from tests.gateways.wire import Wire

HUNDRED = Money(10_000, "INR")
URL = "https://mercury-uat.phonepe.com/transact/pg?token=madeup"
INITIATED = {
    "success": True,
    "code": "PAYMENT_INITIATED",
    "data": {"instrumentResponse": {"type": "PAY_PAGE", "redirectInfo": {"url": URL, "method": "GET"}}},
}


def asked(answer: Any) -> list[Fact]:
    return pp.salted(http=Wire({pp.V1_STATUS: answer})).query(pp.V1_REF, pp.memory())


def sent(wire: Wire) -> Any:
    return json.loads(base64.b64decode(wire.body()["request"]))


def test_a_payment_is_opened_under_our_reference() -> None:
    wire = Wire({pp.V1_PAY: (200, INITIATED)})
    opened = pp.salted(http=wire).open(pp.order(), pp.memory())
    assert (opened.gateway_ref, opened.url) == (pp.REFERENCE, URL)
    assert sent(wire) == {
        "merchantId": pp.MERCHANT,
        "merchantTransactionId": pp.REFERENCE,
        "merchantUserId": "U-42",
        "amount": 49_900,
        "redirectUrl": "https://shop.example/pay/return",
        "redirectMode": "REDIRECT",
        "mobileNumber": "9999999999",
        "paymentInstrument": {"type": "PAY_PAGE"},
    }


def test_a_payer_without_an_id_of_that_kind_has_the_reference() -> None:
    wire = Wire({pp.V1_PAY: (200, INITIATED)})
    pp.salted(http=wire).open(pp.order(customer={"id": "a@b", "phone": "12"}), pp.memory())
    assert sent(wire)["merchantUserId"] == pp.REFERENCE
    assert "mobileNumber" not in sent(wire)


def test_only_the_whole_page_can_be_opened() -> None:
    gateway = pp.salted()
    assert gateway.capabilities.methods == {"checkout", "phonepe"}
    with pytest.raises(Unsupported):
        gateway.open(pp.order("card"), pp.memory())


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("PAYMENT_SUCCESS", FactKind.PAID),
        ("PAYMENT_ERROR", FactKind.FAILED),
        ("PAYMENT_DECLINED", FactKind.FAILED),
        ("PAYMENT_CANCELLED", FactKind.CANCELLED),
        ("PAYMENT_PENDING", FactKind.PENDING),
        ("PAYMENT_INITIATED", FactKind.PENDING),
        ("INTERNAL_SERVER_ERROR", FactKind.PENDING),
        ("TIMED_OUT", FactKind.PENDING),
        ("A_NEW_CODE", FactKind.UNKNOWN),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_the_code_decides(code: str, kind: FactKind, status: int) -> None:
    if status == 400 and kind is FactKind.UNKNOWN:
        with pytest.raises(GatewayRefused):
            asked((status, pp.transaction(code)))
        return
    (fact,) = asked((status, pp.transaction(code, state="COMPLETED", responseCode="SUCCESS")))
    assert (fact.kind, fact.weight, fact.reference) == (kind, Weight.PROOF, pp.REFERENCE)
    assert (fact.gateway_ref, fact.charge_ref) == (pp.REFERENCE, pp.TRANSACTION)


def test_paid_without_amount_or_transaction_proves_nothing() -> None:
    for gap in ({"amount": None}, {"transactionId": None}, {"amount": 0}, {"amount": 499.0}):
        assert asked((200, pp.transaction(**gap)))[0].kind is FactKind.UNKNOWN


def test_a_transaction_that_was_never_begun_is_no_fact() -> None:
    for status in (200, 400, 404):
        assert asked((status, {"success": False, "code": "TRANSACTION_NOT_FOUND", "data": None})) == []


@pytest.mark.parametrize(
    "answer",
    [
        (500, {"success": False, "code": "INTERNAL_SERVER_ERROR"}),
        (429, {"success": False, "code": "TOO_MANY_REQUESTS"}),
        (200, pp.transaction(merchantId="ANOTHER")),
        (200, {"success": True}),
    ],
)
def test_no_answer_about_this_payment_ends_nothing(answer: Any) -> None:
    with pytest.raises(GatewayUnavailable):
        asked(answer)


@pytest.mark.parametrize("answer", [(200, pp.golden("v1_auth_failure_kit")), (401, {"code": "401"})])
def test_a_wrong_salt_is_a_refusal(answer: Any) -> None:
    with pytest.raises(GatewayRefused, match="credentials"):
        asked(answer)


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "TIMED_OUT", "TOO_MANY_REQUESTS", "NEW"])
def test_opening_with_an_unclear_answer_stays_unknown(code: str) -> None:
    wire = Wire({pp.V1_PAY: (200, {"success": False, "code": code})})
    with pytest.raises(GatewayUnavailable):
        pp.salted(http=wire).open(pp.order(), pp.memory())
    assert wire.calls == [pp.V1_PAY]


@pytest.mark.parametrize("status", [200, 400, 417])
def test_a_reused_reference_is_detected_and_the_existing_payment_looked_up(status: int) -> None:
    used = (status, {"success": False, "code": "INVALID_TRANSACTION_ID"})
    wire = Wire({pp.V1_PAY: used, pp.V1_STATUS: (200, pp.transaction("PAYMENT_PENDING"))})
    opened = pp.salted(http=wire).open(pp.order(), pp.memory())
    assert (opened.gateway_ref, opened.url) == (pp.REFERENCE, None)
    for other in ((200, {"code": "TRANSACTION_NOT_FOUND"}), (200, pp.transaction(amount=1)), (400, "")):
        wire = Wire({pp.V1_PAY: used, pp.V1_STATUS: other})
        with pytest.raises(GatewayRefused) as caught:
            pp.salted(http=wire).open(pp.order(), pp.memory())
        assert caught.value.code == "INVALID_TRANSACTION_ID"


def refunded(wire: Wire, key: str = pp.REFUND) -> list[Fact]:
    gateway = pp.salted(http=wire, callback_url="https://shop.example/hook?a=1")
    return gateway.refund(pp.V1_REF, pp.TRANSACTION, HUNDRED, "", key, pp.memory())


def test_a_refund_is_known_by_the_id_we_gave_it() -> None:
    wire = Wire({pp.V1_REFUND: (200, pp.v1_refund())})
    (fact,) = refunded(wire)
    assert sent(wire)["callbackUrl"] == "https://shop.example/hook?a=1&refund=1"
    assert (fact.kind, fact.refund_ref, fact.charge_ref) == (
        FactKind.REFUND_PENDING,
        pp.REFUND,
        pp.TRANSACTION,
    )


@pytest.mark.parametrize("status", [200, 400])
def test_a_repeated_refund_says_error_though_the_first_one_worked(status: int) -> None:
    excess = pp.v1_refund("PAYMENT_ERROR", responseCode="EXCESS_REFUND_AMOUNT")
    wire = Wire({pp.V1_REFUND: (status, excess), pp.V1_REFUND_STATUS: (200, pp.v1_refund("PAYMENT_SUCCESS"))})
    (fact,) = refunded(wire)
    assert (fact.kind, fact.money) == (FactKind.REFUNDED, HUNDRED)
    wire = Wire(
        {pp.V1_REFUND: (status, excess), pp.V1_REFUND_STATUS: (200, {"code": "TRANSACTION_NOT_FOUND"})}
    )
    with pytest.raises(GatewayRefused):
        refunded(wire)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("PAYMENT_SUCCESS", FactKind.REFUNDED),
        ("PAYMENT_ERROR", FactKind.REFUND_FAILED),
        ("PAYMENT_PENDING", FactKind.REFUND_PENDING),
        ("TIMED_OUT", FactKind.REFUND_PENDING),
        ("A_NEW_CODE", FactKind.REFUND_PENDING),
    ],
)
def test_a_refund_is_final_when_its_code_says_so(code: str, kind: FactKind) -> None:
    wire = Wire({pp.V1_REFUND_STATUS: (200, pp.v1_refund(code))})
    (fact,) = pp.salted(http=wire).query_refund(pp.V1_REF, pp.TRANSACTION, pp.REFUND, None, pp.memory())
    assert (fact.kind, fact.refund_ref, fact.money) == (kind, pp.REFUND, HUNDRED)


def test_what_a_hint_calls_a_refund_is_none_until_it_says_of_what() -> None:
    gateway = pp.salted(http=Wire({"*": (200, pp.v1_refund("PAYMENT_SUCCESS"))}))
    (fact,) = gateway.query_refund(pp.V1_REF, pp.TRANSACTION, "", "R2", pp.memory())
    assert fact.kind is FactKind.UNKNOWN
    assert gateway.query_refund(pp.V1_REF, pp.TRANSACTION, "", pp.REFERENCE, pp.memory()) == []


def test_a_callback_of_a_refund_comes_to_the_address_of_refunds() -> None:
    gateway = pp.salted()
    body = json.dumps(pp.v1_refund("PAYMENT_SUCCESS")).encode()
    delivery = pp.called_back(body, secret=SECRET, query="refund=1")
    (fact,) = gateway.read(gateway.verify(delivery))
    assert (fact.kind, fact.weight, fact.refund_ref) == (FactKind.REFUNDED, Weight.PROOF, pp.REFUND)
    (other,) = gateway.read(gateway.verify(pp.called_back(body)))
    assert (other.kind, other.reference) == (FactKind.PAID, pp.REFUND)  # the reference of no payment
