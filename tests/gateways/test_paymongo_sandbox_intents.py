"""The adapter against the sandbox: intents, links, sessions of version 2, customers, endpoints."""

from __future__ import annotations

import secrets
from typing import Any

import httpx2
import pytest

from raseed.core.errors import GatewayError, GatewayRefused
from raseed.core.facts import Fact, FactKind
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Opened, Order
from raseed.gateways.paymongo.gateway import PayMongo
from raseed.gateways.paymongo.methods import METHODS, Flow
from raseed.gateways.paymongo.refusals import BLOCKED, DECLINES
from raseed.sandbox.paymongo.failures import CARD
from raseed.sandbox.paymongo.refusals import CODES
from tests.gateways.memory import DictMemory
from tests.gateways.sandbox_process import SECRET, SandboxProcess

MONEY = Money(25_000, "PHP")
GOOD, EXPIRED, STOLEN = "4343434343434345", "4200000000000018", "5400000000000195"
ATTACHED = sorted(name for name, method in METHODS.items() if method.flow is Flow.ATTACHED)


@pytest.fixture
def gateway(sandbox: SandboxProcess) -> PayMongo:
    return PayMongo(
        secret_key="sk_test_adapter",
        public_key="pk_test_adapter",
        webhook_secrets=[SECRET],
        base_url=sandbox.paymongo_url,
        timeout_seconds=5,
    )


def opened(gateway: PayMongo, method: str, **changes: Any) -> tuple[GatewayRef, Opened]:
    reference = f"rsd_{secrets.token_hex(6)}"
    order = Order(
        reference, MONEY, method, return_url="https://shop.example/ok", description="Task fee", **changes
    )
    answer = gateway.open(order, DictMemory())
    return GatewayRef(reference, answer.gateway_ref, answer.ids, method, MONEY), answer


def pay_by_card(client: Any, number: str) -> tuple[int, Any]:
    """What the script on the shop's page does: public key and client key, nothing else."""
    with httpx2.Client(auth=(client["public_key"], ""), trust_env=False) as browser:
        details = {"card_number": number, "exp_month": 12, "exp_year": 2099, "cvc": "123"}
        made = browser.post(
            f"{client['api_url']}/payment_methods",
            json={"data": {"attributes": {"type": "card", "details": details}}},
        )
        attach = {
            "payment_method": made.json()["data"]["id"],
            "client_key": client["client_key"],
            "return_url": client["return_url"],
        }
        answer = browser.post(
            f"{client['api_url']}/payment_intents/{client['payment_intent_id']}/attach",
            json={"data": {"attributes": attach}},
        )
        return answer.status_code, answer.json()


def visit(url: str, **form: str) -> str:
    """What the customer does on the wallet's or bank's page; where the browser is sent afterwards."""
    with httpx2.Client(trust_env=False) as browser:
        answer = browser.post(url, data=form)
    return answer.headers.get("Location", "")


def asked(gateway: PayMongo, ref: GatewayRef) -> list[Fact]:
    return gateway.query(ref, DictMemory())


def kinds(facts: list[Fact]) -> list[FactKind]:
    return [fact.kind for fact in facts]


def told(gateway: PayMongo, sandbox: SandboxProcess, ref: GatewayRef) -> list[Fact]:
    facts = [fact for came in sandbox.delivered() for fact in gateway.read(gateway.verify(came))]
    return [fact for fact in facts if fact.reference == ref.reference]


def test_a_card_from_opening_to_paid(gateway: PayMongo, sandbox: SandboxProcess) -> None:
    ref, answer = opened(gateway, "card")
    assert kinds(asked(gateway, ref)) == [FactKind.PENDING]
    assert pay_by_card(answer.client, GOOD)[0] == 200
    (found,) = asked(gateway, ref)
    (event,) = told(gateway, sandbox, ref)
    for fact in (found, event):
        assert (fact.kind, fact.money, fact.livemode) == (FactKind.PAID, MONEY, False)
        assert (fact.reference, fact.gateway_ref) == (ref.reference, ref.gateway_ref)
    assert found.charge_ref == event.charge_ref
    assert kinds(gateway.close(ref, DictMemory())) == [FactKind.PAID]


