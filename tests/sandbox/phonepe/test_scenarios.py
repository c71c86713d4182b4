"""The named scenarios as a merchant of PhonePe meets them, with the payer on the page or without."""

from __future__ import annotations

from typing import Any

import pytest

from raseed.sandbox.scenarios.catalogue import shipped
from tests.sandbox.phonepe.bench import PhonePeBench

DAY = 86_400
DONE, FAILED = "checkout.order.completed", "checkout.order.failed"
ATTEMPT = "checkout.transaction.attempt.failed"
ACCEPTED, REFUNDED = "pg.refund.accepted", "pg.refund.completed"
#: scenario: what is told, and the end of the order; one payer who tries three times
STORIES: dict[str, tuple[list[str], str]] = {
    "pays": ([DONE], "COMPLETED"),
    "pays-before-answer": ([DONE], "COMPLETED"),
    "declined": ([ATTEMPT, ATTEMPT, ATTEMPT, FAILED], "FAILED"),
    "declined-then-paid": ([ATTEMPT, DONE], "COMPLETED"),
    "expired-at-once": ([FAILED], "FAILED"),
    "pending-20-minutes": ([DONE], "COMPLETED"),
    "pending-then-declined": ([FAILED], "FAILED"),
    "paid-after-expiry": ([DONE], "COMPLETED"),
    "pending-2-minutes": ([DONE], "COMPLETED"),
    "declined-after-2-minutes": ([ATTEMPT, ATTEMPT, ATTEMPT, FAILED], "FAILED"),
    "pending-forever": ([], "PENDING"),
    "out-of-order-regression": ([DONE, FAILED], "COMPLETED"),
    "no-webhook": ([], "COMPLETED"),
    "paid-webhook-lost": ([], "COMPLETED"),
    "duplicate-3": ([DONE] * 3, "COMPLETED"),
    "duplicate-8-at-once": ([DONE] * 8, "COMPLETED"),
    "duplicate-next-day": ([DONE] * 2, "COMPLETED"),
    "invalid-signature": ([DONE], "COMPLETED"),
    "delayed-1-day": ([DONE], "COMPLETED"),
    "third-attempt": ([DONE], "COMPLETED"),
    "paid-twice": ([DONE, DONE], "COMPLETED"),
    "dashboard-refund": ([DONE, ACCEPTED, REFUNDED], "COMPLETED"),
    "partial-refunds": ([DONE, *[ACCEPTED, REFUNDED] * 3], "COMPLETED"),
    "refund-before-payment": ([ACCEPTED, DONE, REFUNDED], "COMPLETED"),
    "refund-webhook-lost": ([DONE], "COMPLETED"),
}


def paying(bench: PhonePeBench, order: dict[str, Any], tries: int = 3) -> None:
    """A payer who tries, and then lets it be."""
    for _ in range(tries):
        address = f"/_sandbox/api/checkouts/{order['orderId']}/pay"
        bench.run(bench.client.post(address))


@pytest.mark.parametrize("name", STORIES)
def test_what_is_told_and_how_it_ends(bench: PhonePeBench, name: str) -> None:
    told, end = STORIES[name]
    bench.hook()
    order = bench.order(scenario=name)
    paying(bench, order)
    bench.advance(3 * DAY)
    assert bench.told_events == told
    assert bench.status()["state"] == end


@pytest.mark.parametrize("name", [name for name in shipped() if name != "hang"])
def test_every_scenario_can_be_had(bench: PhonePeBench, name: str) -> None:
    from raseed.sandbox.front import ConnectionDropped

    bench.hook()
    for number in range(5):
        try:
            answer = bench.paying(f"DS-{number}", name)
        except ConnectionDropped:
            continue
        if answer.status_code == 200:
            paying(bench, answer.json(), 1)
            break
    bench.advance(3 * DAY)
    assert any(name in row["scenarios"] for row in bench.control("GET", "checkouts")["checkouts"])


@pytest.mark.parametrize(
    ("name", "attempts"),
    [
        ("declined-then-paid", ["FAILED", "COMPLETED"]),
        ("3ds-fail-then-paid", ["FAILED", "COMPLETED"]),
        ("3ds-pass", ["COMPLETED"]),
        ("pending-20-minutes", ["PENDING"]),
    ],
)
@pytest.mark.parametrize(
    "form", [{"method": "UPI_COLLECT", "vpa": "success@ybl"}, {"method": "UPI_INTENT", "action": ""}]
)
def test_a_payer_on_the_page_has_no_say(
    bench: PhonePeBench, name: str, attempts: list[str], form: dict[str, str]
) -> None:
    page = bench.order(scenario=name)["redirectUrl"]
    for _ in attempts:
        bench.submit(page, **{key: value for key, value in form.items() if value})
        if form["method"] == "UPI_INTENT":
            bench.submit(page, action="success")
    assert [row["state"] for row in bench.status(details="true")["paymentDetails"]] == attempts
    bench.advance(1200)
    assert bench.status()["state"] == "COMPLETED"


