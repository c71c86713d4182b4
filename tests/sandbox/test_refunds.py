"""Refunds: pending then succeeded, one open at a time, never more than there is, never too late."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.bench import Bench


def refund(bench: Bench, payment: dict[str, Any], amount: int = 1000, **more: Any) -> Any:
    attributes = {"amount": amount, "payment_id": payment["id"], "reason": "others"} | more
    return bench.api("POST", "/v1/refunds", attributes)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


def test_asking_makes_it_final_in_test_mode(bench: Bench) -> None:
    payment = bench.paid()
    made = refund(bench, payment, notes="one item").json()["data"]
    assert (made["type"], made["attributes"]["status"], made["attributes"]["refunded_at"]) == (
        "refund",
        "pending",
        None,
    )
    seen = bench.got(f"/v1/refunds/{made['id']}")
    assert seen["attributes"]["status"] == "succeeded"
    assert seen["attributes"]["balance_transaction_id"].startswith("bal_txn_")
    after = bench.got(f"/v1/payments/{payment['id']}")["attributes"]
    assert after["status"] == "paid"  # there is no status "refunded"
    assert [row["id"] for row in after["refunds"]] == [made["id"]]


def test_time_makes_it_final_and_both_events_go_out(bench: Bench) -> None:
    bench.hook(events=["payment.refunded", "payment.refund.updated"])
    payment = bench.paid()
    refund(bench, payment)
    bench.flush()
    assert bench.shop.events == ["payment.refund.updated"]
    bench.advance(2)
    assert bench.shop.events == ["payment.refund.updated", "payment.refunded", "payment.refund.updated"]
    statuses = [body["attributes"]["data"]["attributes"]["status"] for body in bench.shop.bodies]
    assert statuses == ["pending", "paid", "succeeded"]


def test_one_open_at_a_time(bench: Bench) -> None:
    payment = bench.paid()
    first = refund(bench, payment).json()["data"]
    assert code(refund(bench, payment)) == (400, "resource_pending_state")
    bench.got(f"/v1/refunds/{first['id']}")
    assert refund(bench, payment).status_code == 200


def test_the_sum_stays_within_the_payment(bench: Bench) -> None:
    payment = bench.paid()
    assert code(refund(bench, payment, 10001)) == (400, "parameter_above_maximum")
    assert refund(bench, payment, 6000).status_code == 200
    bench.advance(5)
    assert code(refund(bench, payment, 4001)) == (400, "parameter_above_maximum")
    assert refund(bench, payment, 4000).status_code == 200
    bench.advance(5)
    assert code(refund(bench, payment, 100)) == (400, "parameter_above_maximum")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"amount": 99}, "parameter_below_minimum"),
        ({"reason": "because"}, "parameter_invalid"),
        ({"notes": "x" * 256}, "parameter_format_invalid"),
        ({"amount": "1000"}, "parameter_data_type_invalid"),
    ],
)
def test_wrong_parameters(bench: Bench, changes: dict[str, Any], expected: str) -> None:
    assert code(refund(bench, bench.paid(), **changes)) == (400, expected)


def test_an_intent_is_not_a_payment(bench: Bench) -> None:
    assert code(refund(bench, {"id": "pi_Example"})) == (404, "resource_not_found")


@pytest.mark.parametrize(("method", "days"), [("gcash", 180), ("grab_pay", 90)])
def test_the_window_of_a_method(bench: Bench, method: str, days: int) -> None:
    payment = bench.paid(type=method)
    bench.advance(days * 86_400)
    assert refund(bench, payment).status_code == 200
    bench.advance(5)
    assert code(refund(bench, payment)) == (400, "allowed_date_exceeded")


def test_a_payment_of_the_other_mode(bench: Bench) -> None:
    payment = bench.paid()
    attributes = {"amount": 1000, "payment_id": payment["id"], "reason": "others"}
    assert code(bench.api("POST", "/v1/refunds", attributes, key="sk_live_x")) == (400, "livemode_mismatched")


def test_a_failed_payment_has_nothing_to_refund(bench: Bench) -> None:
    session = bench.session()
    bench.control("POST", f"paymongo/checkout_sessions/{session['id']}/fail")
    payment = bench.control("GET", "paymongo/books")["payments"][0]
    assert code(refund(bench, payment)) == (400, "resource_failed_state")


def test_a_refund_that_fails_gives_the_money_back(bench: Bench) -> None:
    bench.control("POST", "paymongo/settings", {"refund_outcome": "failed"})
    payment = bench.paid()
    made = refund(bench, payment, 10000).json()["data"]
    bench.advance(2)
    assert bench.got(f"/v1/refunds/{made['id']}")["attributes"]["status"] == "failed"
    assert refund(bench, payment, 10000).status_code == 200


def test_a_refund_that_stays_pending_until_somebody_decides(bench: Bench) -> None:
    bench.control("POST", "paymongo/settings", {"refund_outcome": "pending"})
    made = refund(bench, bench.paid()).json()["data"]
    bench.advance(86_400)
    assert bench.got(f"/v1/refunds/{made['id']}")["attributes"]["status"] == "pending"
    bench.control("POST", f"paymongo/refunds/{made['id']}/succeed")
    assert bench.got(f"/v1/refunds/{made['id']}")["attributes"]["status"] == "succeeded"


def test_live_refunds_wait_for_the_clock(bench: Bench) -> None:
    bench.control("POST", "paymongo/settings", {"refund_seconds": 60})
    redirect = {"success": "http://s.test/1", "failed": "http://s.test/2"}
    source = bench.made(
        "/v1/sources",
        {"type": "gcash", "amount": 10000, "currency": "PHP", "redirect": redirect},
        key="sk_live_x",
    )
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize")
    charge = {"amount": 10000, "currency": "PHP", "source": {"id": source["id"], "type": "source"}}
    payment = bench.made("/v1/payments", charge, key="sk_live_x")
    attributes = {"amount": 1000, "payment_id": payment["id"], "reason": "others"}
    made = bench.made("/v1/refunds", attributes, key="sk_live_x")
    assert bench.got(f"/v1/refunds/{made['id']}", key="sk_live_x")["attributes"]["status"] == "pending"
    bench.advance(60)
    assert bench.got(f"/v1/refunds/{made['id']}", key="sk_live_x")["attributes"]["status"] == "succeeded"


def test_the_list_is_filtered_by_payment(bench: Bench) -> None:
    first, second = bench.paid(), bench.paid()
    made = refund(bench, first).json()["data"]
    refund(bench, second)
    assert len(bench.api("GET", "/v1/refunds").json()["data"]) == 2
    found = bench.api("GET", "/v1/refunds", params={"payment_id": first["id"]}).json()
    assert [row["id"] for row in found["data"]] == [made["id"]]
    assert found["has_more"] is False
