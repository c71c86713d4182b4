"""Checkout sessions: opened, asked about, closed. `status` alone never tells that one is paid."""

from __future__ import annotations

from typing import Any

import pytest

from raseed.core.errors import GatewayUnavailable
from raseed.core.facts import Fact, FactKind
from raseed.gateways.base import GatewayRef
from tests.gateways import paymongo_account as pm
from tests.gateways.memory import DictMemory
from tests.gateways.wire import Wire

OPEN = "POST /v1/checkout_sessions"
READ = f"GET /v1/checkout_sessions/{pm.SESSION}"
EXPIRE = f"POST /v1/checkout_sessions/{pm.SESSION}/expire"


def query(session: Any) -> list[Fact]:
    return pm.account(http=Wire({READ: pm.answer(session)})).query(pm.SESSION_REF, DictMemory())


def kinds(facts: list[Fact]) -> list[FactKind]:
    return [fact.kind for fact in facts]


def test_opening_offers_every_method_for_one_item() -> None:
    wire = Wire({OPEN: pm.answer(pm.session())})
    opened = pm.account(http=wire).open(pm.order("checkout", description=""), DictMemory())
    sent = wire.body()["data"]["attributes"]
    assert sent["line_items"] == [{"name": "Payment", "quantity": 1, "amount": 25_000, "currency": "PHP"}]
    assert sent["payment_method_types"] == ["gcash", "grab_pay", "paymaya", "card"]
    assert (sent["success_url"], sent["cancel_url"]) == ("https://shop.example/ok", "https://shop.example/no")
    assert sent["reference_number"] == sent["metadata"]["reference"] == pm.REFERENCE
    assert wire.sent[0].headers["Idempotency-Key"] == f"open:{pm.REFERENCE}"
    assert (opened.gateway_ref, opened.ids) == (pm.SESSION, {"payment_intent": pm.INTENT})
    assert opened.url
    assert opened.url.endswith("#cGtfdGVzdF94")  # the page needs the fragment


def test_a_published_answer_opens() -> None:
    wire = Wire({OPEN: (200, pm.golden("checkout_session-created-response-test"))})
    opened = pm.account(http=wire, checkout_methods=["card"]).open(pm.order("checkout"), DictMemory())
    assert opened.gateway_ref == "cs_JVvRBBmEiQ96hA8TrpFpLYwC"
    assert opened.ids == {"payment_intent": "pi_7hxSYj1Ddw8FAAEZh6Pfsueo"}
    assert wire.body()["data"]["attributes"]["payment_method_types"] == ["card"]


def test_a_payment_in_the_session_is_paid_although_the_session_stays_active() -> None:
    facts = query(pm.session("active", "processing", payments=[pm.payment(payment_intent_id=pm.INTENT)]))
    assert kinds(facts) == [FactKind.PAID]
    assert (facts[0].gateway_ref, facts[0].charge_ref) == (pm.SESSION, pm.PAYMENT)


def test_a_payment_listed_by_session_and_intent_is_one() -> None:
    paid = pm.payment(payment_intent_id=pm.INTENT)
    intent = pm.resource(pm.INTENT, "payment_intent", status="succeeded", payments=[paid])
    assert kinds(query(pm.session(payments=[paid], payment_intent=intent))) == [FactKind.PAID]
    assert kinds(query(pm.session(payments=[], payment_intent=intent))) == [FactKind.PAID]


def test_a_number_of_theirs_does_not_hide_our_reference() -> None:
    paid = pm.payment(metadata=None, external_reference_number="d677VxY")
    (fact,) = query(pm.session(metadata=None, reference_number=None, payments=[paid]))
    assert fact.reference == pm.REFERENCE
    (other,) = query(pm.session(payments=[pm.payment(metadata={"reference": "rsd_9999"})]))
    assert other.reference == "rsd_9999"  # of another payment: the core sends it to review


def test_two_payments_are_two_charges() -> None:
    facts = query(pm.session(payments=[pm.payment(), pm.payment(ref="pay_Second")]))
    assert kinds(facts) == [FactKind.PAID] * 2
    assert [fact.charge_ref for fact in facts] == [pm.PAYMENT, "pay_Second"]


