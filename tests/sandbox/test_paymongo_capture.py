"""Holding money and taking it later."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import attach, card, intent, page_of, refusal, seen

DAY = 86_400


def held(bench: Bench, number: str = "4343434343434345") -> dict[str, Any]:
    made = intent(bench, payment_method_allowed=["card"], capture_type="manual", amount=50_000)
    answer = attach(bench, made, card(bench, number)).json()["data"]
    if answer["attributes"]["next_action"]:
        bench.submit(page_of(answer), action="authorize")
    return made


def capture(bench: Bench, made: dict[str, Any], **attributes: int) -> Any:
    return bench.api("POST", f"/v1/payment_intents/{made['id']}/capture", attributes or None)


@pytest.mark.parametrize("number", ["4343434343434345", "4120000000000007"])
def test_the_money_waits_for_the_merchant(bench: Bench, number: str) -> None:
    bench.hook()
    made = held(bench, number)
    now = seen(bench, made)
    assert (now["status"], now["payments"], now["next_action"]) == ("awaiting_capture", [], None)
    bench.flush()
    assert bench.shop.events == []
    taken = capture(bench, made).json()["data"]["attributes"]
    assert (taken["status"], taken["payments"][0]["attributes"]["amount"]) == ("succeeded", 50_000)
    bench.flush()
    assert bench.shop.events == ["payment.paid"]


def test_a_part_can_be_taken_once(bench: Bench) -> None:
    made = held(bench)
    taken = capture(bench, made, amount=20_000).json()["data"]["attributes"]
    assert taken["status"] == "succeeded"
    assert [p["attributes"]["amount"] for p in taken["payments"]] == [20_000]
    assert taken["original_amount"] == 50_000
    assert refusal(capture(bench, made)) == (400, "resource_succeeded_state")


def test_more_than_was_held_is_refused(bench: Bench) -> None:
    made = held(bench)
    assert refusal(capture(bench, made, amount=50_001)) == (400, "allowed_amount_exceeded")
    assert seen(bench, made)["status"] == "awaiting_capture"
    assert capture(bench, made, amount=50_000).status_code == 200


def test_a_hold_lasts_seven_days(bench: Bench) -> None:
    made = held(bench)
    bench.advance(7 * DAY - 1)
    assert seen(bench, made)["status"] == "awaiting_capture"
    bench.advance(1)
    assert seen(bench, made)["status"] == "cancelled"
    assert refusal(capture(bench, made)) == (400, "resource_cancelled_state")


def test_a_hold_can_be_cancelled(bench: Bench) -> None:
    made = held(bench)
    assert bench.api("POST", f"/v1/payment_intents/{made['id']}/cancel").status_code == 200
    assert refusal(capture(bench, made)) == (400, "resource_cancelled_state")
    bench.advance(8 * DAY)
    assert seen(bench, made)["status"] == "cancelled"


@pytest.mark.parametrize("number", ["5417881844647288", "5417886761138807"])
def test_two_cards_whose_hold_cannot_be_cancelled(bench: Bench, number: str) -> None:
    made = held(bench, number)
    answer = bench.api("POST", f"/v1/payment_intents/{made['id']}/cancel")
    assert refusal(answer) == (400, "resource_failed_state")
    assert seen(bench, made)["status"] == "awaiting_capture"
    assert capture(bench, made).status_code == 200


def test_there_must_be_something_to_capture(bench: Bench) -> None:
    assert refusal(capture(bench, intent(bench))) == (400, "resource_failed_state")


def test_failing_3d_secure_leaves_no_payment(bench: Bench) -> None:
    made = intent(bench, payment_method_allowed=["card"], capture_type="manual")
    waiting = attach(bench, made, card(bench, "4120000000000007")).json()["data"]
    bench.submit(page_of(waiting), action="fail")
    assert (seen(bench, made)["status"], seen(bench, made)["payments"]) == ("awaiting_payment_method", [])


def test_capture_survives_an_export(bench: Bench) -> None:
    made = held(bench)
    bench.control("PUT", "state", bench.control("GET", "state"))
    assert capture(bench, made).json()["data"]["attributes"]["status"] == "succeeded"
