"""Version 2: token, pay, order status, expiry."""

from __future__ import annotations

import pytest

from tests.sandbox.bench import START
from tests.sandbox.phonepe.bench import FLOW, PhonePeBench

CHECK_INPUTS = "Please check the inputs you have provided."


def test_a_token_says_when_it_ends_in_seconds_and_is_no_bearer(bench: PhonePeBench) -> None:
    token = bench.token().json()
    assert token["token_type"] == "O-Bearer"
    assert (token["issued_at"], token["expires_at"]) == (START, START + 7200)
    assert token["expires_in"] is None


@pytest.mark.parametrize("name", ["client_id", "client_version", "client_secret", "grant_type"])
def test_a_token_needs_every_field(bench: PhonePeBench, name: str) -> None:
    answer = bench.token(**{name: ""})
    assert answer.status_code == 400
    assert answer.json() == {
        "success": False,
        "code": "BAD_REQUEST",
        "message": f"form field {name} must not be blank.",
        "data": {},
    }


def test_a_client_that_is_stated_needs_its_own_secret(bench: PhonePeBench) -> None:
    bench.control("POST", "phonepe/settings", {"clients": {"SHOP_UAT": "right"}})
    assert bench.token(client_secret="right").status_code == 200
    refused = bench.token()
    assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_CLIENT")
    assert refused.json()["errorCode"] == "OIM000"


@pytest.mark.parametrize("scheme", ["Bearer", "o-bearer", ""])
def test_a_call_needs_o_bearer(bench: PhonePeBench, scheme: str) -> None:
    token = bench.token().json()["access_token"]
    answer = bench.paying()
    assert answer.status_code == 200
    refused = bench.call(
        "GET", "/checkout/v2/order/DS-1/status", headers={"Authorization": f"{scheme} {token}"}
    )
    assert (refused.status_code, refused.json()) == (401, {"success": False, "code": "401"})


def test_a_token_ends_by_the_clock_or_by_wish(bench: PhonePeBench) -> None:
    bench.order()
    ended = {"Authorization": f"O-Bearer {bench.token().json()['access_token']}"}
    bench.advance(7200)
    assert bench.call("GET", "/checkout/v2/order/DS-1/status", headers=ended).status_code == 401
    assert bench.call("GET", "/checkout/v2/order/DS-1/status").status_code == 200
    assert bench.control("DELETE", "phonepe/tokens") == {"revoked": 3}
    assert bench.call("GET", "/checkout/v2/order/DS-1/status").status_code == 401


def test_an_order_is_pending_and_open_for_twenty_minutes(bench: PhonePeBench) -> None:
    order = bench.order()
    assert order["orderId"].startswith("OMO260101053000000")  # the time in India
    assert len(order["orderId"]) == 25
    assert (order["state"], order["expireAt"]) == ("PENDING", (START + 1200) * 1000)
    assert order["redirectUrl"].startswith("http://127.0.0.1:8900/phonepe/transact/uat_v2?token=")
    assert bench.status() == {
        "orderId": order["orderId"],
        "state": "PENDING",
        "amount": 49_900,
        "expireAt": order["expireAt"],
        "paymentDetails": [],
    }


def test_null_is_the_same_as_nothing(bench: PhonePeBench) -> None:
    """As the official Python client sends it."""
    flow = {**FLOW, "message": None, "paymentModeConfig": None}
    nothing = {"metaInfo": None, "expireAfter": None, "disablePaymentRetry": None}
    assert bench.order(paymentFlow=flow, **nothing)["expireAt"] == (START + 1200) * 1000


def test_what_is_stated_comes_back(bench: PhonePeBench) -> None:
    order = bench.order(expireAfter=300, metaInfo={"udf1": "cart-77 ₹", "udf15": "a_b-c+d@e.f"})
    assert order["expireAt"] == (START + 300) * 1000
    assert bench.status()["metaInfo"] == {"udf1": "cart-77 ₹", "udf15": "a_b-c+d@e.f"}


