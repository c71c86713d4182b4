"""PayMongo's deliveries: its signature header, its published samples, and events that contradict."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from raseed.core.errors import BadSignature, MalformedDelivery, StaleDelivery
from raseed.core.facts import Fact, FactKind
from raseed.core.money import Money
from raseed.gateways.base import RawDelivery
from tests.gateways import paymongo_account as pm

# Computed apart from this code and checked with openssl.
VECTOR_1 = (
    b'{"data":{"id":"evt_SharedVector1","type":"event","attributes":'
    b'{"type":"payment.paid","livemode":false}}}'
)
SECRET_1, AT_1 = "whsk_exampleSharedSecret01", 1_700_000_000
HEX_1 = "825635d5834813f4581f81b62ae5dd5b05687fdf44a924b8310feb61fbe0fee6"
BODY_ONLY_1 = "8af1ef46829f8c97f665523efa6ca3efd6c60ba8a6210652083a4a97fff2afec"
VECTOR_2 = (
    '{"data":{"id":"evt_SharedVector2","type":"event","attributes":'
    '{"type":"payment.paid","livemode":true,"note":"₱20.00 / Niño"}}}'
).encode()
SECRET_2, AT_2 = "whsk_exampleSharedSecret02", 1_700_000_600
HEX_2 = "8b79021c35f21ef7fb79e090fa15366c077aad749c2fb800943a4b0c2fbcb36f"


def delivery(body: bytes, header: str, at_seconds: int) -> RawDelivery:
    at = datetime.fromtimestamp(at_seconds, UTC)
    return RawDelivery("POST", "/hook", {}, {"paymongo-signature": header}, body, at)


def facts_of(document: dict[str, Any]) -> list[Fact]:
    gateway = pm.account()
    return gateway.read(gateway.verify(pm.signed(json.dumps(document).encode())))


def kinds(facts: list[Fact]) -> list[FactKind]:
    return [fact.kind for fact in facts]


# --- the header ---------------------------------------------------------------------------------------


def test_the_test_mode_vector() -> None:
    gateway = pm.account(webhook_secrets=SECRET_1)
    verified = gateway.verify(delivery(VECTOR_1, f"t={AT_1},te={HEX_1},li=", AT_1))
    assert gateway.read(verified) == []


def test_the_live_mode_vector() -> None:
    header = f"t={AT_2},te=,li={HEX_2}"
    assert pm.account(live=True, webhook_secrets=SECRET_2).verify(delivery(VECTOR_2, header, AT_2))
    with pytest.raises(BadSignature):
        pm.account(webhook_secrets=SECRET_2).verify(delivery(VECTOR_2, header, AT_2))


@pytest.mark.parametrize(
    "header",
    [
        f"t={AT_1},te={BODY_ONLY_1},li=",
        f"t={AT_1},te=,li={HEX_1}",
        f"t={AT_1},te={HEX_1.upper()},li=",
        f"t={AT_1},te={HEX_1}",
        f"t={AT_1},te={HEX_1},li=,v1=",
        f"t={AT_1},te={HEX_1},te={HEX_1},li=",
        f"t={AT_1},t={AT_1},te={HEX_1},li=",
        f"t={AT_1},te={HEX_1},li=,",
        f"t={AT_1}.0,te={HEX_1},li=",
        f"t=+{AT_1},te={HEX_1},li=",
        f"t=0{AT_1},te={HEX_1},li=",
        f"t=١٧٠٠٠٠٠٠٠٠,te={HEX_1},li=",
        f"t={'9' * 400},te={HEX_1},li=",
        f"t=,te={HEX_1},li=",
        f"T={AT_1},TE={HEX_1},LI=",
        f"t={AT_1};te={HEX_1};li=",
        f"t={AT_1},te={HEX_1}ü,li=",
        f"t={AT_1},te=,li=",
        "",
    ],
)
def test_an_unusual_header_is_refused(header: str) -> None:
    gateway = pm.account(webhook_secrets=SECRET_1)
    with pytest.raises(BadSignature):
        gateway.verify(delivery(VECTOR_1, header, AT_1))


@pytest.mark.parametrize(
    "header", [f"li=,te={HEX_1},t={AT_1}", f" t={AT_1} , te={HEX_1} , li= ", f"t={AT_1},te={HEX_1},li=abc"]
)
def test_order_spaces_and_the_other_mode_do_not_matter(header: str) -> None:
    assert pm.account(webhook_secrets=SECRET_1).verify(delivery(VECTOR_1, header, AT_1))


def test_a_reserialised_body_is_refused() -> None:
    spaced = json.dumps(json.loads(VECTOR_1)).encode()
    with pytest.raises(BadSignature):
        pm.account(webhook_secrets=SECRET_1).verify(delivery(spaced, f"t={AT_1},te={HEX_1},li=", AT_1))


def test_the_default_window_is_three_hours_both_ways() -> None:
    gateway = pm.account(webhook_secrets=SECRET_1)
    header = f"t={AT_1},te={HEX_1},li="
    assert gateway.verify(delivery(VECTOR_1, header, AT_1 + 10_800))
    for seconds in (10_801, -10_801):
        with pytest.raises(StaleDelivery):
            gateway.verify(delivery(VECTOR_1, header, AT_1 + seconds))


def test_the_body_must_be_of_the_accounts_mode() -> None:
    body = json.dumps(pm.event("payment.paid", pm.payment(), livemode=True)).encode()
    with pytest.raises(BadSignature):
        pm.account().verify(pm.signed(body))


@pytest.mark.parametrize("livemode", [0, 1, "false", [], {}])
def test_a_mode_that_is_no_boolean_is_malformed(livemode: Any) -> None:
    document = pm.event("payment.paid", pm.payment())
    document["data"]["attributes"]["livemode"] = livemode
    with pytest.raises(MalformedDelivery):
        pm.account().verify(pm.signed(json.dumps(document).encode()))


def test_what_is_not_an_event_is_malformed() -> None:
    document = pm.event("payment.paid", pm.payment())
    document["data"]["type"] = "payment"
    with pytest.raises(MalformedDelivery):
        pm.account().verify(pm.signed(json.dumps(document).encode()))


# --- published samples --------------------------------------------------------------------------------


def test_the_payment_of_a_source() -> None:
    (fact,) = facts_of(pm.golden("event-payment.paid-gcash-from-source-test"))
    assert fact.kind is FactKind.PAID
    assert fact.charge_ref == "pay_D4x2k6tGZ4SsDfiWkhLHeFPQ"
    assert fact.gateway_ref == "src_RdsqYgNn89FjUEHT4frfHg6X"
    assert (fact.money, fact.fee) == (Money(150_000, "PHP"), Money(3_750, "PHP"))
    assert fact.occurred_at == datetime(2023, 3, 21, 7, 21, 27, tzinfo=UTC)
    assert (fact.reference, fact.livemode, fact.is_total) == (None, False, False)


def test_the_payment_of_an_intent_names_the_intent() -> None:
    (fact,) = facts_of(pm.golden("event-payment.paid-grab_pay-from-intent-test"))
    assert fact.kind is FactKind.PAID
    assert fact.gateway_ref == "pi_RWP6m5UUvQGcgb8yP5eyiVzC"
    assert (fact.money, fact.fee) == (Money(150_000, "PHP"), Money(3_300, "PHP"))


def test_the_payment_of_a_link() -> None:
    (fact,) = facts_of(pm.golden("event-link.payment.paid-gcash-test"))
    assert fact.kind is FactKind.PAID
    assert (fact.gateway_ref, fact.charge_ref) == (
        "link_xkZBPitmewE1YABBuMN8b5jh",
        "pay_KXVd5SLmqF99kNFKrSTbiL6o",
    )
    assert fact.money == Money(135_000, "PHP")


def test_a_chargeable_source() -> None:
    (fact,) = facts_of(pm.golden("event-source.chargeable-gcash-test"))
    assert (fact.kind, fact.gateway_ref) == (FactKind.CHARGEABLE, "src_ijNqd8RGY1yNSNVTGoQsUfM6")
    assert (fact.money, fact.charge_ref) == (Money(10_000, "PHP"), None)


def test_a_chargeable_event_with_an_expired_source_makes_us_ask() -> None:
    (fact,) = facts_of(pm.golden("event-source.chargeable-with-expired-source-test"))
    assert (fact.kind, fact.gateway_ref) == (FactKind.UNKNOWN, "src_fDGs9fzLVKwaL2fH3ciT1nKu")


def test_a_payment_without_a_status_is_not_paid() -> None:
    (fact,) = facts_of(pm.golden("event-payment.paid-minimal-sdk-fixture"))
    assert (fact.kind, fact.charge_ref) == (FactKind.UNKNOWN, "data_test_123")


# --- what events say ----------------------------------------------------------------------------------


def test_our_reference_comes_from_metadata() -> None:
    (fact,) = facts_of(pm.event("payment.paid", pm.payment(external_reference_number="theirs")))
    assert fact.reference == pm.REFERENCE
    (fact,) = facts_of(
        pm.event("payment.paid", pm.payment(metadata=None, external_reference_number="theirs"))
    )
    assert fact.reference == "theirs"
    (fact,) = facts_of(pm.event("payment.paid", pm.payment(metadata={"reference": 7})))
    assert fact.reference is None


def test_a_foreign_cards_fee_includes_the_extra() -> None:
    (fact,) = facts_of(pm.event("payment.paid", pm.payment(fee=1850, foreign_fee=100)))
    assert fact.fee == Money(1950, "PHP")


def test_a_failed_attempt_says_why_but_not_what_gives_fraud_away() -> None:
    (fact,) = facts_of(pm.event("payment.failed", pm.payment("failed", failed_code="insufficient_funds")))
    assert fact.kind is FactKind.ATTEMPT_FAILED
    assert fact.detail == "payment.failed: There is not enough money on the card or wallet."
    (fact,) = facts_of(pm.event("payment.failed", pm.payment("failed", failed_code="stolen_card")))
    assert "stolen" not in fact.detail


def test_partial_refunds_come_with_the_payment() -> None:
    first, second = pm.refund(ref="ref_A", amount=5_000), pm.refund("pending", ref="ref_B", amount=7_000)
    facts = facts_of(pm.event("payment.refunded", pm.payment(refunds=[first, second])))
    assert kinds(facts) == [FactKind.PAID, FactKind.REFUNDED, FactKind.REFUND_PENDING]
    assert [fact.refund_ref for fact in facts] == [None, "ref_A", "ref_B"]
    assert [fact.money for fact in facts[1:]] == [Money(5_000, "PHP"), Money(7_000, "PHP")]
    assert {fact.charge_ref for fact in facts} == {pm.PAYMENT}
    assert not any(fact.is_total for fact in facts)


@pytest.mark.parametrize("wrapped", [False, True])
def test_refunds_inside_a_payment_may_be_flat_or_wrapped(wrapped: bool) -> None:
    flat = {"id": "ref_A", "amount": 5_000, "status": "succeeded"}
    item = {"data": pm.resource("ref_A", "refund", amount=5_000, status="succeeded")} if wrapped else flat
    facts = facts_of(pm.event("payment.refunded", pm.payment(refunds=[item])))
    assert kinds(facts) == [FactKind.PAID, FactKind.REFUNDED]
    assert (facts[1].refund_ref, facts[1].money) == ("ref_A", Money(5_000, "PHP"))


def test_a_refunded_payment_without_its_refunds_makes_us_ask() -> None:
    facts = facts_of(pm.event("payment.refunded", pm.payment(refunds=[])))
    assert kinds(facts) == [FactKind.PAID, FactKind.REFUNDED]
    assert (facts[1].money, facts[1].refund_ref) == (None, None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("pending", FactKind.REFUND_PENDING),
        ("processing", FactKind.REFUND_PENDING),
        ("succeeded", FactKind.REFUNDED),
        ("failed", FactKind.REFUND_FAILED),
        ("sleeping", FactKind.UNKNOWN),
    ],
)
def test_a_refunds_own_event(status: str, kind: FactKind) -> None:
    (fact,) = facts_of(pm.event("payment.refund.updated", pm.refund(status)))
    assert (fact.kind, fact.refund_ref, fact.charge_ref) == (kind, pm.REFUND, pm.PAYMENT)
    assert (fact.money, fact.reference) == (Money(10_000, "PHP"), pm.REFERENCE)


def test_a_paid_session_brings_its_payments() -> None:
    failed = pm.payment("failed", ref="pay_First", payment_intent_id=pm.INTENT)
    paid = pm.payment(payment_intent_id=pm.INTENT)
    facts = facts_of(
        pm.event(
            "checkout_session.payment.paid", pm.session(intent_status="processing", payments=[failed, paid])
        )
    )
    assert kinds(facts) == [FactKind.ATTEMPT_FAILED, FactKind.PAID]
    assert {fact.gateway_ref for fact in facts} == {pm.SESSION}
    assert {fact.reference for fact in facts} == {pm.REFERENCE}


@pytest.mark.parametrize(
    ("name", "carried"),
    [
        ("payment.paid", pm.payment("failed")),
        ("payment.paid", pm.payment("pending")),
        ("payment.paid", pm.payment("refunded")),
        ("payment.failed", pm.payment("paid")),
        ("source.chargeable", pm.source("paid")),
        ("source.chargeable", pm.source("cancelled")),
        ("checkout_session.payment.paid", pm.session()),
        ("payment.paid", pm.source()),
        ("payment.paid", pm.payment(amount="25000")),
        ("payment.paid", pm.payment(amount=250.0)),
        ("payment.paid", pm.payment(amount=True)),
        ("payment.paid", pm.payment(amount=-1)),
        ("payment.paid", pm.payment(amount=0)),
        ("payment.paid", pm.payment(currency="XXX")),
        ("payment.paid", pm.payment(currency="peso")),
        ("payment_intent.succeeded", pm.session()["attributes"]["payment_intent"]),
        ("payment.reconsidered", pm.payment()),
        ("dispute.created", pm.resource("dsp_1", "dispute", status="under_review", payment_id=pm.PAYMENT)),
    ],
)
def test_an_event_that_contradicts_itself_or_is_new_makes_us_ask(name: str, carried: Any) -> None:
    facts = facts_of(pm.event(name, carried))
    assert kinds(facts) == [FactKind.UNKNOWN]
    assert facts[0].gateway_ref or facts[0].charge_ref


@pytest.mark.parametrize(
    ("name", "carried"),
    [
        ("subscription.activated", pm.resource("subs_1", "subscription", status="active")),
        ("payout.deposited", pm.resource("po_1", "payout", amount=5)),
        ("qrph.expired", pm.resource("qrph_1", "qrph", created_at="2025-11-29T12:00:00+08:00")),
        ("workflow.started", {}),
    ],
)
def test_an_event_that_is_not_about_payments_says_nothing(name: str, carried: Any) -> None:
    assert facts_of(pm.event(name, carried)) == []


def test_a_disputed_payment_is_told() -> None:
    facts = facts_of(pm.event("payment.paid", pm.payment(disputed=True)))
    assert kinds(facts) == [FactKind.PAID, FactKind.DISPUTED]


def test_the_payments_own_mode_is_kept() -> None:
    (fact,) = facts_of(pm.event("payment.paid", pm.payment(livemode=True)))
    assert fact.livemode is True  # the signed frame said test: the core sends it to review


def test_other_currencies_are_read_as_they_are() -> None:
    (fact,) = facts_of(pm.event("payment.paid", pm.payment(currency="USD")))
    assert (fact.kind, fact.money) == (FactKind.PAID, Money(25_000, "USD"))
