"""Checkout sessions of version 2: an intent for every attempt, none before."""

from __future__ import annotations

from typing import Any

from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import refusal


def session(bench: Bench, **changes: Any) -> dict[str, Any]:
    line = {"name": "Bill", "amount": 5000, "currency": "PHP", "quantity": 2}
    attributes = {
        "line_items": [line],
        "payment_method_types": ["gcash", "card"],
        "success_url": "http://shop.test/ok",
        "metadata": {"ref": "r-1"},
    }
    return bench.made("/v2/checkout_sessions", attributes | changes)


def seen(bench: Bench, made: dict[str, Any]) -> dict[str, Any]:
    return bench.got(f"/v2/checkout_sessions/{made['id']}")["attributes"]


def test_no_intent_before_the_payer_chooses(bench: Bench) -> None:
    made = session(bench, pass_on_fees=True)
    attributes = made["attributes"]
    assert (attributes["payment_intent"], attributes["payments"]) == (None, [])
    assert attributes["pass_on_fees"] is True
    assert bench.control("GET", "paymongo/books")["payment_intents"] == []
    assert "₱100.00" in bench.page(attributes["checkout_url"]).text
    assert bench.got(f"/v1/checkout_sessions/{made['id']}") == made


def test_every_attempt_has_an_intent_of_its_own(bench: Bench) -> None:
    bench.hook()
    made = session(bench)
    url = made["attributes"]["checkout_url"]
    bench.submit(url, method="card", card_number="4400000000000016")
    assert "You can try again" in bench.page(url).text
    wallet = bench.submit(url, method="gcash").headers["location"]
    assert bench.submit(wallet, action="authorize").headers["location"] == "http://shop.test/ok"
    books = bench.control("GET", "paymongo/books")
    assert [i["status"] for i in books["payment_intents"]] == ["awaiting_payment_method", "succeeded"]
    now = seen(bench, made)
    assert now["payment_intent"]["id"] == books["payment_intents"][1]["id"]
    assert [p["attributes"]["status"] for p in now["payments"]] == ["failed", "paid"]
    assert now["payments"][1]["attributes"]["metadata"] == {"ref": "r-1"}
    bench.flush()
    assert bench.shop.events == ["payment.failed", "payment.paid", "checkout_session.payment.paid"]


def test_an_older_attempt_cannot_be_paid_beside_a_newer_one(bench: Bench) -> None:
    url = session(bench)["attributes"]["checkout_url"]
    first = bench.submit(url, method="gcash").headers["location"]
    second = bench.submit(url, method="gcash").headers["location"]
    assert bench.submit(first, action="authorize").headers["location"] == url
    assert bench.submit(second, action="authorize").headers["location"] == "http://shop.test/ok"
    assert len(bench.control("GET", "paymongo/books")["payments"]) == 1


def test_expiring(bench: Bench) -> None:
    made = session(bench)
    wallet = bench.submit(made["attributes"]["checkout_url"], method="gcash").headers["location"]
    path = f"/v2/checkout_sessions/{made['id']}/expire"
    expired = bench.api("POST", path).json()["data"]["attributes"]
    assert (expired["status"], expired["payment_intent"]["attributes"]["status"]) == ("expired", "cancelled")
    bench.submit(wallet, action="authorize")
    assert bench.control("GET", "paymongo/books")["payments"] == []
    assert refusal(bench.api("POST", path)) == (400, "resource_failed_state")


def test_an_untouched_one_can_expire_too(bench: Bench) -> None:
    made = session(bench)
    answer = bench.api("POST", f"/v2/checkout_sessions/{made['id']}/expire").json()["data"]["attributes"]
    assert (answer["status"], answer["payment_intent"]) == ("expired", None)


def test_through_the_control_api(bench: Bench) -> None:
    made = session(bench)
    bench.control("POST", f"paymongo/checkout_sessions/{made['id']}/fail", {"method": "card"})
    bench.control("POST", f"paymongo/checkout_sessions/{made['id']}/pay", {"method": "card"})
    bench.control("POST", "paymongo/extra-payment", {"checkout_session_id": made["id"]})
    statuses = [p["attributes"]["status"] for p in seen(bench, made)["payments"]]
    assert statuses == ["failed", "paid", "paid"]
