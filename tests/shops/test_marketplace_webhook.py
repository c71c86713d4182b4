"""`POST /api/webhooks/payments` and `GET /payments/{pendingId}/status`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from standardwebhooks.webhooks import Webhook

from raseed.payments.models import PaymentFact
from raseed_shops import settings as shop
from raseed_shops.marketplace import payments
from raseed_shops.marketplace.models import Event
from tests.shops.market import ARRIVES_SECONDS, Market

SECRET = "whsec_c2VjcmV0IG9mIHRoZSBtYXJrZXRwbGFjZSwgdGVzdHM="
OTHERS = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCwgbm90IG91cnM="


@pytest.fixture(autouse=True)
def secret(settings: Any) -> None:
    settings.MARKETPLACE = {**shop.MARKETPLACE, "WEBHOOK_SECRETS": [SECRET]}


def document(market: Market, **changes: Any) -> dict[str, Any]:
    said = {
        "type": "payment.completed",
        "pendingId": market.payment.reference,
        "offerId": market.offer.pk,
        "status": "paid",
        "outgoingPaymentId": "https://wallet.example/op/outgoing-payments/1",
        "timestamp": "2026-01-01T00:00:00Z",
    }
    return {name: value for name, value in (said | changes).items() if value is not None}


def post(said: Any, secret: str = "", **headers: str) -> HttpResponse:
    body = said if isinstance(said, str) else json.dumps(said)
    if secret:
        now = datetime.now(UTC)
        headers |= {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign("msg_1", now, body),
        }
    return Client().post(  # type: ignore[return-value]
        "/api/webhooks/payments", body, content_type="application/json", headers=headers
    )


def sent(market: Market) -> None:
    """The client agreed, and the money has arrived; nobody looked yet."""
    market.browser.get(market.agree())
    market.sandbox.advance(ARRIVES_SECONDS)


def first_channel(market: Market) -> str:
    return str(market.payment.first_channel)


@pytest.mark.parametrize("by", [SECRET, ""])
def test_signed_or_not_it_makes_us_ask_and_the_wallet_decides(market: Market, by: str) -> None:
    sent(market)
    assert market.payment.state == "pending"
    answer = post(document(market), by)
    assert answer.status_code == 200, answer.content
    assert (market.payment.state, first_channel(market)) == ("paid", "webhook")
    assert market.contract.status == "completed"
    event = Event.objects.get(kind="webhook")
    assert (event.is_signed, event.status, event.pending_id) == (bool(by), 200, market.payment.reference)
    assert json.loads(bytes(event.body))["offerId"] == market.offer.pk


@pytest.mark.parametrize("by", [SECRET, ""])
def test_what_did_not_arrive_is_not_paid_whoever_says_so(market: Market, by: str) -> None:
    market.at_the_wallet()
    assert post(document(market), by).status_code == 200
    assert market.payment.state == "pending"
    assert market.contract.is_due


def test_without_the_outgoing_payment_it_is_complete_as_well(market: Market) -> None:
    sent(market)
    assert post(document(market, outgoingPaymentId=None), SECRET).status_code == 200
    assert market.payment.state == "paid"


def test_a_wrong_signature_is_refused_and_makes_nobody_ask(market: Market) -> None:
    sent(market)
    before = PaymentFact.objects.count()
    assert post(document(market), OTHERS).status_code == 401
    assert (market.payment.state, PaymentFact.objects.count()) == ("pending", before)
    assert Event.objects.get(kind="webhook").status == 401


def test_hints_make_us_ask_once_a_minute_and_evidence_always(market: Market) -> None:
    market.at_the_wallet()
    answers = [post(document(market)).content for _ in range(3)]
    assert [b"asked a moment ago" in answer for answer in answers] == [False, True, True]
    assert b"asked a moment ago" not in post(document(market), SECRET).content


@pytest.mark.parametrize(
    ("said", "status", "why"),
    [
        ("{", 400, "not JSON"),
        ("[" * 5000, 400, "not JSON"),
        ("[]", 400, "not a JSON object"),
        ("{}", 400, "missing field: type"),
        ('{"type": "payment.completed"}', 400, "missing field: pendingId, offerId, status, timestamp"),
        ('{"type": "payment.failed"}', 400, "unknown type"),
    ],
)
def test_what_is_no_delivery_is_refused_and_on_record(
    market: Market, said: str, status: int, why: str
) -> None:
    answer = post(said, **{"X-Request-ID": "request-7"})
    assert (answer.status_code, why in json.loads(answer.content)["error"]) == (status, True)
    assert answer["X-Request-ID"] == "request-7"
    event = Event.objects.get()
    assert (event.request_id, event.status, bytes(event.body)) == ("request-7", status, said.encode())


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"offerId": 999999}, 404),
        ({"offerId": "x"}, 404),
        ({"pendingId": "demo-unknown"}, 404),
        ({"status": "failed"}, 400),
        ({"timestamp": "soon"}, 400),
        ({"pendingId": {"a": 1}}, 400),
        ({"offerId": True}, 400),
        ({"timestamp": 1767225600}, 200),
        ({"extra": "members are fine"}, 200),
    ],
)
def test_each_member_counts(market: Market, changes: dict[str, Any], status: int) -> None:
    market.at_the_wallet()
    assert post(document(market, **changes), SECRET).status_code == status


def test_our_own_failure_is_500_and_the_delivery_is_kept(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.at_the_wallet()

    def broken(*_: Any) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(payments, "payment_of", broken)
    assert post(document(market), SECRET).status_code == 500
    event = Event.objects.get()
    assert (event.status, json.loads(bytes(event.body))["type"]) == (500, "payment.completed")


def test_too_many_are_refused_without_a_row(market: Market, settings: Any) -> None:
    settings.MARKETPLACE = {**settings.MARKETPLACE, "WEBHOOKS_PER_MINUTE": 2}
    answers = [post("{") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [400, 400, 429, 429]
    assert answers[-1]["Retry-After"] == "60"
    assert Event.objects.count() == 2
    market.sandbox.advance(61)


def test_only_allowed_addresses_behind_declared_proxies(market: Market, settings: Any) -> None:
    settings.MARKETPLACE = {**settings.MARKETPLACE, "ALLOWED_IPS": ["203.0.113.0/24"]}
    assert post("{").status_code == 403
    assert post("{", **{"X-Forwarded-For": "203.0.113.9"}).status_code == 403  # nobody declared a proxy
    settings.MARKETPLACE = {**settings.MARKETPLACE, "TRUSTED_PROXIES": ["127.0.0.1"]}
    assert post("{", **{"X-Forwarded-For": "203.0.113.9"}).status_code == 400
    assert post("{", **{"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}).status_code == 403
    assert post("{", **{"X-Forwarded-For": "nonsense"}).status_code == 403


def test_every_line_of_the_log_has_prefix_and_request_id(
    market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    address = market.at_the_wallet()
    caplog.set_level("INFO", "raseed_shops")
    post(document(market), SECRET, **{"X-Request-ID": "abc-1"})
    post("{", **{"X-Request-ID": "bad id\twith a tab"})
    market.browser.get(address, headers={"X-Request-ID": "abc-2"})
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("raseed_shops")]
    assert [line.split()[0] for line in lines] == ["[webhook]", "[webhook]", "[payment-finish]"]
    assert (lines[0].split()[1], lines[2].split()[1]) == ("abc-1", "abc-2")
    assert len(lines[1].split()[1]) == 32


def test_other_methods_are_refused(market: Market) -> None:
    assert Client().get("/api/webhooks/payments").status_code == 405


def test_status_is_our_own(market: Market) -> None:
    address = market.agree()
    path = f"/payments/{market.payment.reference}/status"

    def told() -> Any:
        return Client().get(path).json()

    calls = len(market.sandbox.log())
    assert (told()["status"], told()["outgoingPaymentId"]) == ("pending", None)
    assert len(market.sandbox.log()) == calls
    market.browser.get(address)
    market.arrive()
    said = told()
    assert (said["status"], said["offerId"]) == ("paid", str(market.offer.pk))
    assert said["outgoingPaymentId"] == market.contract.outgoing_payment_id
    assert Client().get("/payments/demo-unknown/status").status_code == 404


def test_staff_read_the_history_and_nobody_writes_it(market: Market) -> None:
    post('{"type": "<b>x</b>"}', **{"X-Request-ID": "abc-3"})
    staff = market.as_person("staff")
    event = Event.objects.get()
    assert "abc-3" in staff.get("/admin/marketplace/event/").content.decode()
    shown = staff.get(f"/admin/marketplace/event/{event.pk}/change/").content.decode()
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert staff.post(f"/admin/marketplace/event/{event.pk}/delete/").status_code == 403
