"""Payment intents after they were opened: asked about, captured, cancelled, told by events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.core.facts import Fact, FactKind
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef
from tests.gateways import paymongo_account as pm
from tests.gateways.memory import DictMemory
from tests.gateways.wire import Wire

READ = f"GET /v1/payment_intents/{pm.INTENT}"
CANCEL = f"POST /v1/payment_intents/{pm.INTENT}/cancel"
CAPTURE = f"POST /v1/payment_intents/{pm.INTENT}/capture"


def query(intent: Any, ref: GatewayRef = pm.INTENT_REF) -> list[Fact]:
    return pm.account(http=Wire({READ: pm.answer(intent)})).query(ref, DictMemory())


def kinds(facts: list[Fact]) -> list[FactKind]:
    return [fact.kind for fact in facts]


# --- asking -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ref", "status", "changes", "expected"),
    [
        (pm.CARD_REF, "awaiting_payment_method", {}, [FactKind.PENDING]),
        (pm.CARD_REF, "awaiting_next_action", {}, [FactKind.PENDING]),
        (pm.CARD_REF, "processing", {}, [FactKind.PENDING]),
        (pm.CARD_REF, "awaiting_capture", {}, [FactKind.AUTHORIZED]),
        (pm.CARD_REF, "cancelled", {}, [FactKind.CANCELLED]),
        (pm.CARD_REF, "succeeded", {}, [FactKind.UNKNOWN]),
        (pm.CARD_REF, "sleeping", {}, [FactKind.UNKNOWN]),
        (
            pm.CARD_REF,
            "awaiting_payment_method",
            {"payments": [pm.payment("failed")]},
            [FactKind.ATTEMPT_FAILED, FactKind.PENDING],
        ),
        (
            pm.CARD_REF,
            "succeeded",
            {"payments": [pm.payment("failed", ref="pay_First"), pm.payment()]},
            [FactKind.ATTEMPT_FAILED, FactKind.PAID],
        ),
        (
            pm.CARD_REF,
            "succeeded",
            {"payments": [pm.payment(), pm.payment("failed", ref="pay_First")]},
            [FactKind.PAID, FactKind.ATTEMPT_FAILED],
        ),
        (pm.INTENT_REF, "awaiting_next_action", {}, [FactKind.PENDING]),
        (pm.INTENT_REF, "awaiting_payment_method", {}, [FactKind.PENDING]),
        (
            pm.INTENT_REF,
            "awaiting_payment_method",
            {"payments": [pm.payment("failed")]},
            [FactKind.ATTEMPT_FAILED, FactKind.FAILED],
        ),
        (
            pm.INTENT_REF,
            "awaiting_payment_method",
            {"last_payment_error": {"payment": "pay_Gone", "failed_code": "CLOSED"}},
            [FactKind.ATTEMPT_FAILED, FactKind.FAILED],
        ),
        (
            pm.INTENT_REF,
            "awaiting_payment_method",
            {"payments": [pm.payment("failed", ref="pay_First"), pm.payment("pending")]},
            [FactKind.ATTEMPT_FAILED, FactKind.PENDING, FactKind.PENDING],
        ),
        (
            pm.INTENT_REF,
            "awaiting_payment_method",
            {"payment_method_allowed": ["qrph"]},
            [FactKind.EXPIRED],
        ),
        (pm.INTENT_REF, "succeeded", {"payments": [pm.payment()]}, [FactKind.PAID]),
    ],
)
def test_where_an_intent_stands(
    ref: GatewayRef, status: str, changes: dict[str, Any], expected: list[FactKind]
) -> None:
    facts = query(pm.intent(status, **changes), ref)
    assert kinds(facts) == expected
    assert {fact.gateway_ref for fact in facts} == {pm.INTENT}
    assert {fact.reference for fact in facts} == {pm.REFERENCE}


def test_a_failure_that_is_not_listed_is_told_by_the_last_error() -> None:
    error = {"payment": "pay_Gone", "failed_code": "insufficient_funds", "failed_message": "their text"}
    failed, _ = query(pm.intent(last_payment_error=error), pm.CARD_REF)
    assert (failed.kind, failed.charge_ref) == (FactKind.ATTEMPT_FAILED, "pay_Gone")
    assert "There is not enough money on the card or wallet." in failed.detail
    assert "their text" not in failed.detail
    listed = pm.payment("failed", ref="pay_Gone", failed_code="insufficient_funds")
    facts = query(pm.intent(last_payment_error=error, payments=[listed]), pm.CARD_REF)
    assert kinds(facts) == [FactKind.ATTEMPT_FAILED, FactKind.PENDING]


def test_both_generations_of_a_paid_intent_are_read() -> None:
    old = pm.golden("payment_intent-attach-card-succeeded-test")["data"]
    (fact,) = _read_as(old)
    assert (fact.kind, fact.charge_ref) == (FactKind.PAID, "pay_eVMZ4LLX15WwAhF7XqRd5vc5")
    assert (fact.money, fact.fee) == (Money(10_000, "PHP"), Money(1_950, "PHP"))
    new = pm.intent("succeeded", original_amount=25_000, payments=[pm.payment()], promotion=None)
    assert kinds(query(new)) == [FactKind.PAID]


def test_a_published_intent_that_contradicts_itself_pays_nothing() -> None:
    """It waits for a payment method, and lists a paid payment that names another intent."""
    facts = _read_as(pm.golden("payment_intent-last_payment_error-authentication_error")["data"])
    assert kinds(facts) == [FactKind.UNKNOWN, FactKind.ATTEMPT_FAILED, FactKind.PENDING]
    assert "was not authenticated" in facts[1].detail


def _read_as(intent: Any) -> list[Fact]:
    wire = Wire({f"GET /v1/payment_intents/{intent['id']}": pm.answer(intent)})
    return pm.account(http=wire).query(GatewayRef(pm.REFERENCE, intent["id"], method="card"), DictMemory())


# --- held money ---------------------------------------------------------------------------------------


def test_held_money_is_authorized_and_not_paid() -> None:
    held = pm.intent("awaiting_capture", capture_type="manual", payments=[pm.payment("pending")])
    facts = query(held, pm.CARD_REF)
    assert kinds(facts) == [FactKind.PENDING, FactKind.AUTHORIZED]
    assert (facts[-1].money, facts[-1].charge_ref) == (pm.MONEY, pm.PAYMENT)
    odd = pm.intent("awaiting_capture", payments=[pm.payment("paid")])
    assert kinds(query(odd, pm.CARD_REF)) == [FactKind.UNKNOWN, FactKind.AUTHORIZED]


def capture(http: Wire, minor: int = 25_000) -> list[Fact]:
    money = Money(minor, "PHP")
    return pm.account(http=http).capture(pm.CARD_REF, pm.PAYMENT, money, DictMemory())


def test_capturing_takes_the_amount_asked_for() -> None:
    part = pm.payment(amount=10_000, payment_intent_id=pm.INTENT)
    http = Wire({CAPTURE: pm.answer(pm.intent("succeeded", payments=[part]))})
    (fact,) = capture(http, 10_000)
    assert http.body() == {"data": {"attributes": {"amount": 10_000}}}
    assert (fact.kind, fact.money) == (FactKind.PAID, Money(10_000, "PHP"))


def test_capturing_twice_tells_what_was_taken() -> None:
    paid = pm.answer(pm.intent("succeeded", payments=[pm.payment()]))
    http = Wire({CAPTURE: pm.refusal("resource_succeeded_state"), READ: paid})
    assert kinds(capture(http)) == [FactKind.PAID]


def test_capturing_too_much_is_refused() -> None:
    http = Wire(
        {CAPTURE: pm.refusal("allowed_amount_exceeded"), READ: pm.answer(pm.intent("awaiting_capture"))}
    )
    with pytest.raises(GatewayRefused, match="More cannot be captured"):
        capture(http)


def test_a_lost_capture_is_not_repeated_blindly() -> None:
    http = Wire({CAPTURE: (500, "")})
    with pytest.raises(GatewayUnavailable):
        capture(http)
    assert http.calls == [CAPTURE]


def test_voiding_releases_what_is_held() -> None:
    http = Wire({CANCEL: (200, {"data": pm.intent("cancelled")})})
    (fact,) = pm.account(http=http).void(pm.CARD_REF, pm.PAYMENT, DictMemory())
    assert (fact.kind, fact.gateway_ref) == (FactKind.VOIDED, pm.INTENT)
    assert "Idempotency-Key" not in http.sent[0].headers


def test_voiding_twice_tells_that_it_is_voided() -> None:
    http = Wire(
        {
            CANCEL: (400, pm.golden("error-400-resource_cancelled_state")),
            READ: pm.answer(pm.intent("cancelled")),
        }
    )
    assert kinds(pm.account(http=http).void(pm.CARD_REF, pm.PAYMENT, DictMemory())) == [FactKind.VOIDED]


@pytest.mark.parametrize("code", ["resource_succeeded_state", "resource_failed_state"])
def test_what_cannot_be_voided_says_so(code: str) -> None:
    with pytest.raises(GatewayRefused) as caught:
        pm.account(http=Wire({CANCEL: pm.refusal(code)})).void(pm.CARD_REF, pm.PAYMENT, DictMemory())
    assert caught.value.code == code


# --- closing ------------------------------------------------------------------------------------------


def test_closing_cancels_the_intent() -> None:
    http = Wire({CANCEL: (200, pm.golden("payment_intent-cancelled-response-test"))})
    (fact,) = pm.account(http=http).close(pm.CARD_REF, DictMemory())
    assert fact.kind is FactKind.CANCELLED


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (pm.intent("succeeded", payments=[pm.payment()]), FactKind.PAID),
        (pm.intent("awaiting_next_action"), FactKind.PENDING),
        (pm.intent("cancelled"), FactKind.CANCELLED),
    ],
)
def test_an_intent_that_cannot_be_cancelled_is_read(found: Any, expected: FactKind) -> None:
    http = Wire({CANCEL: pm.refusal("resource_failed_state"), READ: pm.answer(found)})
    assert pm.account(http=http).close(pm.CARD_REF, DictMemory())[-1].kind is expected


# --- events -------------------------------------------------------------------------------------------


def read(name: str, carried: Any) -> list[Fact]:
    gateway = pm.account()
    return gateway.read(gateway.verify(pm.signed(json.dumps(pm.event(name, carried)).encode())))


def test_an_attempt_on_what_we_attached_ends_the_checkout() -> None:
    """Nobody can attach another method to it, so the customer must be able to start again at once."""
    ours = {"reference": pm.REFERENCE, "raseed_flow": "attached"}
    failed = pm.payment("failed", failed_code="CLOSED", payment_intent_id=pm.INTENT, metadata=ours)
    (fact,) = read("payment.failed", failed)
    assert (fact.kind, fact.gateway_ref) == (FactKind.FAILED, pm.INTENT)
    (fact,) = read("payment.failed", {**failed, "attributes": {**failed["attributes"], "metadata": {}}})
    assert fact.kind is FactKind.ATTEMPT_FAILED


@pytest.mark.parametrize("member", ["payment_intent_id", "payment_intent"])
def test_an_expired_code_makes_us_ask_about_its_intent(member: str) -> None:
    code = pm.resource("qrph_1", "qrph", created_at="2025-11-29T12:00:00+08:00", **{member: pm.INTENT})
    (fact,) = read("qrph.expired", code)
    assert (fact.kind, fact.gateway_ref) == (FactKind.UNKNOWN, pm.INTENT)


@pytest.mark.parametrize(
    ("name", "carried", "expected"),
    [
        ("payment_intent.succeeded", pm.intent("succeeded", payments=[pm.payment()]), [FactKind.PAID]),
        ("payment_intent.succeeded", pm.intent("succeeded"), [FactKind.UNKNOWN]),
        ("payment_intent.awaiting_payment_method", pm.intent(), [FactKind.PENDING]),
        ("payment_intent.awaiting_payment_method", pm.intent("succeeded"), [FactKind.UNKNOWN]),
        ("refund.succeeded", pm.refund(), [FactKind.REFUNDED]),
    ],
)
def test_the_event_names_of_2026(name: str, carried: Any, expected: list[FactKind]) -> None:
    assert kinds(read(name, carried)) == expected
