"""Checkout sessions: made, paid, retried after a failure, expired."""

from __future__ import annotations

from tests.sandbox.bench import Bench

CAPTURED = {
    "billing", "billing_information_fields_editable", "cancel_url", "checkout_url", "client_key",
    "customer_email", "description", "line_items", "livemode", "merchant", "payments",
    "payment_intent", "payment_method_types", "reference_number", "send_email_receipt",
    "show_description", "show_line_items", "status", "success_url", "created_at", "updated_at",
    "metadata",
}  # fmt: skip


def pay(bench: Bench, session: dict, method: str = "gcash", **more: str) -> str:  # type: ignore[type-arg]
    """Choose a method and agree; returns where the browser is sent in the end."""
    chosen = bench.submit(session["attributes"]["checkout_url"], method=method, **more)
    assert chosen.status_code == 303
    agreed = bench.submit(chosen.headers["location"], action="authorize")
    assert agreed.status_code == 303
    return agreed.headers["location"]


def test_a_new_session_looks_like_the_captures(bench: Bench) -> None:
    session = bench.session(metadata={"ref": "r-1"}, description="Bill 7", reference_number="r-1")
    attributes = session["attributes"]
    assert set(attributes) == CAPTURED
    assert attributes["client_key"].startswith(f"{session['id']}_client_")
    url, _, fragment = attributes["checkout_url"].partition("#")
    assert url == f"http://127.0.0.1:8900/paymongo/checkout/{attributes['client_key']}"
    assert fragment
    intent = attributes["payment_intent"]
    assert (intent["attributes"]["amount"], intent["attributes"]["status"]) == (
        10000,
        "awaiting_payment_method",
    )
    assert (intent["attributes"]["metadata"], intent["attributes"]["description"]) == (
        {"ref": "r-1"},
        "Bill 7",
    )
    assert bench.got(f"/v1/checkout_sessions/{session['id']}") == session
    assert bench.got(f"/v1/payment_intents/{intent['id']}") == intent


def test_paying_leaves_it_active_and_tells_twice(bench: Bench) -> None:
    bench.hook()
    session = bench.session(metadata={"ref": "r-1"})
    assert pay(bench, session, "paymaya") == "http://shop.test/ok"
    bench.flush()
    assert bench.shop.events == ["payment.paid", "checkout_session.payment.paid"]
    seen = bench.got(f"/v1/checkout_sessions/{session['id']}")["attributes"]
    assert (seen["status"], seen["payment_method_used"]) == ("active", "paymaya")
    assert seen["paid_at"] == seen["payments"][0]["attributes"]["paid_at"]
    assert seen["payment_intent"]["attributes"]["status"] == "succeeded"
    payment = seen["payments"][0]
    assert payment["attributes"]["metadata"] == {"ref": "r-1"}
    assert payment["attributes"]["payment_intent_id"] == seen["payment_intent"]["id"]
    assert bench.shop.bodies[0]["attributes"]["data"]["id"] == payment["id"]
    assert bench.shop.bodies[1]["attributes"]["data"]["id"] == session["id"]


def test_a_failed_attempt_can_be_followed_by_a_good_one(bench: Bench) -> None:
    bench.hook(events=["payment.failed", "payment.paid"])
    session = bench.session()
    chosen = bench.submit(session["attributes"]["checkout_url"], method="gcash")
    failed = bench.submit(chosen.headers["location"], action="fail")
    assert failed.headers["location"] == session["attributes"]["checkout_url"]
    seen = bench.got(f"/v1/checkout_sessions/{session['id']}")["attributes"]["payment_intent"]["attributes"]
    assert (seen["status"], seen["last_payment_error"]["failed_code"]) == (
        "awaiting_payment_method",
        "CLOSED",
    )
    pay(bench, session, "grab_pay")
    payments = bench.got(f"/v1/checkout_sessions/{session['id']}")["attributes"]["payments"]
    assert [p["attributes"]["status"] for p in payments] == ["failed", "paid"]
    assert (payments[0]["attributes"]["fee"], payments[0]["attributes"]["net_amount"]) == (0, 0)
    bench.flush()
    assert bench.shop.events == ["payment.failed", "payment.paid"]


