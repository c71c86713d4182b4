"""A scenario means the same for every kind of checkout: source, session, intent and link."""

from __future__ import annotations

from typing import Any

import pytest

from raseed.sandbox.paymongo.stage import PayMongoStage
from tests.sandbox.bench import SECRET_KEY, Bench
from tests.sandbox.story import SESSION

CARD = {"card_number": "4343434343434345", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
REDIRECT = {"success": "http://shop.test/ok", "failed": "http://shop.test/no"}
PHP = {"amount": 10_000, "currency": "PHP"}
OPENINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "source": ("/v1/sources", {"type": "gcash", "redirect": REDIRECT, **PHP}),
    "session": ("/v1/checkout_sessions", SESSION),
    "intent": ("/v1/payment_intents", {"payment_method_allowed": ["card", "gcash"], **PHP}),
    "link": ("/v1/links", {"amount": 10_000, "description": "Bill 7"}),
}


def opened(bench: Bench, kind: str, scenario: str) -> dict[str, Any]:
    path, attributes = OPENINGS[kind]
    return bench.made(path, attributes, headers={"X-Sandbox-Scenario": scenario})


def charge_if_source(bench: Bench, kind: str, checkout: dict[str, Any]) -> None:
    """A source is charged by the merchant; the other kinds are paid by the payer."""
    if kind == "source":
        bench.charge(checkout)


def paid(bench: Bench) -> list[tuple[str, int]]:
    return [(p["status"], p["amount"]) for p in bench.control("GET", "paymongo/books")["payments"]]


@pytest.mark.parametrize("kind", OPENINGS)
def test_partial_refunds_and_duplicates(bench: Bench, kind: str) -> None:
    bench.hook(events=["payment.paid", "payment.refunded"])
    checkout = opened(bench, kind, "partial-refunds+duplicate-3")
    bench.control("POST", f"checkouts/{checkout['id']}/pay")
    charge_if_source(bench, kind, checkout)
    bench.advance(600)
    assert bench.shop.events == ["payment.paid"] * 3 + ["payment.refunded"] * 9
    assert sum(r["amount"] for r in bench.control("GET", "paymongo/books")["refunds"]) == 10_000


@pytest.mark.parametrize("kind", OPENINGS)
def test_no_webhook(bench: Bench, kind: str) -> None:
    bench.hook()
    checkout = opened(bench, kind, "no-webhook")
    bench.control("POST", f"checkouts/{checkout['id']}/pay")
    charge_if_source(bench, kind, checkout)
    bench.advance(86_400)
    assert bench.shop.events == []
    assert paid(bench) == [("paid", 10_000)]


@pytest.mark.parametrize("kind", ["session", "intent", "link"])
def test_declined_then_paid(bench: Bench, kind: str) -> None:
    checkout = opened(bench, kind, "declined-then-paid")
    for _ in range(2):
        bench.control("POST", f"checkouts/{checkout['id']}/pay")
    assert [status for status, _ in paid(bench)] == ["failed", "paid"]


def test_a_source_that_is_declined_stays_so(bench: Bench) -> None:
    source = opened(bench, "source", "declined")
    bench.submit(source["attributes"]["redirect"]["checkout_url"], action="authorize")
    assert bench.got(f"/v1/sources/{source['id']}")["attributes"]["status"] == "cancelled"


@pytest.mark.parametrize("kind", OPENINGS)
def test_paid_twice(bench: Bench, kind: str) -> None:
    checkout = opened(bench, kind, "paid-twice-other-amount")
    bench.control("POST", f"checkouts/{checkout['id']}/pay")
    charge_if_source(bench, kind, checkout)
    bench.advance(60)
    assert paid(bench) == [("paid", 10_000), ("paid", 5000)]


@pytest.mark.parametrize("kind", OPENINGS)
def test_expired(bench: Bench, kind: str) -> None:
    checkout = opened(bench, kind, "expired")
    bench.advance(60)
    assert bench.control("POST", f"checkouts/{checkout['id']}/pay", status=409)["error"]
    assert paid(bench) == []


# -- cards that are attached through the API ---------------------------------------------------------


def attach(bench: Bench, intent: dict[str, Any], method: dict[str, Any]) -> Any:
    attributes = {"payment_method": method["id"], "return_url": "http://shop.test/back"}
    return bench.api("POST", f"/v1/payment_intents/{intent['id']}/attach", attributes)


@pytest.fixture
def card(bench: Bench) -> dict[str, Any]:
    return bench.made("/v1/payment_methods", {"type": "card", "details": CARD}, key=SECRET_KEY)


def test_a_good_card_is_declined_once(bench: Bench, card: dict[str, Any]) -> None:
    intent = opened(bench, "intent", "declined-then-paid")
    assert attach(bench, intent, card).status_code == 400
    assert attach(bench, intent, card).json()["data"]["attributes"]["status"] == "succeeded"


@pytest.mark.parametrize(
    ("scenario", "status"),
    [
        ("3ds-pass", "succeeded"),
        ("3ds-fail", "awaiting_payment_method"),
        ("decline-after-3ds", "awaiting_payment_method"),
    ],
)
def test_a_good_card_is_sent_to_its_bank(
    bench: Bench, card: dict[str, Any], scenario: str, status: str
) -> None:
    intent = opened(bench, "intent", scenario)
    attached = attach(bench, intent, card).json()["data"]["attributes"]
    assert attached["status"] == "awaiting_next_action"
    bench.submit(attached["next_action"]["redirect"]["url"], action="authorize")
    assert bench.got(f"/v1/payment_intents/{intent['id']}")["attributes"]["status"] == status


def test_an_attach_whose_answer_is_lost(bench: Bench, card: dict[str, Any]) -> None:
    intent = opened(bench, "intent", "charge-answer-lost")
    assert attach(bench, intent, card).status_code == 502
    assert paid(bench) == [("paid", 10_000)]


@pytest.mark.parametrize("body", [b"{", b'{"data": []}', b'{"data": {"attributes": {"payment_method": 7}}}'])
def test_an_attach_that_makes_no_sense_is_left_alone(bench: Bench, body: bytes) -> None:
    intent = opened(bench, "intent", "declined")
    path = f"/v1/payment_intents/{intent['id']}/attach"
    assert bench.api("POST", path, content=body).status_code == 400


def test_ids_of_nobody_lead_to_no_checkout(bench: Bench) -> None:
    stage = bench.sandbox.gateways["paymongo"].stage
    assert isinstance(stage, PayMongoStage)
    assert stage.about("pay_x ref_x pi_x src_x cs_x link_x hook_x") == frozenset()