def test_a_card_that_does_not_pass_its_password(bench: PhonePeBench) -> None:
    page = bench.order(scenario="3ds-fail")["redirectUrl"]
    card = {"card_number": "4242424242424242", "expiry": "12/27", "cvv": "936"}
    bench.submit(page, method="CARD", **card)
    bench.submit(page, action="success", otp="123456")
    assert bench.status()["paymentDetails"][0]["errorCode"] == "WRONG_PIN"


def test_a_call_repeated_on_the_way_looks_refused_and_is_done(bench: PhonePeBench) -> None:
    refused = bench.paying(scenario="repeated-on-the-way")
    assert (refused.status_code, refused.json()["code"]) == (400, "BAD_REQUEST")
    assert bench.status()["state"] == "PENDING"
    assert len(bench.control("GET", "phonepe/books")["orders"]) == 1


def test_an_answer_that_is_lost_leaves_an_order(bench: PhonePeBench) -> None:
    assert bench.paying(scenario="answer-lost-after-work").status_code == 502
    assert bench.status()["state"] == "PENDING"
    assert bench.paying("DS-2", "answer-lost-after-work").status_code == 200


def test_a_minute_of_errors(bench: PhonePeBench) -> None:
    def asked() -> int:
        return bench.call("GET", "/checkout/v2/order/DS-1/status").status_code

    order = bench.order(scenario="reads-500-for-a-minute")
    bench.order("DS-2")
    bench.advance(30)
    first = bench.call("GET", "/checkout/v2/order/DS-1/status")
    assert (first.status_code, first.json()["code"]) == (500, "INTERNAL_SERVER_ERROR")
    bench.act(order, "pay")
    bench.advance(59)
    assert asked() == 500
    assert bench.status("DS-2")["state"] == "PENDING"
    bench.advance(1)
    assert asked() == 200


@pytest.mark.parametrize(
    ("status", "body"), [(500, '"code":"INTERNAL_SERVER_ERROR"'), (503, "R999"), (502, "R999")]
)
def test_trouble_in_phonepes_words(bench: PhonePeBench, status: int, body: str) -> None:
    bench.control(
        "POST", "faults", {"gateway": "phonepe", "on": "request", "fault": "error_before", "status": status}
    )
    answer = bench.token()
    assert answer.status_code == status
    assert body in answer.text


def test_too_many_requests(bench: PhonePeBench) -> None:
    bench.order()
    bench.control("POST", "faults", {"on": "request", "fault": "rate_limit", "match": {"call": "read"}})
    refused = bench.call("GET", "/checkout/v2/order/DS-1/status")
    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_REQUESTS")


def test_a_wrong_amount_is_wrong_wherever_it_is_stated(bench: PhonePeBench) -> None:
    bench.hook()
    bench.act(bench.order(scenario="wrong-amount-low", metaInfo={"udf1": "49900"}), "pay")
    for document in (bench.status(), bench.told[0]["payload"]):
        detail = document["paymentDetails"][0]
        assert document["amount"] == detail["amount"] == detail["splitInstruments"][0]["amount"] == 24_950
        assert document["metaInfo"] == {"udf1": "49900"}
    assert bench.control("GET", "phonepe/books")["orders"][0]["amount"] == 49_900


def test_a_scenario_in_the_orders_own_words(bench: PhonePeBench) -> None:
    bench.hook()
    bench.act(bench.order(metaInfo={"udf1": "sandbox:duplicate-3"}), "pay")
    bench.act(bench.order("DS-2", amount=7_770_020), "pay")
    assert bench.told_events == [DONE] * 3


def test_a_state_can_be_taken_over_in_the_middle_of_a_payment(bench: PhonePeBench) -> None:
    bench.hook()
    order = bench.order(scenario="pending-20-minutes")
    paying(bench, order, 1)
    state = bench.control("GET", "state")
    bench.control("DELETE", "state")
    bench.control("PUT", "state", state)
    bench.advance(1200)
    assert bench.status()["state"] == "COMPLETED"
    assert bench.told_events == [DONE]
