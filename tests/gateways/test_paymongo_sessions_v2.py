"""Checkout sessions of version 2: several intents, none of which we saw when it was opened."""

from __future__ import annotations

import json
from typing import Any

import pytest

from raseed.core.errors import GatewayRefused
from raseed.core.facts import Fact, FactKind, Move, Snapshot, State, decide
from raseed.gateways.base import GatewayRef
from tests.gateways import paymongo_account as pm
from tests.gateways.memory import DictMemory
from tests.gateways.wire import Wire

OPEN = "POST /v2/checkout_sessions"
READ = f"GET /v1/checkout_sessions/{pm.SESSION}"
READ_2 = f"GET /v2/checkout_sessions/{pm.SESSION}"
REF = GatewayRef(pm.REFERENCE, pm.SESSION, {}, "checkout_v2", pm.MONEY)
OURS = {"reference": pm.REFERENCE, "raseed_flow": "session"}


def session(**changes: Any) -> Any:
    return pm.session(**{"payment_intent": None, "metadata": OURS, **changes})


def intent(status: str, *payments: Any, ref: str = pm.INTENT) -> Any:
    return pm.resource(ref, "payment_intent", status=status, payments=list(payments))


def query(found: Any) -> list[Fact]:
    return pm.account(http=Wire({READ: pm.answer(found)})).query(REF, DictMemory())


def read(name: str, carried: Any) -> list[Fact]:
    gateway = pm.account()
    return gateway.read(gateway.verify(pm.signed(json.dumps(pm.event(name, carried)).encode())))


def test_opening_uses_version_2_and_marks_what_it_makes() -> None:
    http = Wire({OPEN: pm.answer(session())})
    opened = pm.account(http=http).open(pm.order("checkout_v2"), DictMemory())
    assert http.body()["data"]["attributes"]["metadata"] == {"task": "77", **OURS}
    assert (opened.gateway_ref, opened.ids) == (pm.SESSION, {})
    assert opened.url


def test_an_intent_in_the_answer_is_not_taken_for_the_only_one() -> None:
    http = Wire({OPEN: pm.answer(pm.session(metadata=OURS))})
    assert pm.account(http=http).open(pm.order("checkout_v2"), DictMemory()).ids == {}


def test_a_payment_of_an_unseen_intent_is_paid_and_no_stranger() -> None:
    paid = pm.payment(payment_intent_id="pi_Unseen", metadata=OURS)
    (fact,) = read("payment.paid", paid)
    assert (fact.kind, fact.gateway_ref, fact.reference) == (FactKind.PAID, None, pm.REFERENCE)
    opened = Snapshot(
        State.PENDING,
        pm.MONEY,
        livemode=False,
        reference=pm.REFERENCE,
        gateway_refs=frozenset({pm.SESSION}),
    )
    decision = decide(opened, fact)
    assert isinstance(decision, Move)
    assert decision.to is State.PAID


def test_the_same_payment_without_our_mark_goes_to_a_person() -> None:
    """Version 1 has one intent, known since opening: another one is a stranger's."""
    (fact,) = read("payment.paid", pm.payment(payment_intent_id="pi_Unseen"))
    assert fact.gateway_ref == "pi_Unseen"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (session(), [FactKind.PENDING]),
        (session(status="expired"), [FactKind.EXPIRED]),
        (
            session(
                payment_intents=[
                    intent("awaiting_payment_method", pm.payment("failed", ref="pay_First")),
                    intent("succeeded", pm.payment(), ref="pi_Second"),
                ]
            ),
            [FactKind.ATTEMPT_FAILED, FactKind.PAID],
        ),
        (
            session(
                status="expired",
                payment_intents=[intent("cancelled"), intent("processing", ref="pi_Second")],
            ),
            [FactKind.PENDING],
        ),
        (session(payments=[pm.payment(payment_intent_id="pi_Unseen", metadata=OURS)]), [FactKind.PAID]),
        (session(paid_at=pm.CREATED), [FactKind.UNKNOWN]),
    ],
)
def test_where_it_stands(found: Any, expected: list[FactKind]) -> None:
    facts = query(found)
    assert [fact.kind for fact in facts] == expected
    assert {fact.gateway_ref for fact in facts} == {pm.SESSION}


def test_it_is_looked_for_in_version_2_where_version_1_does_not_know_it() -> None:
    http = Wire({READ: pm.refusal("resource_not_found", 404), READ_2: pm.answer(session())})
    (fact,) = pm.account(http=http).query(REF, DictMemory())
    assert fact.kind is FactKind.PENDING
    http = Wire({READ: pm.refusal("resource_not_found", 404)})
    with pytest.raises(GatewayRefused):
        pm.account(http=http).query(pm.SESSION_REF, DictMemory())