@pytest.mark.parametrize(
    ("number", "told_as"), [(EXPIRED, "The card has expired."), (STOLEN, "The payment was declined.")]
)
def test_a_declined_card_fails_the_attempt_only(
    gateway: PayMongo, sandbox: SandboxProcess, number: str, told_as: str
) -> None:
    ref, answer = opened(gateway, "card")
    assert pay_by_card(answer.client, number)[0] == 400
    facts = asked(gateway, ref)
    assert kinds(facts) == [FactKind.ATTEMPT_FAILED, FactKind.PENDING]
    assert facts[0].detail.endswith(told_as)
    assert kinds(told(gateway, sandbox, ref)) == [FactKind.ATTEMPT_FAILED]
    assert pay_by_card(answer.client, GOOD)[0] == 200
    assert FactKind.PAID in kinds(asked(gateway, ref))


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_the_sandbox_can_answer_is_told_in_plain_words(
    gateway: PayMongo, sandbox: SandboxProcess, code: str
) -> None:
    ref, _ = opened(gateway, "card")
    sandbox.act("refusals", code=code, path="/v1/payment_intents/*", method="GET", times=9)
    try:
        with pytest.raises(GatewayError) as caught:
            asked(gateway, ref)
    finally:
        sandbox.ask("DELETE", "/paymongo/refusals")
    said = str(caught.value)
    assert len(said) > 15
    assert code not in said
    assert kinds(asked(gateway, ref)) == [FactKind.PENDING]


@pytest.mark.parametrize("code", sorted(CARD))
def test_every_decline_is_told_in_plain_words(gateway: PayMongo, sandbox: SandboxProcess, code: str) -> None:
    ref, answer = opened(gateway, "card")
    sandbox.act("refusals", sub_code=code)
    status, problem = pay_by_card(answer.client, GOOD)
    assert (status, problem["errors"][0]["sub_code"]) == (400, code)
    failed = asked(gateway, ref)[0]
    assert failed.kind is FactKind.ATTEMPT_FAILED
    assert failed.detail.endswith(DECLINES["generic_decline"] if code in BLOCKED else DECLINES[code])


def test_a_held_card_is_captured_or_given_back(gateway: PayMongo) -> None:
    ref, answer = opened(gateway, "card_hold")
    assert pay_by_card(answer.client, GOOD)[0] == 200
    assert asked(gateway, ref)[-1].kind is FactKind.AUTHORIZED
    with pytest.raises(GatewayRefused) as caught:
        gateway.capture(ref, "", Money(25_001, "PHP"), DictMemory())
    assert caught.value.code == "allowed_amount_exceeded"
    part = Money(20_000, "PHP")
    taken = [fact for fact in gateway.capture(ref, "", part, DictMemory()) if fact.kind is FactKind.PAID]
    assert [fact.money for fact in taken] == [part]
    assert FactKind.PAID in kinds(gateway.capture(ref, "", part, DictMemory()))

    ref, answer = opened(gateway, "card_hold")
    pay_by_card(answer.client, GOOD)
    assert gateway.void(ref, "", DictMemory())[-1].kind is FactKind.VOIDED
    assert asked(gateway, ref)[-1].kind is FactKind.CANCELLED


@pytest.mark.parametrize("method", ATTACHED)
def test_everything_we_attach_leads_on_or_shows_a_code(gateway: PayMongo, method: str) -> None:
    ref, answer = opened(gateway, method)
    assert kinds(asked(gateway, ref)) == [FactKind.PENDING]
    if method == "qrph":
        assert answer.client["qr_image"].startswith("data:image/png;base64,")
        assert answer.client["test_url"]
        assert answer.expires_at
    else:
        assert answer.url


@pytest.mark.parametrize(
    ("method", "form"),
    [
        ("gcash_intent", {"action": "authorize"}),
        ("paymaya", {"action": "authorize"}),
        ("qrph", {"action": "authorize"}),
        ("dob_bpi", {"otp": "123456"}),
    ],
)
def test_what_we_attached_is_paid_by_any_channel(
    gateway: PayMongo, sandbox: SandboxProcess, method: str, form: dict[str, str]
) -> None:
    ref, answer = opened(gateway, method)
    visit(answer.url or answer.client["test_url"], **form)
    (event,) = told(gateway, sandbox, ref)
    (found,) = asked(gateway, ref)
    for fact in (event, found):
        assert (fact.kind, fact.money, fact.gateway_ref) == (FactKind.PAID, MONEY, ref.gateway_ref)
    assert event.charge_ref == found.charge_ref


@pytest.mark.parametrize("action", ["fail", "expire"])
def test_a_wallet_that_was_not_agreed_to_has_failed_for_good(
    gateway: PayMongo, sandbox: SandboxProcess, action: str
) -> None:
    ref, answer = opened(gateway, "gcash_intent")
    assert visit(str(answer.url), action=action) == "https://shop.example/ok"
    assert kinds(told(gateway, sandbox, ref)) == [FactKind.FAILED]
    assert asked(gateway, ref)[-1].kind is FactKind.FAILED


def test_a_code_that_nobody_scanned_has_expired(gateway: PayMongo, sandbox: SandboxProcess) -> None:
    ref, answer = opened(gateway, "qrph")
    visit(answer.client["test_url"], action="expire")
    events = [fact for came in sandbox.delivered() for fact in gateway.read(gateway.verify(came))]
    assert (FactKind.UNKNOWN, ref.gateway_ref) in {(fact.kind, fact.gateway_ref) for fact in events}
    assert asked(gateway, ref)[-1].kind in {FactKind.EXPIRED, FactKind.FAILED}


