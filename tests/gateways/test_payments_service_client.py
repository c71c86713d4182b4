"""The client of a payments service: its calls, what they mean, and webhooks by Standard Webhooks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from standardwebhooks.webhooks import Webhook

from raseed.core.errors import (
    BadSignature,
    ConfigurationError,
    DeliveryError,
    GatewayRefused,
    MalformedDelivery,
    StaleDelivery,
    Unsupported,
    WrongWallet,
)
from raseed.core.facts import FactKind, Weight
from raseed.core.money import Money
from raseed.gateways import registry
from raseed.gateways.base import Gateway, GatewayRef, HasWallets, Order, RawDelivery
from tests.gateways.memory import DictMemory

PATH = "raseed.gateways.payments_service.PaymentsServiceClient"
SECRET = "whsec_c2VjcmV0IG9mIHRoZSBtYXJrZXRwbGFjZSwgdGVzdHM="
OLD = "whsec_YW4gb2xkZXIgc2VjcmV0IG9mIHRoZSBtYXJrZXRwbGFjZQ=="
AT = datetime(2026, 1, 1, tzinfo=UTC)
PRICE = Money.of("25.00", "USD")
ORDER = Order(
    reference="shop-1",
    money=PRICE,
    method="wallet",
    return_url="https://shop.example/payments/finish?job=7&payment=token",
    payer_wallet="https://wallet.example/alice",
    payee="https://wallet.example/bob",
    payable_key="12",
)
REF = GatewayRef("shop-1", "shop-1", {}, "wallet", PRICE)
SAID = {"type": "payment.completed", "pendingId": "shop-1", "offerId": "12", "status": "paid"}
RECEIVED = {"minor": 2500, "currency": "USD"}


def client(answer: Any = None, status: int = 200, **changes: Any) -> Gateway:
    def answered(request: httpx2.Request) -> httpx2.Response:
        CALLS.append(request)
        return httpx2.Response(status, json=answer if answer is not None else {})

    settings = {"base_url": "https://pay.example", "token": "t", "webhook_secrets": [SECRET, OLD]} | changes
    CALLS.clear()
    return registry.load(PATH, http=answered, **settings)


CALLS: list[httpx2.Request] = []


def delivery(document: Any, secret: str = SECRET, at: datetime = AT, **headers: str) -> RawDelivery:
    body = document if isinstance(document, str) else json.dumps(document)
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body),
    }
    return RawDelivery("POST", "/hook", {}, signed | headers, body.encode(), AT)


def test_it_has_wallets_and_trims_addresses() -> None:
    gateway = client()
    assert isinstance(gateway, HasWallets)
    assert gateway.wallet(" $wallet.example/alice ", "payer_wallet") == "https://wallet.example/alice"
    for wrong in ("", "alice", "ftp://wallet.example/a", "https://a" + "b" * 3000):
        with pytest.raises(WrongWallet):
            gateway.wallet(wrong, "payer_wallet")


def test_opening_sends_our_reference_so_that_it_may_be_repeated() -> None:
    gateway = client({"pendingId": "shop-1", "redirectUrl": "https://wallet.example/consent"})
    opened = gateway.open(ORDER, DictMemory())
    assert (opened.gateway_ref, opened.url) == ("shop-1", "https://wallet.example/consent")
    call = CALLS[0]
    assert (call.method, call.url.path) == ("PUT", "/payments/shop-1")
    said = json.loads(call.content)
    assert said["amount"] == {"minor": 2500, "currency": "USD"}
    assert (said["offerId"], said["finishPath"]) == ("12", "/payments/finish?job=7&payment=token")
    assert call.headers["Authorization"].startswith("Basic ")


def test_a_wrong_wallet_is_told_at_its_field() -> None:
    answer = {"error": "No wallet answers at this address.", "which": "payer_wallet"}
    with pytest.raises(WrongWallet, match="No wallet answers") as caught:
        client(answer, 422).open(ORDER, DictMemory())
    assert caught.value.which == "payer_wallet"
    with pytest.raises(GatewayRefused):
        client({"error": "no"}, 400).open(ORDER, DictMemory())


@pytest.mark.parametrize(
    ("said", "kind", "money"),
    [
        ({"status": "pending"}, FactKind.PENDING, None),
        ({"status": "processing", "outgoingPaymentId": "op_1"}, FactKind.PENDING, None),
        ({"status": "failed"}, FactKind.FAILED, None),
        ({"status": "paid", "received": RECEIVED}, FactKind.PAID, PRICE),
        ({"status": "paid", "received": {"minor": 1, "currency": "USD"}}, FactKind.PAID, Money(1, "USD")),
        ({"status": "paid"}, FactKind.PAID, PRICE),
        ({"status": "dancing"}, FactKind.UNKNOWN, None),
        ({}, FactKind.UNKNOWN, None),
    ],
)
def test_what_a_status_means(said: dict[str, Any], kind: FactKind, money: Money | None) -> None:
    (fact,) = client(said).query(REF, DictMemory())
    assert (fact.kind, fact.weight, fact.gateway_ref, fact.money) == (kind, Weight.PROOF, "shop-1", money)
    assert fact.charge_ref == ("shop-1" if kind is FactKind.PAID else None)


@pytest.mark.parametrize("secret", [SECRET, OLD])
def test_a_signed_event_is_a_proof(secret: str) -> None:
    gateway = client()
    (fact,) = gateway.read(
        gateway.verify(delivery(SAID | {"received": RECEIVED, "outgoingPaymentId": "op_1"}, secret))
    )
    assert (fact.kind, fact.weight, fact.money, fact.charge_ref) == (
        FactKind.PAID,
        Weight.PROOF,
        PRICE,
        "shop-1",
    )
    assert fact.ids == {"outgoing_payment": "op_1"}
    (unstated,) = gateway.read(gateway.verify(delivery(SAID)))
    assert unstated.money is None


def test_what_is_not_signed_as_it_must_be_is_refused() -> None:
    gateway = client()
    others = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCwgbm90IG91cnM="
    for wrong in (
        delivery(SAID, others),
        delivery(SAID, **{"webhook-signature": ""}),
        delivery(SAID, **{"webhook-signature": "v1,ä"}),
        delivery(SAID, **{"webhook-timestamp": "1"}),
        delivery(SAID, **{"webhook-timestamp": "soon"}),
        delivery(SAID, **{"webhook-id": "another"}),
        RawDelivery("POST", "/hook", {}, {}, json.dumps(SAID).encode(), AT),
    ):
        with pytest.raises(BadSignature):
            gateway.verify(wrong)
    with pytest.raises(BadSignature):
        client(webhook_secrets=()).verify(delivery(SAID))


def test_signed_but_too_old_or_too_early() -> None:
    for seconds in (301, -301):
        with pytest.raises(StaleDelivery):
            client().verify(delivery(SAID, at=AT + timedelta(seconds=seconds)))
    client(replay_window_seconds=None).verify(delivery(SAID, at=AT + timedelta(days=9)))


@pytest.mark.parametrize(
    "body", ["{", "[]", "{}", '{"type": "payment.completed"}', '{"type": "x", "pendingId": "a"}']
)
def test_signed_nonsense_is_malformed_and_names_nothing(body: str) -> None:
    gateway = client()
    with pytest.raises(DeliveryError):
        gateway.verify(delivery(body))
    assert not gateway.peek(delivery(body)).references


def test_what_an_address_says_is_a_hint() -> None:
    def back(query: str) -> list[Any]:
        return client().read_return(RawDelivery("GET", "/", {}, {}, b"", AT, query.encode()))

    assert [(f.kind, f.weight) for f in back("payment=x&outcome=agreed")] == [(FactKind.PAID, Weight.HINT)]
    assert [f.kind for f in back("outcome=declined")] == [FactKind.ATTEMPT_FAILED]
    assert back("outcome=nothing") == back("") == []
    for wrong in ("outcome=unreadable", "outcome=agreed&outcome=declined"):
        with pytest.raises(MalformedDelivery):
            back(wrong)


def test_what_it_does_not_offer() -> None:
    gateway, memory = client(), DictMemory()
    for call in (
        lambda: gateway.close(REF, memory),
        lambda: gateway.capture(REF, "c", PRICE, memory),
        lambda: gateway.void(REF, "c", memory),
        lambda: gateway.refund(REF, "c", PRICE, "", "k", memory),
        lambda: gateway.query_refund(REF, "c", "k", None, memory),
        lambda: gateway.charge_saved("card", ORDER, memory),
    ):
        with pytest.raises(Unsupported):
            call()


def test_settings_that_are_wrong_are_named_and_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="TOKEN"):
        client(token=" ")
    with pytest.raises(ConfigurationError, match="WEBHOOK_SECRETS") as caught:
        client(webhook_secrets=["whsec_short"])
    assert "whsec_short" not in str(caught.value)
    assert "known-to-both" not in repr(client(token="known-to-both"))