@pytest.mark.parametrize(
    "changes",
    [
        {"merchantOrderId": ""},
        {"merchantOrderId": "x" * 64},
        {"merchantOrderId": "a b"},
        {"merchantOrderId": 7},
        {"amount": 99},
        {"amount": "49900"},
        {"amount": 499.0},
        {"amount": True},
        {"amount": None},
        {"expireAfter": 299},
        {"expireAfter": 3601},
        {"metaInfo": {"udf16": "x"}},
        {"metaInfo": {"udf1": "x" * 257}},
        {"metaInfo": {"udf11": "no/slash"}},
        {"metaInfo": ["udf1"]},
        {"paymentFlow": None},
        {"paymentFlow": {"type": "PG"}},
        {"paymentFlow": {**FLOW, "merchantUrls": {"redirectUrl": "shop.test"}}},
        {
            "paymentFlow": {
                **FLOW,
                "paymentModeConfig": {"enabledPaymentModes": [], "disabledPaymentModes": []},
            }
        },
        {"paymentFlow": {**FLOW, "paymentModeConfig": {"enabledPaymentModes": [{"type": "CASH"}]}}},
        {"paymentFlow": {**FLOW, "paymentModeConfig": {"enabledPaymentModes": []}}},
        {"disablePaymentRetry": "yes"},
    ],
)
def test_every_wrong_input_is_the_same_refusal(bench: PhonePeBench, changes: dict[str, object]) -> None:
    answer = bench.paying(**changes)
    assert answer.status_code == 400
    body = answer.json()
    assert (body["code"], body["message"]) == ("BAD_REQUEST", CHECK_INPUTS)
    name = next(iter(changes))
    said = body["context"]["sandbox"]
    assert name in said or name == "paymentFlow"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(bench: PhonePeBench, body: bytes) -> None:
    assert bench.call("POST", "/checkout/v2/pay", content=body).status_code == 400


def test_a_used_merchant_order_id_is_refused_like_a_bad_field(bench: PhonePeBench) -> None:
    bench.order()
    again = bench.paying()
    assert (again.status_code, again.json()["message"]) == (400, CHECK_INPUTS)


def test_a_used_merchant_order_id_may_give_the_same_order(bench: PhonePeBench) -> None:
    bench.control("POST", "phonepe/settings", {"reused_order": "same"})
    order = bench.order()
    assert bench.order() == order
    assert bench.paying(amount=50_000).status_code == 400
    bench.act(order, "decline")
    assert bench.paying().status_code == 400


def test_an_order_nobody_knows(bench: PhonePeBench) -> None:
    answer = bench.call("GET", "/checkout/v2/order/DS-9/status")
    assert answer.status_code == 400
    assert answer.json() == {
        "success": False,
        "code": "MERCHANT_ORDER_MAPPING_NOT_FOUND",
        "message": "No entry found for DS-9",
        "data": {},
    }


def test_a_paid_order_shows_how_it_was_paid(bench: PhonePeBench) -> None:
    order = bench.order()
    bench.act(order, "pay")
    status = bench.status()
    assert (status["state"], status["payableAmount"], status["feeAmount"]) == ("COMPLETED", 49_900, 0)
    [paid] = status["paymentDetails"]
    assert (paid["paymentMode"], paid["state"], paid["amount"]) == ("UPI_INTENT", "COMPLETED", 49_900)
    assert paid["transactionId"].startswith("OM26")
    assert (paid["rail"]["type"], paid["rail"]["vpa"]) == ("UPI", "98****10@ybl")
    assert paid["instrument"]["type"] == "ACCOUNT"
    assert paid["splitInstruments"] == [
        {"rail": paid["rail"], "instrument": paid["instrument"], "amount": 49_900}
    ]