@pytest.mark.parametrize(
    ("number", "expected"),
    [("4120000000000007", FactKind.PAID), ("5234000000000106", FactKind.PENDING)],
)
def test_a_card_with_3_d_secure(gateway: PayMongo, number: str, expected: FactKind) -> None:
    ref, answer = opened(gateway, "card")
    status, intent = pay_by_card(answer.client, number)
    assert status == 200
    action = intent["data"]["attributes"]["next_action"]
    assert kinds(asked(gateway, ref)) == [FactKind.PENDING]
    assert visit(action["redirect"]["url"], action="authorize") == "https://shop.example/ok"
    assert asked(gateway, ref)[-1].kind is expected


def test_a_link_is_paid_and_every_event_names_the_same_charge(
    gateway: PayMongo, sandbox: SandboxProcess
) -> None:
    ref, answer = opened(gateway, "link")
    with httpx2.Client(trust_env=False, follow_redirects=True) as browser:
        page = str(browser.get(str(answer.url)).url)
    sandbox.delivered()
    sandbox.act(f"checkout_sessions/{page.split('/checkout/')[1].split('_client_')[0]}/pay", method="gcash")
    (found,) = asked(gateway, ref)
    assert (found.kind, found.gateway_ref, found.reference) == (FactKind.PAID, ref.gateway_ref, ref.reference)
    facts = [fact for came in sandbox.delivered() for fact in gateway.read(gateway.verify(came))]
    ours = [fact for fact in facts if fact.charge_ref == found.charge_ref]
    assert {fact.kind for fact in ours} == {FactKind.PAID}
    assert {fact.reference for fact in ours} == {None}
    assert {ref.gateway_ref, ref.ids["reference_number"]} <= {fact.gateway_ref for fact in ours}
    assert len(ours) == 3


def test_a_link_is_opened_and_closed(gateway: PayMongo) -> None:
    ref, answer = opened(gateway, "link")
    assert answer.url
    assert kinds(asked(gateway, ref)) == [FactKind.PENDING]
    assert kinds(gateway.close(ref, DictMemory())) == [FactKind.CANCELLED]


def test_a_session_of_version_2_is_opened_and_closed(gateway: PayMongo) -> None:
    ref, answer = opened(gateway, "checkout_v2")
    assert answer.url
    assert kinds(asked(gateway, ref)) == [FactKind.PENDING]
    assert kinds(gateway.close(ref, DictMemory())) == [FactKind.EXPIRED]


def test_a_session_of_version_2_is_paid(gateway: PayMongo, sandbox: SandboxProcess) -> None:
    ref, _ = opened(gateway, "checkout_v2")
    sandbox.act(f"checkout_sessions/{ref.gateway_ref}/pay", method="gcash")
    (found,) = asked(gateway, ref)
    assert (found.kind, found.gateway_ref) == (FactKind.PAID, ref.gateway_ref)
    events = told(gateway, sandbox, ref)
    assert {fact.kind for fact in events} == {FactKind.PAID}
    assert {fact.gateway_ref for fact in events} == {ref.gateway_ref, None}
    assert {fact.charge_ref for fact in events} == {found.charge_ref}


def test_a_customer_comes_and_goes(gateway: PayMongo) -> None:
    email = f"{secrets.token_hex(4)}@example.com"
    made = gateway.customers.create(first_name="Ana", last_name="Cruz", email=email, phone="+639170000000")
    assert gateway.customers.retrieve(made.id) == made
    assert gateway.customers.find(email=email) == [made]
    changed = gateway.customers.change(made.id, last_name="Reyes")
    assert (changed.id, changed.last_name) == (made.id, "Reyes")
    assert gateway.customers.cards(made.id) == []
    gateway.customers.delete(made.id)
    with pytest.raises(GatewayRefused):
        gateway.customers.retrieve(made.id)


def test_an_endpoint_is_registered_once_and_switched(gateway: PayMongo) -> None:
    url = f"http://127.0.0.1:9/{secrets.token_hex(4)}"
    made = gateway.webhooks.register(url)
    try:
        assert made.is_enabled
        assert made.events == gateway.webhooks.events
        assert made.secret.startswith("whsk_")
        assert not made.is_configured
        assert gateway.webhooks.register(url) == made
        configured = [endpoint for endpoint in gateway.webhooks.all() if endpoint.is_configured]
        assert len(configured) == 1
    finally:
        off = gateway.webhooks.disable(made.id)
    assert not off.is_enabled
    assert off.note
    assert gateway.webhooks.enable(made.id).is_enabled
    gateway.webhooks.disable(made.id)
