"""The adapter against the sandbox, which shares no code with it: two readings of the same documents."""

from __future__ import annotations

import secrets

import pytest

from raseed.core.errors import BadSignature, GatewayRefused, GatewayUnavailable
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Order
from raseed.gateways.paymongo.gateway import PayMongo
from tests.gateways.memory import DictMemory
from tests.gateways.sandbox_process import SECRET, SandboxProcess

MONEY = Money(25_000, "PHP")


@pytest.fixture
def gateway(sandbox: SandboxProcess) -> PayMongo:
    return PayMongo(
        secret_key="sk_test_adapter",
        webhook_secrets=[SECRET],
        base_url=sandbox.paymongo_url,
        timeout_seconds=2,
    )


def opened(gateway: PayMongo, method: str, money: Money = MONEY) -> GatewayRef:
    reference = f"rsd_{secrets.token_hex(6)}"
    order = Order(
        reference,
        money,
        method,
        return_url="https://shop.example/ok",
        cancel_url="https://shop.example/no",
        description="Task fee ₱",
    )
    answer = gateway.open(order, DictMemory())
    assert answer.url
    return GatewayRef(reference, answer.gateway_ref, answer.ids, method, money)


def authorized(gateway: PayMongo, sandbox: SandboxProcess) -> GatewayRef:
    ref = opened(gateway, "gcash")
    sandbox.act(f"sources/{ref.gateway_ref}/authorize")
    return ref


def chargeable(ref: GatewayRef) -> Fact:
    return Fact(FactKind.CHARGEABLE, Weight.PROOF, gateway_ref=ref.gateway_ref)


def asked(gateway: PayMongo, ref: GatewayRef) -> list[FactKind]:
    return [fact.kind for fact in gateway.query(ref, DictMemory())]


def told(gateway: PayMongo, sandbox: SandboxProcess, ref: GatewayRef) -> list[Fact]:
    """What deliveries said about this checkout; those of other tests may still be on their way."""
    facts = [fact for came in sandbox.delivered() for fact in gateway.read(gateway.verify(came))]
    return [fact for fact in facts if fact.reference == ref.reference]


def payments_of(sandbox: SandboxProcess, ref: GatewayRef) -> list[str]:
    named = [p for p in sandbox.books()["payments"] if p["source_id"] == ref.gateway_ref]
    return [payment["id"] for payment in named]


@pytest.mark.parametrize("method", ["gcash", "grab_pay"])
def test_a_wallet_from_opening_to_paid(gateway: PayMongo, sandbox: SandboxProcess, method: str) -> None:
    ref, memory = opened(gateway, method), DictMemory()
    assert asked(gateway, ref) == [FactKind.PENDING]
    sandbox.act(f"sources/{ref.gateway_ref}/authorize")
    assert asked(gateway, ref) == [FactKind.CHARGEABLE]
    (event,) = told(gateway, sandbox, ref)
    assert (event.kind, event.reference) == (FactKind.CHARGEABLE, ref.reference)
    (answer,) = gateway.advance(ref, event, memory)
    (event,) = told(gateway, sandbox, ref)
    (found,) = gateway.query(ref, DictMemory())
    for fact in (answer, event, found, *gateway.query(ref, memory)):
        assert (fact.kind, fact.money) == (FactKind.PAID, MONEY)
        assert fact.charge_ref == answer.charge_ref
        assert (fact.reference, fact.gateway_ref) == (ref.reference, ref.gateway_ref)
        assert fact.livemode is False
        assert fact.fee is not None
        assert fact.fee.minor > 0


@pytest.mark.parametrize(("act", "kind"), [("fail", FactKind.CANCELLED), ("expire", FactKind.EXPIRED)])
def test_a_wallet_that_is_not_paid(
    gateway: PayMongo, sandbox: SandboxProcess, act: str, kind: FactKind
) -> None:
    ref = opened(gateway, "gcash")
    sandbox.act(f"sources/{ref.gateway_ref}/{act}")
    assert asked(gateway, ref) == [kind]
    assert [fact.kind for fact in gateway.advance(ref, chargeable(ref), DictMemory())] == [kind]
    assert payments_of(sandbox, ref) == []


