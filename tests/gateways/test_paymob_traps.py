"""Where integrations of Paymob go wrong: each trap is a test."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from raseed.core.errors import BadSignature, DeliveryError, MalformedDelivery
from raseed.core.facts import (
    Charge,
    Fact,
    FactKind,
    Money,
    Move,
    Record,
    Review,
    Snapshot,
    State,
    Weight,
    decide,
)
from raseed.gateways.base import RawDelivery
from tests.gateways import paymob_account as pm
from tests.gateways.contract import AT


def read(document: dict[str, Any], **settings: Any) -> list[Fact]:
    gateway = pm.account(**settings)
    return gateway.read(gateway.verify(pm.posted(pm.callback(document))))


def kinds(facts: list[Fact], weight: Weight = Weight.PROOF) -> list[FactKind]:
    return [fact.kind for fact in facts if fact.weight is weight]


PROOF, HINT = Weight.PROOF, Weight.HINT
SNAPSHOT = Snapshot(State.PENDING, pm.MONEY, reference=pm.REFERENCE, gateway_refs=frozenset({str(pm.ORDER)}))


# --- what counts as money ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "proven"),
    [
        (pm.told(), [FactKind.PAID]),
        (pm.told(success="true", pending="false", error_occured="false"), [FactKind.PAID]),
        (pm.told(pending=True, success=False), [FactKind.PENDING]),
        (pm.told(pending=True), [FactKind.PENDING]),
        (pm.told(success=False), [FactKind.ATTEMPT_FAILED]),
        (pm.told(success="false"), [FactKind.ATTEMPT_FAILED]),
        (pm.told(success=False, error_occured=True), [FactKind.ATTEMPT_FAILED]),
        (pm.told(error_occured=True), [FactKind.UNKNOWN]),
        (pm.told(is_auth=True), [FactKind.AUTHORIZED]),
        (pm.told(is_auth=True, is_captured=True, captured_amount=pm.MONEY.minor), [FactKind.AUTHORIZED]),
        (pm.told(is_voided=True), [FactKind.VOIDED]),
        (pm.told(is_auth=True, is_voided=True), [FactKind.VOIDED]),
        (pm.child("is_capture"), [FactKind.CAPTURED]),
        (pm.child("is_capture", success=False), [FactKind.UNKNOWN]),
        (pm.child("is_refund"), []),
        (pm.child("is_void"), []),
        (pm.told(has_parent_transaction=True), []),
        (pm.told(is_refund=True), []),
        (pm.told(is_void=True), []),
        (pm.refunded(2_000), [FactKind.PAID]),
        (pm.refunded(pm.MONEY.minor), []),
        (pm.told(success="True"), [FactKind.UNKNOWN]),
        (pm.told(error_occured=None), [FactKind.UNKNOWN]),
        (pm.told(is_auth="yes"), [FactKind.UNKNOWN]),
        (pm.told(amount_cents=0), [FactKind.UNKNOWN]),
        (pm.told(currency="EGX"), [FactKind.UNKNOWN]),
    ],
)
def test_what_a_callback_proves(document: dict[str, Any], proven: list[FactKind]) -> None:
    assert kinds(read(document)) == proven


def test_paid_is_not_told_by_the_orders_own_member() -> None:
    """The order of a payment that succeeded has been seen to say that nothing was paid."""
    assert kinds(read(pm.told(order={"paid_amount_cents": 0}))) == [FactKind.PAID]
    assert kinds(read(pm.declined(order={"paid_amount_cents": pm.MONEY.minor}))) == [FactKind.ATTEMPT_FAILED]


def test_a_bank_declines_without_an_error() -> None:
    (fact, _) = read(pm.declined())
    assert (fact.kind, fact.detail) == (FactKind.ATTEMPT_FAILED, "There is not enough money in the account.")
    assert fact.money is None


def test_pending_and_then_paid_carry_one_id() -> None:
    before, after = read(pm.waiting())[0], read(pm.told())[0]
    assert (before.kind, after.kind) == (FactKind.PENDING, FactKind.PAID)
    assert before.charge_ref == after.charge_ref == str(pm.PAYMENT)


def test_a_number_in_thousandths() -> None:
    (fact, _) = read(pm.told(currency="OMR", amount_cents=12_345))
    assert fact.money == Money.of("12.345", "OMR")


# --- what is not signed -----------------------------------------------------------------------------

UNSIGNED: list[dict[str, Any]] = [
    {"order": {"merchant_order_id": "another-order"}},
    {"order": {"merchant_order_id": None}},
    {"parent_transaction": 310000999},
    {"is_captured": True, "captured_amount": 1},
    {"refunded_amount_cents": 157_549},
    {"refunded_amount_cents": pm.MONEY.minor},
    {"is_refund": True},
    {"is_void": True},
    {"is_live": True},
    {"updated_at": "2030-01-01T00:00:00"},
    {"data": {"amount": 1, "message": "<b>"}},
    {"payment_key_claims": {"integration_id": 1, "order_id": 2, "amount_cents": 3}},
    {"profile_id": 1},
]


@pytest.mark.parametrize("changes", UNSIGNED, ids=str)
def test_what_is_not_signed_is_in_no_proof(changes: dict[str, Any]) -> None:
    """The signature stays good; every proof stays as it was, or there is none, and the gateway is asked."""
    genuine, changed = pm.told(), pm.told(**changes)
    assert pm.signature(genuine) == pm.signature(changed)
    proof = read(genuine)[0]
    for fact in read(changed):
        assert fact == proof or fact.weight is HINT


def test_our_own_reference_travels_as_a_hint() -> None:
    proof, hint = read(pm.told())
    assert (proof.weight, proof.reference, proof.gateway_ref) == (PROOF, None, str(pm.ORDER))
    assert (hint.kind, hint.weight, hint.reference) == (FactKind.OPENED, HINT, pm.REFERENCE)
    assert isinstance(decide(SNAPSHOT, hint), Record)


# --- neighbours without a border --------------------------------------------------------------------


def test_a_digit_between_amount_and_date() -> None:
    moved = pm.told(amount_cents=1575502, created_at="026-03-02T14:05:09.120034")
    assert pm.signature(moved) == pm.signature(pm.told())
    with pytest.raises(MalformedDelivery):
        read(moved)
    with pytest.raises(MalformedDelivery):
        read(pm.told(amount_cents=15755, created_at="02026-03-02T14:05:09.120034"))


@pytest.mark.parametrize(
    "created_at", ["2026-03-02T14:05:09.12", "2026-13-02T14:05:09", "2026-03-02 14:05:09", ""]
)
def test_a_date_that_is_not_written_as_paymob_does(created_at: str) -> None:
    with pytest.raises(DeliveryError):
        read(pm.told(created_at=created_at))


@pytest.mark.parametrize(
    "created_at", ["2026-03-02T14:05:09", "2026-03-02T14:05:09.120034+04:00", "2026-03-02T14:05:09+03:00"]
)
def test_a_date_that_is(created_at: str) -> None:
    assert kinds(read(pm.told(created_at=created_at))) == [FactKind.PAID]


def test_a_digit_between_transaction_and_integration() -> None:
    moved = pm.told(id=31000010, integration_id=14000111)
    assert pm.signature(moved) == pm.signature(pm.told())
    assert kinds(read(moved)) == []
    assert kinds(read(moved), HINT)[0] is FactKind.PAID


def test_a_digit_between_order_and_owner() -> None:
    moved = pm.told(order={"id": 33000020}, owner=1410001)
    assert pm.signature(moved) == pm.signature(pm.told())
    assert kinds(read(moved, owner=pm.OWNER)) == []
    assert kinds(read(pm.told(), owner=pm.OWNER)) == [FactKind.PAID]
    # Without OWNER the order is another one than the one we opened: nothing is found, or a person looks.
    assert isinstance(decide(SNAPSHOT, read(moved)[0]), Review)


def test_an_id_is_never_written_with_a_leading_zero() -> None:
    document = pm.told(id="0310000101")
    with pytest.raises(MalformedDelivery):
        read(document)


def test_a_cards_digits_stay_where_they_are() -> None:
    """`1111` beside two ids: shifted by one, the order's id would begin with nought."""
    body = pm.card_callback(masked_pan="1111", id=9100002)
    moved = pm.card_callback(masked_pan="1119", id=91000021, merchant_id="00001", order_id="330000201")
    assert pm.signature(body["obj"], names=pm.TOKEN_SIGNED) == pm.signature(
        moved["obj"], names=pm.TOKEN_SIGNED
    )
    gateway = pm.account()
    assert gateway.verify(pm.posted(body))
    with pytest.raises(MalformedDelivery):
        gateway.verify(pm.posted(moved))


