"""Payment intents: made, attached, agreed, failed, expired, cancelled; and who may call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import (
    RETURN,
    attach,
    attached,
    card,
    intent,
    method,
    page_of,
    refusal,
    seen,
)

CAPTURED = {
    "amount", "capture_type", "client_key", "currency", "description", "livemode", "original_amount",
    "statement_descriptor", "status", "last_payment_error", "payment_method_allowed", "payments",
    "next_action", "payment_method_options", "metadata", "setup_future_usage", "created_at", "updated_at",
}  # fmt: skip


def test_a_new_intent_looks_like_the_captures(bench: Bench) -> None:
    made = intent(bench, metadata={"foo": "bar"})
    attributes = made["attributes"]
    assert (made["type"], set(attributes)) == ("payment_intent", CAPTURED)
    assert made["id"].startswith("pi_")
    assert len(made["id"]) == 27
    assert attributes["client_key"].startswith(f"{made['id']}_client_")
    assert (attributes["status"], attributes["statement_descriptor"]) == (
        "awaiting_payment_method",
        "PAYMONGO",
    )
    assert attributes["payment_method_options"] == {"card": {"request_three_d_secure": "any"}}
    assert (attributes["next_action"], attributes["payments"]) == (None, [])
    assert bench.got(f"/v1/payment_intents/{made['id']}") == made


def test_without_a_card_there_are_no_options(bench: Bench) -> None:
    assert intent(bench, payment_method_allowed=["gcash"])["attributes"]["payment_method_options"] is None


@pytest.mark.parametrize("kind", ["gcash", "paymaya", "grab_pay", "shopee_pay", "billease", "atome"])
def test_a_wallet_from_attach_to_paid(bench: Bench, kind: str) -> None:
    bench.hook()
    waiting = attached(bench, kind)
    action = waiting["attributes"]["next_action"]
    assert (action["type"], action["redirect"]["return_url"]) == ("redirect", RETURN)
    page = bench.page(page_of(waiting))
    assert page.status_code == 200
    assert "<script" not in page.text
    assert bench.submit(page_of(waiting), action="authorize").headers["location"] == RETURN
    now = seen(bench, waiting)
    assert (now["status"], now["next_action"]) == ("succeeded", None)
    source = now["payments"][0]["attributes"]["source"]
    assert (source["type"], source["id"][:4]) == (kind, "src_")
    bench.flush()
    assert bench.shop.events == ["payment.paid"]
    assert "This attempt is over" in bench.page(page_of(waiting)).text


@pytest.mark.parametrize(
    ("kind", "seconds"), [("gcash", 4 * 3600), ("paymaya", 1800), ("grab_pay", 900), ("card", 900)]
)
def test_the_payers_window(bench: Bench, kind: str, seconds: int) -> None:
    bench.hook()
    made = intent(bench, payment_method_allowed=[kind])
    chosen = card(bench, "4120000000000007") if kind == "card" else method(bench, kind)
    attach(bench, made, chosen)
    bench.advance(seconds - 1)
    assert seen(bench, made)["status"] == "awaiting_next_action"
    bench.advance(1)
    now = seen(bench, made)
    assert (now["status"], now["last_payment_error"]["failed_code"]) == ("awaiting_payment_method", "CLOSED")
    assert bench.shop.events == ["payment.failed"]


def test_an_older_window_does_not_close_a_newer_attempt(bench: Bench) -> None:
    made = intent(bench)
    first = attach(bench, made, method(bench, "paymaya")).json()["data"]
    bench.advance(1000)
    attach(bench, made, method(bench, "gcash"))
    assert bench.submit(page_of(first), action="authorize").headers["location"] == RETURN
    bench.advance(1000)
    assert (seen(bench, made)["status"], seen(bench, made)["payments"]) == ("awaiting_next_action", [])


@pytest.mark.parametrize(
    ("action", "status", "code"),
    [
        ("authorize", "succeeded", None),
        ("fail", "awaiting_payment_method", "CLOSED"),
        ("expire", "awaiting_payment_method", "CLOSED"),
    ],
)
def test_the_payer_can_be_played_through_the_control_api(
    bench: Bench, action: str, status: str, code: str | None
) -> None:
    waiting = attached(bench, "gcash")
    bench.control("POST", f"paymongo/payment_intents/{waiting['id']}/{action}")
    now = seen(bench, waiting)
    assert now["status"] == status
    assert (now["last_payment_error"] or {}).get("failed_code") == code
    bench.control(
        "POST",
        f"paymongo/payment_intents/{waiting['id']}/{action}",
        {"method": "gcash"},
        status=(409 if action != "fail" else 200),
    )


@pytest.mark.parametrize(
    "code", ["AMOUNT_EXCEED_LIMIT", "PARAM_MISSING", "REPEAT_REQ_INCONSISTENT", "SYSTEM_ERROR", "CLOSED"]
)
def test_every_wallet_failure_can_be_asked_for(bench: Bench, code: str) -> None:
    waiting = attached(bench, "gcash")
    bench.control("POST", f"paymongo/payment_intents/{waiting['id']}/fail", {"code": code})
    assert seen(bench, waiting)["payments"][0]["attributes"]["failed_code"] == code


def test_a_failure_nobody_knows_is_refused(bench: Bench) -> None:
    waiting = attached(bench, "gcash")
    bench.control("POST", f"paymongo/payment_intents/{waiting['id']}/fail", {"code": "closed"}, status=400)


def test_an_intent_can_be_paid_in_one_step(bench: Bench) -> None:
    made = intent(bench)
    bench.control("POST", f"paymongo/payment_intents/{made['id']}/pay", {"method": "paymaya"})
    assert seen(bench, made)["status"] == "succeeded"
    books = bench.control("GET", "paymongo/books")
    assert [i["status"] for i in books["payment_intents"]] == ["succeeded"]
    assert [m["type"] for m in books["payment_methods"]] == ["paymaya"]
    bench.control("POST", f"paymongo/payment_intents/{made['id']}/pay", {}, status=409)


def test_processing_takes_as_long_as_the_setting_says(bench: Bench) -> None:
    bench.hook()
    bench.control("POST", "paymongo/settings", {"processing_seconds": 60})
    waiting = attached(bench, "gcash")
    bench.submit(page_of(waiting), action="authorize")
    assert (seen(bench, waiting)["status"], seen(bench, waiting)["payments"]) == ("processing", [])
    again = attach(bench, waiting, method(bench))
    assert refusal(again) == (400, "resource_processing_state")
    assert refusal(bench.api("POST", f"/v1/payment_intents/{waiting['id']}/cancel"))[0] == 400
    bench.advance(60)
    assert seen(bench, waiting)["status"] == "succeeded"
    assert bench.shop.events == ["payment.paid"]


def test_cancelling(bench: Bench) -> None:
    made = intent(bench)
    path = f"/v1/payment_intents/{made['id']}/cancel"
    assert bench.api("POST", path).json()["data"]["attributes"]["status"] == "cancelled"
    again = bench.api("POST", path)
    assert refusal(again) == (400, "resource_cancelled_state")
    detail = f"Payment intent with id {made['id']} has already been cancelled."
    assert again.json()["errors"] == [{"code": "resource_cancelled_state", "detail": detail}]
    assert refusal(attach(bench, made, method(bench))) == (400, "resource_cancelled_state")


def test_cancelling_while_the_payer_decides_ends_the_attempt(bench: Bench) -> None:
    waiting = attached(bench, "gcash")
    bench.api("POST", f"/v1/payment_intents/{waiting['id']}/cancel")
    bench.submit(page_of(waiting), action="authorize")
    assert (seen(bench, waiting)["status"], seen(bench, waiting)["payments"]) == ("cancelled", [])


def test_a_finished_intent_takes_nothing_more(bench: Bench) -> None:
    made = intent(bench)
    attach(bench, made, card(bench))
    answer = attach(bench, made, card(bench))
    assert answer.status_code == 400
    detail = f"Payment intent with id {made['id']} has already succeeded."
    assert answer.json()["errors"] == [{"code": "resource_succeeded_state", "detail": detail}]
    assert refusal(bench.api("POST", f"/v1/payment_intents/{made['id']}/cancel")) == (
        400,
        "resource_succeeded_state",
    )


def test_an_invented_payment_method(bench: Bench) -> None:
    answer = attach(bench, intent(bench), {"id": "pm_56S7f5U7kkQEhAgrForLJvjZd"})
    assert answer.status_code == 404
    detail = "No such payment method with id pm_56S7f5U7kkQEhAgrForLJvjZd."
    assert answer.json()["errors"] == [{"code": "resource_not_found", "detail": detail}]


def test_a_method_the_intent_does_not_take(bench: Bench) -> None:
    answer = attach(bench, intent(bench, payment_method_allowed=["card"]), method(bench, "gcash"))
    assert refusal(answer) == (400, "payment_method_not_allowed")


@pytest.mark.parametrize("kind", ["gcash", "dob", "card"])
def test_who_leaves_the_shop_needs_a_way_back(bench: Bench, kind: str) -> None:
    made = intent(bench, payment_method_allowed=[kind])
    chosen = card(bench, "4120000000000007") if kind == "card" else method(bench, kind)
    answer = attach(bench, made, chosen, return_url=None)
    assert refusal(answer) == (400, "parameter_required")
    assert answer.json()["errors"][0]["source"]["pointer"] == "return_url"
    assert seen(bench, made)["status"] == "awaiting_payment_method"


def test_a_public_key_needs_the_client_key(bench: Bench) -> None:
    made = intent(bench)
    chosen = bench.made("/v1/payment_methods", {"type": "gcash"}, key="pk_test_x")
    client_key = made["attributes"]["client_key"]
    assert attach(bench, made, chosen, key="pk_test_x").status_code == 404
    assert attach(bench, made, chosen, key="pk_test_x", client_key="no").status_code == 404
    assert attach(bench, made, chosen, key="pk_test_x", client_key=client_key).status_code == 200
    found = bench.got(f"/v1/payment_intents/{made['id']}", key="pk_test_x", params={"client_key": client_key})
    assert found["attributes"]["status"] == "awaiting_next_action"


@pytest.mark.parametrize("call", ["", "/capture", "/cancel"])
def test_what_a_public_key_may_not_do(bench: Bench, call: str) -> None:
    path = f"/v1/payment_intents/{intent(bench)['id']}{call}" if call else "/v1/payment_intents"
    assert bench.api("POST", path, {}, key="pk_test_x").status_code == 403


def test_the_modes_are_worlds_of_their_own(bench: Bench) -> None:
    made = intent(bench)
    assert bench.api("GET", f"/v1/payment_intents/{made['id']}", key="sk_live_x").status_code == 404


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"amount": 1999}, "parameter_below_minimum", "amount"),
        ({"amount": 10**9}, "parameter_above_maximum", "amount"),
        ({"amount": None}, "parameter_required", "amount"),
        ({"amount": "100"}, "parameter_data_type_invalid", "amount"),
        ({"currency": "php"}, "parameter_invalid", "currency"),
        ({"payment_method_allowed": []}, "parameter_required", "payment_method_allowed"),
        ({"payment_method_allowed": ["cash"]}, "parameter_invalid", "payment_method_allowed"),
        ({"capture_type": "later"}, "parameter_invalid", "capture_type"),
        ({"capture_type": "manual"}, "parameter_invalid", "payment_method_allowed"),
        (
            {"setup_future_usage": {"session_type": "x"}},
            "parameter_invalid",
            "setup_future_usage.session_type",
        ),
        ({"metadata": []}, "parameter_data_type_invalid", "metadata"),
    ],
)
def test_wrong_intents(bench: Bench, changes: dict[str, Any], code: str, pointer: str) -> None:
    attributes = {"amount": 10000, "currency": "PHP", "payment_method_allowed": ["card", "gcash"]}
    answer = bench.api("POST", "/v1/payment_intents", attributes | changes)
    assert refusal(answer) == (400, code)
    assert answer.json()["errors"][0]["source"]["pointer"] == pointer


def test_names_of_2026_only_where_asked_for(bench: Bench) -> None:
    bench.hook()
    bench.control("POST", "paymongo/settings", {"event_names": "both"})
    made = intent(bench)
    attach(bench, made, card(bench, "4400000000000016"))
    attach(bench, made, card(bench))
    bench.flush()
    assert bench.shop.events == [
        "payment_intent.awaiting_payment_method",
        "payment.failed",
        "payment.paid",
        "payment_intent.succeeded",
    ]
    assert bench.shop.bodies[3]["attributes"]["data"]["id"] == made["id"]


def test_instalments(bench: Bench) -> None:
    plan = {"card": {"installments": {"plan": {"issuer_id": "bank-1", "tenure": 6}}}}
    enabled = {"card": {"installments": {"enabled": True}}}
    plain, small = intent(bench), intent(bench, payment_method_options=enabled)
    large = intent(bench, amount=300_000, payment_method_options=enabled)
    results = [
        attach(bench, made, card(bench), payment_method_options=plan) for made in (plain, small, large)
    ]
    assert refusal(results[0]) == (400, "payment_method_not_allowed")
    assert refusal(results[1]) == (400, "parameter_below_minimum")
    assert results[2].json()["data"]["attributes"]["status"] == "succeeded"


def test_a_real_second_charge_on_one_intent(bench: Bench) -> None:
    made = intent(bench)
    bench.control("POST", f"paymongo/payment_intents/{made['id']}/pay", {})
    bench.control("POST", "paymongo/extra-payment", {"payment_intent_id": made["id"], "amount": 500})
    assert [p["attributes"]["amount"] for p in seen(bench, made)["payments"]] == [10000, 500]