def test_a_card_pays_at_once_and_a_bad_one_is_declined(bench: Bench) -> None:
    session = bench.session()
    url = session["attributes"]["checkout_url"]
    declined = bench.submit(url, method="card", card_number="5100000000000198")
    assert declined.status_code == 400
    assert "declined" in declined.text
    assert bench.submit(url, method="card", card_number="1").status_code == 400
    paid = bench.submit(url, method="card", card_number="4343 4343 4343 4345")
    assert paid.headers["location"] == "http://shop.test/ok"
    payments = bench.got(f"/v1/checkout_sessions/{session['id']}")["attributes"]["payments"]
    assert payments[0]["attributes"]["failed_code"] == "insufficient_funds"
    assert payments[1]["attributes"]["source"] | {"id": ""} == {
        "id": "",
        "type": "card",
        "brand": "visa",
        "country": "US",
        "last4": "4345",
    }
    assert payments[1]["attributes"]["foreign_fee"] == 100


def test_a_card_that_asks_for_3d_secure(bench: Bench) -> None:
    session = bench.session()
    assert pay(bench, session, "card", card_number="4120000000000007") == "http://shop.test/ok"


def test_a_card_that_is_declined_after_3d_secure(bench: Bench) -> None:
    session = bench.session()
    back = pay(bench, session, "card", card_number="5234000000000106")
    assert back == session["attributes"]["checkout_url"]
    payment = bench.got(f"/v1/checkout_sessions/{session['id']}")["attributes"]["payments"][0]["attributes"]
    assert payment["failed_code"] == "generic_decline"
    assert set(payment["source"]) == {"id", "type", "brand", "country", "last4"}


def test_a_payer_who_takes_too_long(bench: Bench) -> None:
    session = bench.session()
    chosen = bench.submit(session["attributes"]["checkout_url"], method="grab_pay")
    bench.advance(900)
    intent = bench.got(f"/v1/checkout_sessions/{session['id']}")["attributes"]["payment_intent"]
    assert intent["attributes"]["status"] == "awaiting_payment_method"
    late = bench.submit(chosen.headers["location"], action="authorize")
    assert late.headers["location"] == session["attributes"]["checkout_url"]
    assert bench.control("GET", "paymongo/books")["payments"][0]["status"] == "failed"


def test_gcash_refuses_more_than_its_limit(bench: Bench) -> None:
    session = bench.session(
        line_items=[{"name": "Car", "amount": 10_000_001, "currency": "PHP", "quantity": 1}]
    )
    assert pay(bench, session, "gcash") == session["attributes"]["checkout_url"]
    payment = bench.control("GET", "paymongo/books")["payments"][0]
    assert (payment["status"], payment["failed_code"]) == ("failed", "AMOUNT_EXCEED_LIMIT")
    assert pay(bench, session, "paymaya") == "http://shop.test/ok"


def test_expiring(bench: Bench) -> None:
    session = bench.session()
    expired = bench.api("POST", f"/v1/checkout_sessions/{session['id']}/expire").json()["data"]["attributes"]
    assert (expired["status"], expired["payment_intent"]["attributes"]["status"]) == ("expired", "cancelled")
    assert "expired" in bench.page(session["attributes"]["checkout_url"]).text
    again = bench.api("POST", f"/v1/checkout_sessions/{session['id']}/expire")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (400, "resource_failed_state")


def test_a_paid_session_cannot_be_expired(bench: Bench) -> None:
    session = bench.session()
    pay(bench, session)
    answer = bench.api("POST", f"/v1/checkout_sessions/{session['id']}/expire")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "resource_failed_state")


def test_the_total_has_a_minimum(bench: Bench) -> None:
    line = {"name": "Fee", "amount": 200, "currency": "PHP", "quantity": 1}
    attributes = {"line_items": [line], "payment_method_types": ["gcash"]}
    answer = bench.api("POST", "/v1/checkout_sessions", attributes)
    assert answer.json()["errors"][0]["detail"] == "The minimum value for the amount is 2000."
    assert (
        bench.session(line_items=[line | {"quantity": 10}])["attributes"]["line_items"][0]["quantity"] == 10
    )


def test_nested_metadata_comes_back_as_ruby_prints_it(bench: Bench) -> None:
    session = bench.session(metadata={"items": [{"id": "a", "qty": 1}], "ref": "r"})
    expected = {"items": '[{:id=>"a", :qty=>1}]', "ref": "r"}
    assert session["attributes"]["metadata"] == expected
    assert session["attributes"]["payment_intent"]["attributes"]["metadata"] == expected


def test_an_intent_needs_its_client_key_where_the_key_is_public(bench: Bench) -> None:
    intent = bench.session()["attributes"]["payment_intent"]
    path, key = f"/v1/payment_intents/{intent['id']}", intent["attributes"]["client_key"]
    assert bench.api("GET", path, key="pk_test_x").status_code == 404
    assert bench.api("GET", path, key="pk_test_x", params={"client_key": "no"}).status_code == 404
    assert bench.api("GET", path, key="pk_test_x", params={"client_key": key}).status_code == 200