@pytest.mark.parametrize("fault", ["error_before", "error_after", "drop_before", "drop_after", "rate_limit"])
def test_a_charge_survives_a_broken_line_and_is_made_once(
    gateway: PayMongo, sandbox: SandboxProcess, fault: str
) -> None:
    ref = authorized(gateway, sandbox)
    sandbox.fault(fault, "/v1/payments")
    (fact,) = gateway.advance(ref, chargeable(ref), DictMemory())
    assert fact.kind is FactKind.PAID
    assert payments_of(sandbox, ref) == [fact.charge_ref]


@pytest.mark.parametrize("fault", ["hang_before", "hang_after"])
def test_a_charge_whose_answer_is_lost_is_looked_up(
    gateway: PayMongo, sandbox: SandboxProcess, fault: str
) -> None:
    ref, memory = authorized(gateway, sandbox), DictMemory()
    sandbox.fault(fault, "/v1/payments", seconds=3)
    with pytest.raises(GatewayUnavailable):
        gateway.advance(ref, chargeable(ref), memory)
    (fact,) = gateway.advance(ref, chargeable(ref), memory)
    assert fact.kind is FactKind.PAID
    assert payments_of(sandbox, ref) == [fact.charge_ref]


def test_a_checkout_from_opening_to_paid(gateway: PayMongo, sandbox: SandboxProcess) -> None:
    ref = opened(gateway, "checkout")
    assert asked(gateway, ref) == [FactKind.PENDING]
    sandbox.act(f"checkout_sessions/{ref.gateway_ref}/pay", method="gcash")
    (found,) = gateway.query(ref, DictMemory())
    assert (found.kind, found.money, found.gateway_ref) == (FactKind.PAID, MONEY, ref.gateway_ref)
    events = told(gateway, sandbox, ref)
    assert {fact.kind for fact in events} == {FactKind.PAID}
    assert {fact.charge_ref for fact in events} == {found.charge_ref}
    assert {fact.reference for fact in events} == {ref.reference}
    assert {fact.gateway_ref for fact in events} == {ref.gateway_ref, ref.ids["payment_intent"]}
    assert [fact.kind for fact in gateway.close(ref, DictMemory())] == [FactKind.PAID]


def test_a_checkout_that_fails_once_is_paid_afterwards(gateway: PayMongo, sandbox: SandboxProcess) -> None:
    ref = opened(gateway, "checkout")
    sandbox.act(f"checkout_sessions/{ref.gateway_ref}/fail")
    (event,) = told(gateway, sandbox, ref)
    assert event.kind is FactKind.ATTEMPT_FAILED
    assert asked(gateway, ref)[-1] is FactKind.PENDING
    sandbox.act(f"checkout_sessions/{ref.gateway_ref}/pay")
    assert FactKind.PAID in asked(gateway, ref)


def test_a_closed_checkout_is_over(gateway: PayMongo, sandbox: SandboxProcess) -> None:
    ref = opened(gateway, "checkout")
    assert [fact.kind for fact in gateway.close(ref, DictMemory())] == [FactKind.EXPIRED]
    assert asked(gateway, ref) == [FactKind.EXPIRED]


def test_a_second_charge_on_a_checkout_is_seen(gateway: PayMongo, sandbox: SandboxProcess) -> None:
    ref = opened(gateway, "checkout")
    sandbox.act(f"checkout_sessions/{ref.gateway_ref}/pay")
    sandbox.act("extra-payment", checkout_session_id=ref.gateway_ref)
    facts = gateway.query(ref, DictMemory())
    assert [fact.kind for fact in facts] == [FactKind.PAID] * 2
    assert len({fact.charge_ref for fact in facts}) == 2