# --- money that goes back ---------------------------------------------------------------------------


def test_two_partial_refunds_differ_in_nothing_that_is_signed() -> None:
    first, second = pm.refunded(3_000), pm.refunded(9_900)
    assert pm.signature(first) == pm.signature(second)
    for document, total in ((first, 3_000), (second, 9_900)):
        hint = read(document)[1]
        assert (hint.kind, hint.weight, hint.is_total) == (FactKind.REFUNDED, HINT, True)
        assert hint.money == Money(total, "EGP")


def test_copies_are_told_by_more_than_the_signature() -> None:
    from raseed.payments.flows.receive_delivery import digest

    parameters = pm.account().capabilities.signature_parameters
    first, second = (pm.posted(pm.callback(pm.refunded(total))) for total in (3_000, 9_900))
    assert first.query == second.query
    assert digest(first, parameters) != digest(second, parameters)
    assert digest(first, parameters) == digest(replace(first, query={"hmac": "other"}), parameters)


def test_all_of_it_came_back_before_we_heard_that_it_came() -> None:
    """Nothing is given for it: both are hints, and the answer tells both at once."""
    facts = read(pm.refunded(pm.MONEY.minor))
    assert [fact.weight for fact in facts] == [HINT] * 3
    assert kinds(facts, HINT)[:2] == [FactKind.PAID, FactKind.REFUNDED]