@pytest.mark.parametrize("details", ["true", "True"])
def test_details_shows_every_attempt(bench: PhonePeBench, details: str) -> None:
    order = bench.order()
    bench.act(order, "decline", code="Z9")
    bench.act(order, "pay", mode="CARD")
    told = bench.status(details=details)["paymentDetails"]
    assert [(row["paymentMode"], row["state"]) for row in told] == [
        ("UPI_INTENT", "FAILED"),
        ("CARD", "COMPLETED"),
    ]
    assert (told[0]["errorCode"], told[0]["detailedErrorCode"]) == ("INSUFFICIENT_BALANCE", "Z9")
    assert (told[1]["rail"]["type"], told[1]["instrument"]["type"]) == ("PG", "CREDIT_CARD")
    assert [row["paymentMode"] for row in bench.status(details="False")["paymentDetails"]] == ["CARD"]
    assert [row["paymentMode"] for row in bench.status()["paymentDetails"]] == ["CARD"]


def test_a_failed_attempt_fails_no_order(bench: PhonePeBench) -> None:
    bench.act(bench.order(), "decline")
    status = bench.status(errorContext="true")
    assert status["state"] == "PENDING"
    assert "errorCode" not in status
    assert "errorContext" not in status


def test_without_retries_the_first_failure_is_the_last(bench: PhonePeBench) -> None:
    bench.act(bench.order(disablePaymentRetry=True), "decline")
    status = bench.status(errorContext="True")
    assert (status["state"], status["errorCode"], status["detailedErrorCode"]) == (
        "FAILED",
        "INVALID_MPIN",
        "ZM",
    )
    context = status["errorContext"]
    assert (context["source"], context["stage"]) == ("CUSTOMER", "AUTHENTICATION")
    assert "errorContext" not in bench.status()


def test_an_order_that_nobody_pays_ends(bench: PhonePeBench) -> None:
    bench.hook()
    bench.order(expireAfter=300)
    bench.advance(299)
    assert bench.status()["state"] == "PENDING"
    bench.advance(1)
    status = bench.status()
    assert (status["state"], status["errorCode"]) == ("FAILED", "TXN_NOT_COMPLETED")
    assert status["detailedErrorCode"] == "ORDER_EXPIRED"
    assert bench.told_events == ["checkout.order.failed"]


def test_what_waits_for_its_bank_outlives_the_order(bench: PhonePeBench) -> None:
    order = bench.order()
    bench.act(order, "agree")
    bench.advance(5400)
    assert bench.status()["state"] == "PENDING"
    bench.act(order, "pay")
    assert bench.status()["state"] == "COMPLETED"


def test_what_fails_after_the_order_ran_out_fails_the_order(bench: PhonePeBench) -> None:
    order = bench.order()
    bench.act(order, "agree")
    bench.advance(5400)
    bench.act(order, "decline", code="U90")
    assert bench.status()["detailedErrorCode"] == "U90"
    bench.control("POST", f"phonepe/orders/{order['orderId']}/pay", status=409)


def test_a_transaction_can_be_asked_about(bench: PhonePeBench) -> None:
    order = bench.order()
    bench.act(order, "decline")
    bench.act(order, "pay")
    first, second = bench.status(details="true")["paymentDetails"]
    shown = bench.call("GET", f"/checkout/v2/transaction/{first['transactionId']}/status").json()
    assert (shown["orderId"], shown["paymentDetails"]) == (order["orderId"], [first])
    assert second["transactionId"] != first["transactionId"]
    assert bench.call("GET", "/checkout/v2/transaction/OM1/status").status_code == 400


def test_mobile_kits_get_a_token_in_place_of_an_address(bench: PhonePeBench) -> None:
    body = {"merchantOrderId": "DS-1", "amount": 100, "paymentFlow": {"type": "PG_CHECKOUT"}}
    made = bench.call("POST", "/checkout/v2/sdk/order", body).json()
    assert set(made) == {"orderId", "state", "expireAt", "token"}
    assert bench.page(f"/phonepe/transact/uat_v2?token={made['token']}").status_code == 200


@pytest.mark.parametrize("prefix", ["/apis/pg-sandbox", "/apis/pg", "/apis/identity-manager"])
def test_a_client_may_keep_phonepes_own_paths(bench: PhonePeBench, prefix: str) -> None:
    bench.order()
    assert bench.call("GET", f"{prefix}/checkout/v2/order/DS-1/status").status_code == 200
    assert bench.call("POST", f"{prefix}/checkout/v2/nothing", {}).status_code == 404
