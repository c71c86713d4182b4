"""Which payments can be refunded, how long, and how much of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import attach, card, intent, refusal, seen

DAY = 86_400
WINDOWS = {
    "card": 60, "gcash": 180, "grab_pay": 90, "paymaya": 365, "shopee_pay": 365, "billease": 60, "dob": 30,
    "brankas_bdo": 30, "brankas_landbank": 30, "brankas_metrobank": 30,
}  # fmt: skip


def paid(bench: Bench, kind: str) -> str:
    made = intent(bench, payment_method_allowed=[kind])
    bench.control("POST", f"paymongo/payment_intents/{made['id']}/pay", {"method": kind})
    return seen(bench, made)["payments"][0]["id"]


def refund(bench: Bench, payment_id: str, **changes: Any) -> Any:
    attributes = {"amount": 10000, "payment_id": payment_id, "reason": "others"} | changes
    return bench.api("POST", "/v1/refunds", attributes)


@pytest.mark.parametrize(("kind", "days"), WINDOWS.items())
def test_the_window_of_each_method(bench: Bench, kind: str, days: int) -> None:
    payment = paid(bench, kind)
    bench.advance(days * DAY)
    first = refund(bench, payment, amount=100)
    assert first.status_code == 200
    bench.got(f"/v1/refunds/{first.json()['data']['id']}")
    bench.advance(1)
    assert refusal(refund(bench, payment, amount=100)) == (400, "allowed_date_exceeded")


@pytest.mark.parametrize("kind", ["qrph", "dob_ubp"])
def test_methods_without_refunds(bench: Bench, kind: str) -> None:
    assert refusal(refund(bench, paid(bench, kind))) == (400, "parameter_invalid")


@pytest.mark.parametrize("kind", ["grab_pay", "paymaya"])
def test_methods_that_older_pages_refund_in_full_only(bench: Bench, kind: str) -> None:
    payment = paid(bench, kind)
    bench.control("POST", "paymongo/settings", {"full_refund_only": ["grab_pay", "paymaya"]})
    assert refusal(refund(bench, payment, amount=9999)) == (400, "parameter_above_maximum")
    assert refund(bench, payment).status_code == 200


def test_instalments_go_back_in_full_only(bench: Bench) -> None:
    enabled = {"card": {"installments": {"enabled": True}}}
    plan = {"card": {"installments": {"plan": {"issuer_id": "bank-1", "tenure": 6}}}}
    made = intent(bench, amount=300_000, payment_method_options=enabled)
    attach(bench, made, card(bench), payment_method_options=plan)
    payment = seen(bench, made)["payments"][0]["id"]
    assert refusal(refund(bench, payment, amount=100)) == (400, "payment_method_not_allowed")
    assert refund(bench, payment, amount=300_000).status_code == 200


def test_the_balance_limits_refunds(bench: Bench) -> None:
    first, second = paid(bench, "gcash"), paid(bench, "gcash")
    bench.control("POST", "paymongo/settings", {"balance": 12_000})
    made = refund(bench, first).json()["data"]
    assert refusal(refund(bench, second)) == (400, "available_balance_insufficient")
    assert refund(bench, second, amount=2000).status_code == 200
    bench.control("POST", f"paymongo/refunds/{made['id']}/fail")
    assert bench.control("GET", "paymongo/settings")["balance"] == 10_000


def test_a_disputed_payment(bench: Bench) -> None:
    payment = paid(bench, "card")
    dispute = bench.control("POST", f"paymongo/payments/{payment}/dispute")
    assert refusal(refund(bench, payment)) == (400, "resource_disputed_state")
    bench.control("POST", f"paymongo/disputes/{dispute['id']}/win")
    assert refund(bench, payment).status_code == 200


def test_a_refund_that_is_processing(bench: Bench) -> None:
    bench.hook(events=["payment.refund.updated", "payment.refunded"])
    payment = paid(bench, "gcash")
    made = refund(bench, payment, amount=100).json()["data"]
    assert refusal(refund(bench, payment, amount=100)) == (400, "resource_pending_state")
    bench.control("POST", f"paymongo/refunds/{made['id']}/process")
    assert refusal(refund(bench, payment, amount=100)) == (400, "resource_processing_state")
    bench.control("POST", f"paymongo/refunds/{made['id']}/succeed")
    assert refund(bench, payment, amount=9900).status_code == 200
    bench.flush()
    states = [b["attributes"]["data"]["attributes"].get("status") for b in bench.shop.bodies]
    assert states[:2] == ["pending", "processing"]
    assert bench.shop.events[2:4] == ["payment.refunded", "payment.refund.updated"]


def test_a_setting_keeps_refunds_processing(bench: Bench) -> None:
    bench.control("POST", "paymongo/settings", {"refund_outcome": "processing"})
    made = refund(bench, paid(bench, "gcash")).json()["data"]
    for _ in range(2):
        assert bench.got(f"/v1/refunds/{made['id']}")["attributes"]["status"] == "processing"


def test_refunds_reach_a_failed_payment_never(bench: Bench) -> None:
    made = intent(bench)
    attach(bench, made, card(bench, "4400000000000016"))
    assert refusal(refund(bench, seen(bench, made)["payments"][0]["id"])) == (400, "resource_failed_state")


def test_a_live_key_meets_a_test_payment(bench: Bench) -> None:
    attributes = {"amount": 10000, "payment_id": paid(bench, "gcash"), "reason": "others"}
    answer = bench.api("POST", "/v1/refunds", attributes, key="sk_live_x")
    assert refusal(answer) == (400, "livemode_mismatched")