def test_a_refunds_own_transaction_is_not_a_payment() -> None:
    (hint, _) = read(pm.child("is_refund", 2_000))
    assert (hint.kind, hint.weight) == (FactKind.REFUNDED, HINT)
    assert (hint.charge_ref, hint.refund_ref) == (str(pm.PAYMENT), str(pm.REFUND))
    (failed, _) = read(pm.child("is_refund", 2_000, success=False))
    assert failed.kind is FactKind.REFUND_FAILED
    (waits, _) = read(pm.child("is_refund", 2_000, pending=True, success=False))
    assert waits.kind is FactKind.REFUND_PENDING
    (void, _) = read(pm.child("is_void"))
    assert void.kind is FactKind.VOIDED


def test_a_failed_attempt_after_the_good_one_changes_nothing() -> None:
    paid = replace(SNAPSHOT, state=State.PAID, charges=(Charge(str(pm.PAYMENT), pm.MONEY),))
    late = read(pm.declined(id=310000099))[0]
    assert isinstance(decide(paid, late), Record)
    assert isinstance(decide(SNAPSHOT, late), Record)
    assert isinstance(decide(SNAPSHOT, read(pm.told())[0]), Move)


# --- the signature itself ---------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["body", "header", "nowhere"])
def test_the_signature_is_in_the_query_and_nowhere_else(where: str) -> None:
    body = pm.callback(pm.told())
    digest = pm.signature_of(body)
    document = {**body, "hmac": digest} if where == "body" else body
    headers = {"hmac": digest} if where == "header" else {}
    delivery = RawDelivery("POST", "/", {}, headers, json.dumps(document).encode(), AT)
    with pytest.raises(BadSignature):
        pm.account().verify(delivery)


