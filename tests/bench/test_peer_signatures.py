"""The deliveries of the peers' benchmark are signed as each gateway signs: by values that others computed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from bench.peers import stripe_wire
from bench.peers.delivery import Delivery
from bench.peers.dj_stripe.driver import DjStripe
from bench.peers.django_payments.driver import DjangoPayments
from bench.peers.getpaid import driver as getpaid
from bench.peers.peer import PRICE_MINOR, Checkout
from bench.peers.raseed import driver as raseed

from raseed.core.errors import BadSignature
from raseed.core.facts import FactKind
from raseed.gateways.base import RawDelivery
from raseed.gateways.registry import load

AT = 1_700_000_000
OURS = Checkout(
    7, {"reference": "rsd_7", "session": "cs_AAAAAAAAAAAAAAAAAAAAAAAA", "intent": "pi_BBBBBBBBBBBBBBBB"}
)


def test_stripe_as_its_own_library_computes_it() -> None:
    # stripe 14.4.2, WebhookSignature, with this secret, time and body.
    digest = "0b01ba131567033ac67cd1fef535cf317697331cae41bbe8c42d6770a3ad6315"
    assert stripe_wire.sign(b'{"id": "evt_1"}', AT) == {"Stripe-Signature": f"t={AT},v1={digest}"}


def test_payu_as_the_peers_own_backend_accepts_it() -> None:
    # python-getpaid-payu 3.2.0 accepted exactly this header for this body and key.
    digest = "ec42690de6d03decbfd2fe4352cb545e1f12dae16ea0f018467f69a12a81d98b"
    signed = getpaid.sign(b'{"order": {"status": "COMPLETED"}}', AT)["OpenPayu-Signature"]
    assert signed == f"sender=checkout;signature={digest};algorithm=SHA-256;content=DOCUMENT"


def test_a_forgery_has_the_same_bytes_and_another_signature() -> None:
    for signer in (stripe_wire.sign, getpaid.sign, raseed.sign):
        genuine = Delivery("/", b"{}", signer)
        forged = genuine.forged()
        assert forged.body == genuine.body
        assert forged.headers(AT) != genuine.headers(AT)


def test_a_repeated_delivery_has_the_same_bytes_and_a_fresh_time() -> None:
    delivery = Delivery("/", b"{}", stripe_wire.sign)
    assert delivery.headers(AT) != delivery.headers(AT + 60)


def paymongo_facts(delivery: Delivery) -> list[tuple[FactKind, int | None]]:
    gateway = load("paymongo", secret_key="sk_test_peers", webhook_secrets=[raseed.SECRET])
    raw = RawDelivery(
        "POST", delivery.path, {}, delivery.headers(AT), delivery.body, datetime.fromtimestamp(AT, UTC)
    )
    return [
        (fact.kind, fact.money.minor if fact.money else None) for fact in gateway.read(gateway.verify(raw))
    ]


@pytest.fixture
def ours() -> raseed.Raseed:
    """The driver without its processes: what it says of a checkout needs none."""
    return object.__new__(raseed.Raseed)


def test_raseeds_own_deliveries_are_what_its_gateway_reads(ours: raseed.Raseed) -> None:
    assert paymongo_facts(ours.paid(OURS)) == [(FactKind.PAID, PRICE_MINOR)]
    assert paymongo_facts(ours.paid(OURS, 1)) == [(FactKind.PAID, 1)]
    assert [kind for kind, _ in paymongo_facts(ours.expired(OURS))] == [FactKind.ATTEMPT_FAILED]
    assert [kind for kind, _ in paymongo_facts(ours.refunded(OURS))] == [FactKind.PAID, FactKind.REFUNDED]


def test_raseeds_own_forgery_is_refused(ours: raseed.Raseed) -> None:
    with pytest.raises(BadSignature):
        paymongo_facts(ours.paid(OURS).forged())


def stripe_object(peer: DjangoPayments | DjStripe, checkout: Checkout) -> dict[str, object]:
    found: dict[str, object] = peer.purchase(checkout, 1).session("complete", "paid")
    return found


@pytest.mark.parametrize(
    ("kind", "checkout", "named"),
    [
        (DjangoPayments, Checkout(7, {"token": "a-token"}), "a-token"),
        (DjStripe, Checkout(7), "7"),
    ],
)
def test_a_stripe_session_names_the_order_and_the_amount(
    kind: Callable[[], DjangoPayments | DjStripe], checkout: Checkout, named: str
) -> None:
    session = stripe_object(object.__new__(kind), checkout)  # type: ignore[call-overload]
    assert session["client_reference_id"] == named
    assert session["amount_total"] == 1


def test_a_payu_notification_names_the_payment_and_the_amount() -> None:
    peer = object.__new__(getpaid.Getpaid)
    checkout = Checkout(7, {"payment": "12345678-1234-5678-1234-567812345678"})
    delivery = peer.paid(checkout, 1)
    order = json.loads(delivery.body)["order"]
    assert delivery.path == f"/payments/callback/{checkout.ids['payment']}/"
    assert (order["extOrderId"], order["totalAmount"], order["status"]) == (
        checkout.ids["payment"],
        "1",
        "COMPLETED",
    )
