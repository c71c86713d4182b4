"""Version 2's webhooks: the hash, the envelope, the events."""

from __future__ import annotations

import hashlib

import pytest

from tests.sandbox.bench import HOOK
from tests.sandbox.phonepe.bench import PhonePeBench


def digest(username: str, password: str) -> str:
    return hashlib.sha256(f"{username}:{password}".encode()).hexdigest()


@pytest.mark.parametrize(
    ("username", "password", "value"),
    [
        ("shop_hooks", "Secret123", "7b4b764a1092f4bb798a6c20be27b221e69f42547e69c116a26b67925e7c8ae4"),
        ("pp_webhook_01", "Qw3rtyuiop", "0175556e6e0c0ecd8526a8571fbb3be849c998404dd6ef8acff1770072b3373a"),
    ],
)
def test_the_header_is_nothing_but_the_hash(
    bench: PhonePeBench, username: str, password: str, value: str
) -> None:
    bench.hook(username=username, password=password)
    bench.act(bench.order(), "pay")
    assert len(bench.told) == 1
    assert bench.shop.seen[0].headers["Authorization"] == value


def test_a_completed_order_is_told_with_every_attempt(bench: PhonePeBench) -> None:
    bench.hook()
    order = bench.order(metaInfo={"udf1": "cart-77"})
    bench.act(order, "decline")
    bench.act(order, "pay")
    attempt, done = bench.told
    assert (attempt["event"], attempt["type"]) == (
        "checkout.transaction.attempt.failed",
        "CHECKOUT_TRANSACTION_ATTEMPT_FAILED",
    )
    assert (attempt["payload"]["state"], attempt["payload"]["detailedErrorCode"]) == ("PENDING", "ZM")
    assert (done["event"], done["type"]) == ("checkout.order.completed", "CHECKOUT_ORDER_COMPLETED")
    payload = done["payload"]
    assert (payload["merchantId"], payload["merchantOrderId"]) == ("RASEEDUAT", "DS-1")
    assert (payload["orderId"], payload["state"], payload["amount"]) == (
        order["orderId"],
        "COMPLETED",
        49_900,
    )
    assert payload["metaInfo"] == {"udf1": "cart-77"}
    assert [row["state"] for row in payload["paymentDetails"]] == ["FAILED", "COMPLETED"]
    assert "errorCode" not in payload


def test_a_cancelled_order_is_told(bench: PhonePeBench) -> None:
    bench.hook()
    bench.act(bench.order(), "cancel")
    [told] = bench.told
    assert (told["event"], told["payload"]["state"]) == ("checkout.order.failed", "FAILED")
    assert told["payload"]["detailedErrorCode"] == "ORDER_CANCELLED_BY_USER"


def test_an_endpoint_hears_what_it_asked_for(bench: PhonePeBench) -> None:
    bench.hook(events=["checkout.order.completed"])
    order = bench.order()
    bench.act(order, "decline")
    bench.act(order, "pay")
    assert bench.told_events == ["checkout.order.completed"]


def test_attempts_need_not_be_told(bench: PhonePeBench) -> None:
    bench.control("POST", "phonepe/settings", {"attempt_events": False})
    bench.hook()
    bench.act(bench.order(), "decline")
    assert bench.told == []


@pytest.mark.parametrize(
    ("style", "members"),
    [("both", {"event", "type", "payload"}), ("event", {"event", "payload"}), ("type", {"type", "payload"})],
)
def test_the_envelope_has_changed_over_time(bench: PhonePeBench, style: str, members: set[str]) -> None:
    bench.control("POST", "phonepe/settings", {"envelope": style})
    bench.hook()
    bench.act(bench.order(), "pay")
    assert set(bench.told[0]) == members


def test_there_may_be_no_envelope(bench: PhonePeBench) -> None:
    bench.control("POST", "phonepe/settings", {"envelope": "bare"})
    bench.hook()
    bench.act(bench.order(), "pay")
    assert bench.told[0]["merchantOrderId"] == "DS-1"


def test_what_is_not_answered_2xx_comes_three_times_more(bench: PhonePeBench) -> None:
    bench.hook()
    bench.shop.always = 500
    bench.act(bench.order(), "pay")
    bench.advance(3600)
    assert len(bench.shop.seen) == 4
    assert [row["state"] for row in bench.flush()] == ["failed"]


def test_a_corrupted_hash_and_a_foreign_one(bench: PhonePeBench) -> None:
    bench.hook(username="shop_hooks", password="Secret123")
    bench.control("POST", "faults", {"on": "delivery", "fault": "corrupt_signature", "times": 1})
    bench.act(bench.order("DS-1"), "pay")
    bench.control("POST", "faults", {"on": "delivery", "fault": "wrong_secret", "times": 1})
    bench.flush()
    bench.act(bench.order("DS-2"), "pay")
    bench.flush()
    bench.act(bench.order("DS-3"), "pay")
    bench.flush()
    right = digest("shop_hooks", "Secret123")
    corrupted, foreign, genuine = [request.headers["Authorization"] for request in bench.shop.seen]
    assert genuine == right
    assert sum(a != b for a, b in zip(corrupted, right, strict=True)) == 1
    assert foreign not in (right, corrupted)


def test_the_same_address_again_replaces_what_was_said(bench: PhonePeBench) -> None:
    first = bench.hook()
    second = bench.hook(password="Another99")
    assert (second["id"], second["password"]) == (first["id"], "Another99")
    assert len(bench.control("GET", "phonepe/books")["webhooks"]) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "shop"},
        {"username": "four"},
        {"username": "has space"},
        {"password": "onlyletters"},
        {"password": "12345678"},
        {"password": "Sh0rt"},
        {"events": ["payment.paid"]},
        {"events": "all"},
    ],
)
def test_the_dashboards_own_rules(bench: PhonePeBench, changes: dict[str, object]) -> None:
    refusal = bench.control("POST", "phonepe/webhooks", {"url": HOOK} | changes, status=400)
    assert next(iter(changes)) in refusal["error"]


def test_anything_can_be_told_with_the_right_hash(bench: PhonePeBench) -> None:
    bench.hook()
    payload = {"merchantOrderId": "NOT-OURS", "state": "COMPLETED", "amount": 1, "isNew": None}
    bench.control("POST", "phonepe/forge", {"event": "checkout.order.completed", "payload": payload})
    assert [body["payload"] for body in bench.told] == [payload]
    assert bench.shop.seen[0].headers["Authorization"] == digest("sandbox_hooks", "Sandbox123")
    bench.control("POST", "phonepe/forge", {"event": "paid", "payload": payload}, status=400)
    bench.control("POST", "phonepe/forge", {"event": "pg.refund.failed", "payload": 7}, status=400)


def test_the_console_shows_what_a_callback_says(bench: PhonePeBench) -> None:
    wrapped = bench.run(
        bench.client.post("/phonepe/pg/v1/pay", json={"request": "eyJtZXJjaGFudElkIjoiTk8ifQ=="})
    )
    assert wrapped.status_code == 400
    page = bench.run(bench.client.get("/_sandbox/"))
    assert "(which is)" in page.text
    assert "merchantId" in page.text
    for name in ("checkouts", "deliveries", "books", "misbehave"):
        bench.act(bench.order(f"DS-{name}"), "pay")
        assert bench.run(bench.client.get(f"/_sandbox/{name}")).status_code == 200