def test_other_spellings_of_a_signature() -> None:
    body = pm.callback(pm.told())
    digest = pm.signature_of(body)
    for other in (digest.upper(), digest[:-1], digest + "0", " " + digest, "0x" + digest[2:], "", "g" * 128):
        with pytest.raises(BadSignature):
            pm.account().verify(pm.posted(body, digest=other or " "))


def test_the_key_is_text_and_not_the_bytes_it_spells() -> None:
    secret = "ABCDEF0123456789ABCDEF0123456789"
    body = pm.callback(pm.told())
    digest = pm.signature(body["obj"], secret)
    assert pm.account(hmac_secrets=secret).verify(pm.posted(body, digest=digest))
    as_bytes = pm.signature(body["obj"], bytes.fromhex(secret).decode("latin-1"))
    with pytest.raises(BadSignature):
        pm.account(hmac_secrets=secret).verify(pm.posted(body, digest=as_bytes))


def test_nothing_stands_for_null() -> None:
    document = pm.told(source_data={"pan": None, "type": "card", "sub_type": None})
    assert kinds(read(document)) == [FactKind.PAID]
    for spelled in ("null", "None"):
        odd = pm.told(source_data={"pan": spelled, "type": "card", "sub_type": spelled})
        with pytest.raises(BadSignature):
            pm.account().verify(pm.posted(pm.callback(document), digest=pm.signature(odd)))


@pytest.mark.parametrize(
    "body",
    [
        {"type": "TOKEN", "obj": pm.told()},
        {"type": "TRANSACTION", "obj": pm.card_callback()["obj"]},
        {"type": "DELIVERY_STATUS", "obj": pm.card_callback()["obj"]} | {"type": "TOKEN", "obj": {}},
        {"type": "transaction", "obj": pm.told()},
        {"obj": pm.told()},
        {"type": ["TRANSACTION"], "obj": pm.told()},
        {"type": "TRANSACTION", "obj": [pm.told()]},
        {"intention": {}, "transaction": {}, "hmac": "0"},
    ],
    ids=range(8),
)
def test_a_body_that_is_not_what_it_says(body: dict[str, Any]) -> None:
    digest = pm.signature(pm.told())
    with pytest.raises(MalformedDelivery):
        pm.account().verify(pm.posted(body, digest=digest))


def test_a_genuine_body_under_another_type_is_refused() -> None:
    """A transaction that is said to be a delivery's status would be acknowledged and lost."""
    body = {**pm.callback(pm.told()), "type": "DELIVERY_STATUS"}
    with pytest.raises(DeliveryError):
        pm.account().verify(pm.posted(body, digest=pm.signature(pm.told())))


# --- split payments ---------------------------------------------------------------------------------


def test_a_split_payment_carries_one_signature_in_each() -> None:
    body = pm.split(pm.child("is_capture", id=310000303), pm.held())
    gateway = pm.account()
    delivery = replace(pm.posted(body), query={}, query_string=b"")
    facts = gateway.read(gateway.verify(delivery))
    assert kinds(facts) == [FactKind.CAPTURED, FactKind.AUTHORIZED]
    assert facts[0].charge_ref == "310000303"
    for number in (0, 1):
        broken = json.loads(json.dumps(body))
        broken["transactions"][number]["amount_cents"] = 1
        with pytest.raises(BadSignature):
            gateway.verify(replace(delivery, body=json.dumps(broken).encode()))


@pytest.mark.parametrize("elements", [[], None, {}, ["x"], [{}], "text"], ids=str)
def test_a_split_payment_of_another_shape(elements: Any) -> None:
    body = {"order_id": 1, "is_split_payment": True, "transactions": elements}
    with pytest.raises(MalformedDelivery):
        pm.account().verify(pm.posted(body, digest="0" * 128))


def test_a_card_of_another_merchant_is_none_of_ours() -> None:
    gateway = pm.account(merchant_id=pm.MERCHANT)
    assert gateway.read(gateway.verify(pm.posted(pm.card_callback())))
    assert gateway.read(gateway.verify(pm.posted(pm.card_callback(merchant_id=900002)))) == []
