"""Version 2's refunds, from either side."""

from __future__ import annotations

import re

import pytest

from tests.sandbox.phonepe.bench import PhonePeBench

DAY = 86_400


def refund(
    bench: PhonePeBench, reference: str = "R-1", amount: int = 10_000, status: int = 200, **changes: object
):
    body = {"merchantRefundId": reference, "originalMerchantOrderId": "DS-1", "amount": amount} | changes
    answer = bench.call("POST", "/payments/v2/refund", body)
    assert answer.status_code == status, answer.text
    return answer.json()


def asked(bench: PhonePeBench, reference: str = "R-1"):
    return bench.call("GET", f"/payments/v2/refund/{reference}/status").json()


def paid(bench: PhonePeBench, scenario: str = "") -> dict[str, object]:
    order = bench.order(scenario=scenario)
    bench.act(order, "pay")
    return order


def test_pending_confirmed_completed(bench: PhonePeBench) -> None:
    paid(bench)
    bench.hook()
    made = refund(bench)
    assert re.fullmatch(r"OMR\d{22}", made.pop("refundId"))
    assert made == {"amount": 10_000, "state": "PENDING"}
    states = [asked(bench)["state"]]
    for _ in range(2):
        bench.advance(2)
        states.append(asked(bench)["state"])
    assert states == ["PENDING", "CONFIRMED", "COMPLETED"]
    assert bench.told_events == ["pg.refund.accepted", "pg.refund.completed"]
    assert [body["payload"]["state"] for body in bench.told] == ["CONFIRMED", "COMPLETED"]
    assert {body["payload"]["merchantRefundId"] for body in bench.told} == {"R-1"}


def test_the_status_names_everything(bench: PhonePeBench) -> None:
    paid(bench)
    made = refund(bench)
    bench.advance(4)
    status = asked(bench)
    assert (status["merchantId"], status["merchantRefundId"]) == ("RASEEDUAT", "R-1")
    assert (status["originalMerchantOrderId"], status["amount"]) == ("DS-1", 10_000)
    [detail] = status["paymentDetails"]
    assert (detail["transactionId"], detail["state"]) == (made["refundId"], "COMPLETED")
    assert detail["splitInstruments"][0]["rail"]["type"] == "UPI"


def test_the_newer_shape(bench: PhonePeBench) -> None:
    bench.control("POST", "phonepe/settings", {"refund_shape": "flat"})
    paid(bench)
    made = refund(bench)
    bench.advance(4)
    status = asked(bench)
    assert (status["refundId"], status["state"], status["currency"]) == (made["refundId"], "COMPLETED", "INR")
    assert status["refundableAmount"] == 39_900
    assert not {"paymentDetails", "merchantRefundId"} & set(status)


def test_a_refund_that_fails_does_not_say_whose_it_is(bench: PhonePeBench) -> None:
    bench.control("POST", "phonepe/settings", {"refund_outcome": "failed"})
    paid(bench)
    bench.hook(events=["pg.refund.failed"])
    made = refund(bench)
    bench.advance(4)
    [told] = bench.told
    assert told["payload"]["refundId"] == made["refundId"]
    assert (told["payload"]["errorCode"], told["payload"]["detailedErrorCode"]) == ("INVALID_MPIN", "ZM")
    assert "merchantRefundId" not in told["payload"]
    assert refund(bench, "R-2", 49_900)["state"] == "PENDING"  # what failed is there to be refunded again


@pytest.mark.parametrize("outcome", ["pending", "confirmed"])
def test_a_refund_may_stay_where_it_is(bench: PhonePeBench, outcome: str) -> None:
    bench.control("POST", "phonepe/settings", {"refund_outcome": outcome})
    paid(bench)
    made = refund(bench)
    bench.advance(DAY)
    assert asked(bench)["state"] == outcome.upper()
    bench.control("POST", f"phonepe/refunds/{made['refundId']}/complete")
    assert asked(bench)["state"] == "COMPLETED"
    bench.control("POST", f"phonepe/refunds/{made['refundId']}/fail", status=409)


def test_slices_add_up_to_the_payment(bench: PhonePeBench) -> None:
    paid(bench)
    refund(bench, "R-1", 20_000)
    refund(bench, "R-2", 29_900)
    assert refund(bench, "R-3", 100, status=400)["code"] == "EXCESS_REFUND_AMOUNT"


def test_what_cannot_be_refunded(bench: PhonePeBench) -> None:
    assert refund(bench, status=400)["code"] == "ORIGINAL_TXN_NOT_FOUND"
    order = bench.order()
    assert refund(bench, status=400)["code"] == "REFUND_NOT_ALLOWED"
    bench.act(order, "pay")
    refund(bench)
    assert refund(bench, status=400)["code"] == "BAD_REQUEST"
    assert refund(bench, "R-9", 99, status=400)["code"] == "BAD_REQUEST"
    bench.advance(91 * DAY)
    assert refund(bench, "R-2", status=400)["code"] == "REFUND_FOR_TXN_OLDER_THAN_LIMIT"


def test_a_refund_nobody_knows(bench: PhonePeBench) -> None:
    assert bench.call("GET", "/payments/v2/refund/R-9/status").status_code == 400


def test_a_refund_from_the_dashboard(bench: PhonePeBench) -> None:
    order = paid(bench)
    bench.hook()
    bench.control("POST", f"checkouts/{order['orderId']}/refund", {"amount": 900})
    bench.advance(4)
    assert bench.told_events == ["pg.refund.accepted", "pg.refund.completed"]
    [row] = bench.control("GET", "phonepe/books")["refunds"]
    assert (row["amount"], row["state"], row["order"]) == (900, "COMPLETED", order["orderId"])
    assert asked(bench, row["reference"])["state"] == "COMPLETED"


def test_a_refund_may_be_called_like_its_order(bench: PhonePeBench) -> None:
    paid(bench)
    refund(bench, "DS-1")
    assert asked(bench, "DS-1")["amount"] == 10_000
    assert bench.status()["state"] == "COMPLETED"


def test_scenarios_decide_about_refunds(bench: PhonePeBench) -> None:
    paid(bench, "refund-fails")
    refund(bench)
    bench.advance(4)
    assert asked(bench)["state"] == "FAILED"


def test_a_refund_that_takes_a_day(bench: PhonePeBench) -> None:
    paid(bench, "refund-pending-1-day")
    refund(bench)
    bench.advance(DAY - 1)
    assert asked(bench)["state"] == "PENDING"
    bench.advance(3)
    assert asked(bench)["state"] == "COMPLETED"