def test_refunds_of_ours_and_of_the_dashboard(gateway: PayMongo, sandbox: SandboxProcess) -> None:
    ref, memory = authorized(gateway, sandbox), DictMemory()
    (paid,) = gateway.advance(ref, chargeable(ref), memory)
    charge = str(paid.charge_ref)
    part = Money(5_000, "PHP")
    assert gateway.query_refund(ref, charge, "k1", None) == []
    (sent,) = gateway.refund(ref, charge, part, "the hall flooded", "k1", memory)
    (again,) = gateway.refund(ref, charge, part, "the hall flooded", "k1", memory)
    assert sent.kind in {FactKind.REFUND_PENDING, FactKind.REFUNDED}
    assert (sent.refund_ref, sent.money, sent.charge_ref) == (again.refund_ref, part, charge)
    sandbox.act(f"refunds/{sent.refund_ref}/succeed")
    (by_key,) = gateway.query_refund(ref, charge, "k1", None)
    (by_id,) = gateway.query_refund(ref, charge, "k1", sent.refund_ref)
    assert by_key == by_id
    assert (by_key.kind, by_key.refund_ref) == (FactKind.REFUNDED, sent.refund_ref)
    sandbox.act(f"payments/{charge}/refund", amount=2_000)
    facts = gateway.query(ref, memory)
    assert facts[0].kind is FactKind.PAID
    assert {fact.money for fact in facts[1:]} == {part, Money(2_000, "PHP")}
    events = [fact for fact in told(gateway, sandbox, ref) if fact.refund_ref]
    assert sent.refund_ref in {fact.refund_ref for fact in events}
    assert {fact.charge_ref for fact in events} == {charge}


def test_a_second_refund_waits_for_the_first(gateway: PayMongo, sandbox: SandboxProcess) -> None:
    ref = authorized(gateway, sandbox)
    (paid,) = gateway.advance(ref, chargeable(ref), DictMemory())
    part = Money(5_000, "PHP")
    gateway.refund(ref, str(paid.charge_ref), part, "", "first", DictMemory())
    with pytest.raises(GatewayRefused) as caught:
        gateway.refund(ref, str(paid.charge_ref), part, "", "second", DictMemory())
    assert caught.value.code in {"resource_pending_state", "resource_processing_state"}


def test_the_documented_minimums_are_those_of_the_capabilities(gateway: PayMongo) -> None:
    for method in ("gcash", "checkout"):
        smallest = gateway.capabilities.minimum_minor(method, "PHP")
        assert opened(gateway, method, Money(smallest, "PHP"))
        with pytest.raises(GatewayRefused) as caught:
            opened(gateway, method, Money(smallest - 1, "PHP"))
        assert caught.value.code == "parameter_below_minimum"


def test_what_does_not_exist_is_refused(gateway: PayMongo) -> None:
    with pytest.raises(GatewayRefused) as caught:
        gateway.query(GatewayRef("rsd_1", "src_nowhere"), DictMemory())
    assert (caught.value.code, caught.value.status) == ("resource_not_found", 404)


@pytest.mark.parametrize("fault", ["corrupt_signature", "wrong_secret"])
def test_a_delivery_with_a_bad_signature_is_refused(
    gateway: PayMongo, sandbox: SandboxProcess, fault: str
) -> None:
    ref = opened(gateway, "gcash")
    match = {"reference": ref.reference}
    sandbox.ask("POST", "/faults", gateway="paymongo", on="delivery", fault=fault, match=match, times=1)
    sandbox.act(f"sources/{ref.gateway_ref}/authorize")
    (came,) = (each for each in sandbox.delivered() if ref.reference.encode() in each.body)
    with pytest.raises(BadSignature):
        gateway.verify(came)
    assert gateway.peek(came).references == {ref.reference}
