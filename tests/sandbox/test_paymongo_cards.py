"""Every documented test card, through the API and through the checkout page."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import attach, card, intent, page_of, refusal, seen

#: https://developers.paymongo.com/docs/testing, stated here once more so that the table is checked
PAID = [
    "4343434343434345", "4571736000000075", "4009930000001421", "4404520000001439", "5555444444444457",
    "5455590000000009", "5339080000000003", "5240050000001440", "5577510000001446", "5123000000000002",
    "5123000000000001", "5417881844647288",
]  # fmt: skip
SECURE = ("4120000000000007", "5417886761138807")
DECLINED = {
    "4230000000000004": "generic_decline",
    "4200000000000018": "card_expired",
    "4300000000000017": "cvc_invalid",
    "4400000000000016": "generic_decline",
    "4028220000001457": "generic_decline",
    "4111111111111111": "generic_decline",
    "4500000000000015": "fraudulent",
    "5100000000000198": "insufficient_funds",
    "5240460000001466": "insufficient_funds",
    "5200000000000197": "processor_blocked",
    "5300000000000196": "lost_card",
    "5483530000001462": "lost_card",
    "5400000000000195": "stolen_card",
    "5500000000000194": "processor_unavailable",
    "4600000000000014": "blocked",
}


@pytest.mark.parametrize("number", PAID)
def test_a_good_card_pays_at_once(bench: Bench, number: str) -> None:
    bench.hook()
    made = intent(bench, metadata={"order": "77"}, description="Order 77")
    answer = attach(bench, made, card(bench, number))
    attributes = answer.json()["data"]["attributes"]
    assert (answer.status_code, attributes["status"], attributes["next_action"]) == (200, "succeeded", None)
    (payment,) = attributes["payments"]
    assert payment["attributes"]["status"] == "paid"
    assert payment["attributes"]["source"]["last4"] == number[-4:]
    assert payment["attributes"]["payment_intent_id"] == made["id"]
    assert (payment["attributes"]["metadata"], payment["attributes"]["description"]) == (
        {"order": "77"},
        "Order 77",
    )
    bench.flush()
    assert bench.shop.events == ["payment.paid"]
    assert bench.shop.bodies[0]["attributes"]["data"] == payment


@pytest.mark.parametrize("number", SECURE)
def test_a_card_that_asks_for_3d_secure(bench: Bench, number: str) -> None:
    made = intent(bench)
    waiting = attach(bench, made, card(bench, number)).json()["data"]
    assert waiting["attributes"]["status"] == "awaiting_next_action"
    assert waiting["attributes"]["payments"] == []
    redirect = waiting["attributes"]["next_action"]["redirect"]
    assert redirect["return_url"] == "http://shop.test/return?order=77"
    back = bench.submit(page_of(waiting), action="authorize")
    assert (back.status_code, back.headers["location"]) == (303, redirect["return_url"])
    assert seen(bench, made)["status"] == "succeeded"


def test_a_payer_who_fails_3d_secure(bench: Bench) -> None:
    bench.hook()
    made = intent(bench)
    waiting = attach(bench, made, card(bench, SECURE[0])).json()["data"]
    assert bench.submit(page_of(waiting), action="fail").headers["location"].startswith("http://shop.test/")
    now = seen(bench, made)
    assert (now["status"], now["last_payment_error"]["failed_code"]) == (
        "awaiting_payment_method",
        "authentication_error",
    )
    bench.flush()
    assert bench.shop.events == ["payment.failed"]


@pytest.mark.parametrize(("number", "sub_code"), DECLINED.items())
def test_a_bad_card_is_declined_at_once(bench: Bench, number: str, sub_code: str) -> None:
    bench.hook()
    made, bad = intent(bench), card(bench, number)
    answer = attach(bench, made, bad)
    assert refusal(answer) == (400, "resource_failed_state")
    (problem,) = answer.json()["errors"]
    assert problem["sub_code"] == sub_code
    assert "source" not in problem
    now = seen(bench, made)
    (payment,) = now["payments"]
    assert (now["status"], payment["attributes"]["status"]) == ("awaiting_payment_method", "failed")
    assert payment["attributes"]["failed_code"] == sub_code
    assert (payment["attributes"]["fee"], payment["attributes"]["net_amount"]) == (0, 0)
    assert "available_at" not in payment["attributes"]
    error = now["last_payment_error"]
    assert (error["payment"], error["failed_code"], error["payment_method"]) == (
        payment["id"],
        sub_code,
        bad["id"],
    )
    assert error["failed_message"] == payment["attributes"]["failed_message"] != ""
    bench.flush()
    assert bench.shop.events == ["payment.failed"]


def test_a_card_declined_after_authentication(bench: Bench) -> None:
    made = intent(bench)
    waiting = attach(bench, made, card(bench, "5234000000000106")).json()["data"]
    assert waiting["attributes"]["status"] == "awaiting_next_action"
    bench.submit(page_of(waiting), action="authorize")
    now = seen(bench, made)
    assert now["status"] == "awaiting_payment_method"
    assert now["payments"][0]["attributes"]["failed_code"] == "generic_decline"


def test_another_card_after_a_declined_one(bench: Bench) -> None:
    made = intent(bench)
    attach(bench, made, card(bench, "4400000000000016"))
    assert attach(bench, made, card(bench)).status_code == 200
    now = seen(bench, made)
    assert [p["attributes"]["status"] for p in now["payments"]] == ["failed", "paid"]
    assert now["last_payment_error"] is None


@pytest.mark.parametrize("number", [*PAID, *SECURE, *DECLINED, "5234000000000106"])
def test_no_card_number_is_kept_anywhere(bench: Bench, number: str) -> None:
    made = intent(bench)
    attach(bench, made, card(bench, number, cvc="987"))
    session = bench.session()
    bench.submit(session["attributes"]["checkout_url"], method="card", card_number=number)
    kept = json.dumps([bench.control("GET", "state"), bench.control("GET", "log")])
    assert number not in kept
    assert '"987' not in kept
    assert number[-4:] in kept


def test_an_unlisted_number_that_a_card_could_have_is_declined(bench: Bench) -> None:
    answer = attach(bench, intent(bench), card(bench, "5111111111111118"))
    assert answer.json()["errors"][0]["sub_code"] == "generic_decline"


def test_the_checkout_page_knows_the_same_cards(bench: Bench) -> None:
    for number, sub_code in DECLINED.items():
        session = bench.session()
        url = session["attributes"]["checkout_url"]
        assert bench.submit(url, method="card", card_number=number).status_code == 400
        (payment,) = bench.got(f"/v1/checkout_sessions/{session['id']}")["attributes"]["payments"]
        assert payment["attributes"]["failed_code"] == sub_code
    for number in PAID:
        url = bench.session()["attributes"]["checkout_url"]
        answer = bench.submit(url, method="card", card_number=number)
        assert answer.headers["location"] == "http://shop.test/ok"


@pytest.mark.parametrize("sub_code", ["avs_failed", "do_not_honor", "server_timeout"])
def test_any_other_decline_can_be_asked_for(bench: Bench, sub_code: str) -> None:
    bench.control("POST", "paymongo/refusals", {"sub_code": sub_code})
    made = intent(bench)
    answer = attach(bench, made, card(bench))
    assert answer.json()["errors"][0]["sub_code"] == sub_code
    assert seen(bench, made)["payments"][0]["attributes"]["failed_code"] == sub_code
    assert attach(bench, made, card(bench)).status_code == 200