def test_a_failed_attempt_leaves_the_session_open() -> None:
    facts = query(pm.session(payments=[pm.payment("failed", failed_code="generic_decline")]))
    assert kinds(facts) == [FactKind.ATTEMPT_FAILED, FactKind.PENDING]


@pytest.mark.parametrize(
    ("status", "intent_status", "payments", "kind"),
    [
        ("active", "awaiting_payment_method", [], FactKind.PENDING),
        ("expired", "cancelled", [], FactKind.EXPIRED),
        ("expired", "awaiting_payment_method", [], FactKind.EXPIRED),
        ("expired", "cancelled", [pm.payment("failed")], FactKind.EXPIRED),
        ("expired", "cancelled", [pm.payment("pending")], FactKind.PENDING),
        ("expired", "cancelled", [pm.payment("sleeping")], FactKind.PENDING),
        ("expired", "processing", [], FactKind.PENDING),
        ("expired", "awaiting_next_action", [], FactKind.PENDING),
        ("expired", "succeeded", [], FactKind.UNKNOWN),
        ("active", "succeeded", [], FactKind.UNKNOWN),
        ("sleeping", "cancelled", [], FactKind.UNKNOWN),
        ("expired", "cancelled", [pm.payment("paid")], FactKind.PAID),
    ],
)
def test_only_a_session_that_can_bring_no_money_has_expired(
    status: str, intent_status: str, payments: list[Any], kind: FactKind
) -> None:
    assert query(pm.session(status, intent_status, payments=payments))[-1].kind is kind


def test_a_session_that_says_when_it_was_paid_but_not_by_what_is_asked_again() -> None:
    assert kinds(query(pm.session("expired", "cancelled", paid_at=pm.CREATED))) == [FactKind.UNKNOWN]


@pytest.mark.parametrize(
    ("status", "payments", "kinds_"),
    [
        ("succeeded", [pm.payment()], [FactKind.PAID]),
        ("succeeded", [], [FactKind.UNKNOWN]),
        ("processing", [], [FactKind.PENDING]),
        ("cancelled", [], [FactKind.CANCELLED]),
        ("cancelled", [pm.payment("pending")], [FactKind.PENDING, FactKind.PENDING]),
        ("awaiting_payment_method", [pm.payment("failed")], [FactKind.ATTEMPT_FAILED, FactKind.PENDING]),
    ],
)
def test_where_only_the_intent_is_known_it_is_asked(
    status: str, payments: list[Any], kinds_: list[FactKind]
) -> None:
    intent = pm.resource(pm.INTENT, "payment_intent", status=status, payments=payments)
    wire = Wire({f"GET /v1/payment_intents/{pm.INTENT}": pm.answer(intent)})
    facts = pm.account(http=wire).query(GatewayRef(pm.REFERENCE, pm.INTENT), DictMemory())
    assert kinds(facts) == kinds_
    assert {fact.gateway_ref for fact in facts} == {pm.INTENT}


def test_closing_expires_the_session() -> None:
    wire = Wire({EXPIRE: (200, pm.golden("checkout_session-expired-response-test"))})
    (fact,) = pm.account(http=wire).close(pm.SESSION_REF, DictMemory())
    assert fact.kind is FactKind.EXPIRED
    assert "Idempotency-Key" not in wire.sent[0].headers


def test_a_session_that_cannot_be_closed_is_read() -> None:
    paid = pm.session(payments=[pm.payment()])
    wire = Wire({EXPIRE: pm.refusal("resource_failed_state"), READ: pm.answer(paid)})
    assert kinds(pm.account(http=wire).close(pm.SESSION_REF, DictMemory())) == [FactKind.PAID]


def test_closing_is_not_repeated_blindly() -> None:
    wire = Wire({EXPIRE: (500, "")})
    with pytest.raises(GatewayUnavailable):
        pm.account(http=wire).close(pm.SESSION_REF, DictMemory())
    assert wire.calls == [EXPIRE]
