"""Payment intents: what is refused, and who may call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import attach, attached, card, intent, method, page_of, refusal, seen


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
