"""Version 1: base64, X-VERIFY, status, callback, the way back, refunds."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterator

import pytest

from tests.sandbox.bench import HOOK
from tests.sandbox.phonepe.bench import BACK
from tests.sandbox.phonepe.older import MERCHANT, SALT, OlderBench, x_verify

STATUS = f"/pg/v1/status/{MERCHANT}/DS-1001-a1"


@pytest.fixture
def bench() -> Iterator[OlderBench]:
    bench = OlderBench()
    yield bench
    bench.close()


def test_a_recorded_request_is_taken(bench: OlderBench) -> None:
    """A request and its X-VERIFY, both written down before this sandbox was."""
    text = (
        "eyJtZXJjaGFudElkIjoiREVNT1NIT1BVQVQiLCJtZXJjaGFudFRyYW5zYWN0aW9uSWQiOiJEUy0xMDAxLWExIiwibWVyY2hhbnRVc2VySWQ"
        "iOiJVLTQyIiwiYW1vdW50Ijo0OTkwMCwicmVkaXJlY3RVcmwiOiJodHRwczovL3Nob3AuZXhhbXBsZS9wYXkvcmV0dXJuIiwicmVkaXJlY3"
        "RNb2RlIjoiUE9TVCIsImNhbGxiYWNrVXJsIjoiaHR0cHM6Ly9zaG9wLmV4YW1wbGUvcGF5L3Bob25lcGUvY2FsbGJhY2siLCJtb2JpbGVOd"
        "W1iZXIiOiI5OTk5OTk5OTk5IiwicGF5bWVudEluc3RydW1lbnQiOnsidHlwZSI6IlBBWV9QQUdFIn19"
    )
    header = "a5fd47fed916f2b88814d3f199adf12434b6e1d99c0f6f6a28de6c397db7c3aa###1"
    call = bench.client.post("/phonepe/pg/v1/pay", json={"request": text}, headers={"X-VERIFY": header})
    answer = bench.run(call).json()
    assert (answer["success"], answer["code"]) == (True, "PAYMENT_INITIATED")
    data = answer["data"]
    assert (data["merchantId"], data["merchantTransactionId"]) == (MERCHANT, "DS-1001-a1")
    assert data["instrumentResponse"]["type"] == "PAY_PAGE"
    assert data["instrumentResponse"]["redirectInfo"]["method"] == "GET"
    status = bench.asked(header="4ea384a6c7f7eb99ec834d5ab9a27e323c206662ed3e2db0d206fa1bacad8f29###1")
    assert status.json()["code"] == "PAYMENT_PENDING"


def test_a_pending_payment(bench: OlderBench) -> None:
    bench.page_of()
    status = bench.asked().json()
    data = status["data"]
    assert (status["success"], status["code"], data["state"]) == (True, "PAYMENT_PENDING", "PENDING")
    assert (data["merchantTransactionId"], data["amount"]) == ("DS-1001-a1", 49_900)
    assert re.fullmatch(r"T\d{22}", data["transactionId"])
    assert data["paymentInstrument"] is None


@pytest.mark.parametrize(
    ("mode", "instrument"), [("UPI_QR", "UPI"), ("CARD", "CARD"), ("NET_BANKING", "NETBANKING")]
)
def test_a_paid_payment_is_told_as_the_status_says(bench: OlderBench, mode: str, instrument: str) -> None:
    bench.page_of()
    bench.did("pay", mode=mode)
    status = bench.asked().json()
    assert (status["code"], status["data"]["state"]) == ("PAYMENT_SUCCESS", "COMPLETED")
    assert status["data"]["responseCode"] == "SUCCESS"
    assert status["data"]["paymentInstrument"]["type"] == instrument
    assert bench.callbacks == [status]


def test_only_an_end_is_told(bench: OlderBench) -> None:
    bench.page_of()
    bench.did("decline")
    assert bench.callbacks == []
    bench.did("cancel")
    [told] = bench.callbacks
    assert (told["success"], told["code"], told["data"]["state"]) == (False, "PAYMENT_ERROR", "FAILED")
    assert told["data"]["responseCode"] == "ORDER_CANCELLED_BY_USER"


def test_what_nobody_pays_times_out(bench: OlderBench) -> None:
    bench.page_of()
    bench.advance(1200)
    assert [told["data"]["responseCode"] for told in bench.callbacks] == ["TIMED_OUT"]


def test_without_a_callback_url_nobody_is_told(bench: OlderBench) -> None:
    bench.page_of(callbackUrl=None)
    bench.did("pay")
    assert bench.callbacks == []


@pytest.mark.parametrize(
    "header", ["0" * 64 + "###1", x_verify(STATUS, index="2"), x_verify(STATUS, "other"), "###1", "x"]
)
def test_a_wrong_signature(bench: OlderBench, header: str) -> None:
    bench.page_of()
    refused = bench.asked(header=header)
    assert (refused.status_code, refused.json()) == (401, {"code": "401"})
    assert bench.pay("DS-2", redirectMode="POST").status_code == 200
    assert bench.send("/pg/v1/pay", {"merchantId": MERCHANT}, header).status_code == 401


def test_a_merchant_nobody_knows(bench: OlderBench) -> None:
    assert bench.pay(merchantId="NOBODY").json()["code"] == "KEY_NOT_CONFIGURED"


def test_phonepes_public_merchant_is_known(bench: OlderBench) -> None:
    path, salt = "/pg/v1/status/PGTESTPAYUAT/X-1", "099eb0cd-02cf-4e2a-8aca-3e6c6aff0399"
    headers = {"X-VERIFY": x_verify(path, salt), "X-MERCHANT-ID": "PGTESTPAYUAT"}
    answer = bench.run(bench.client.get(f"/phonepe/apis/hermes{path}", headers=headers))
    assert (answer.status_code, answer.json()["code"]) == (404, "TRANSACTION_NOT_FOUND")


def test_the_status_needs_the_merchant_in_a_header(bench: OlderBench) -> None:
    bench.page_of()
    refused = bench.asked(**{"X-MERCHANT-ID": "OTHER"})
    assert (refused.status_code, refused.json()["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "changes",
    [
        {"merchantTransactionId": "a b"},
        {"merchantTransactionId": "x" * 39},
        {"amount": 99},
        {"amount": 499.5},
        {"merchantUserId": None},
        {"redirectMode": "PUT"},
        {"redirectUrl": "shop"},
        {"callbackUrl": 7},
        {"paymentInstrument": {"type": "UPI_QR"}},
        {"paymentInstrument": None},
    ],
)
def test_a_wrong_input(bench: OlderBench, changes: dict[str, object]) -> None:
    refused = bench.pay(**changes)
    assert (refused.status_code, refused.json()["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("request_", ["", "not base64!", "e30", "W10=", 7, None])
def test_a_body_that_does_not_unwrap(bench: OlderBench, request_: object) -> None:
    text = str(request_ or "")
    headers = {"X-VERIFY": x_verify(f"{text}/pg/v1/pay")}
    answer = bench.run(bench.client.post("/phonepe/pg/v1/pay", json={"request": request_}, headers=headers))
    assert answer.status_code == 400


def test_a_used_transaction_id(bench: OlderBench) -> None:
    bench.page_of()
    assert bench.pay().json()["code"] == "INVALID_TRANSACTION_ID"


# -- the way back ------------------------------------------------------------------------------------------


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Where a page's form goes, and its hidden fields."""
    action = re.search(r'<form method="post" action="([^"]+)"', page)
    assert action
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return html.unescape(action[1]), {name: html.unescape(value) for name, value in fields}


def test_the_browser_posts_a_signed_form(bench: OlderBench) -> None:
    page = bench.page_of()
    done = bench.submit(page, method="UPI_COLLECT", vpa="success@ybl")
    action, fields = form_of(done.text)
    assert action == BACK
    reference = bench.asked().json()["data"]["transactionId"]
    assert list(fields)[:5] == ["code", "merchantId", "transactionId", "amount", "providerReferenceId"]
    assert list(fields.values())[:5] == ["PAYMENT_SUCCESS", MERCHANT, "DS-1001-a1", "49900", reference]
    signed = "".join(list(fields.values())[:5]) + SALT
    assert fields["checksum"] == hashlib.sha256(signed.encode()).hexdigest() + "###1"
    assert form_of(bench.page(page).text) == (action, fields)


@pytest.mark.parametrize("mode", ["REDIRECT", "GET", None])
def test_the_browser_is_redirected(bench: OlderBench, mode: str | None) -> None:
    done = bench.submit(bench.page_of(redirectMode=mode), method="UPI_COLLECT", vpa="success@ybl")
    assert (done.status_code, done.headers["location"]) == (303, BACK)


def test_the_checksum_is_phonepes() -> None:
    from raseed.sandbox.phonepe.signing import form_checksum

    values = ("PAYMENT_SUCCESS", MERCHANT, "DS-1001-a1", "49900", "T2511201030154440000101")
    fields = dict(zip("abcde", values, strict=True))
    assert form_checksum(fields, SALT, "1") == (
        "2a3ea240813cac20414ca3174873f3a989ce615b25ce7f748a6529a3d8757320###1"
    )


# -- refunds -----------------------------------------------------------------------------------------------


def test_a_refund_is_pending_and_then_told(bench: OlderBench) -> None:
    bench.page_of()
    bench.did("pay")
    assert [told["code"] for told in bench.callbacks] == ["PAYMENT_SUCCESS"]
    made = bench.refund().json()
    assert (made["success"], made["code"], made["data"]["state"]) == (True, "PAYMENT_PENDING", "PENDING")
    assert (made["data"]["merchantTransactionId"], made["data"]["amount"]) == ("DS-R-2001", 10_000)
    assert re.fullmatch(r"TR\d{22}", made["data"]["transactionId"])
    assert "paymentInstrument" not in made["data"]
    bench.advance(3)
    assert bench.asked("DS-R-2001").json()["code"] == "PAYMENT_PENDING"
    bench.advance(3)
    status = bench.asked("DS-R-2001").json()
    assert (status["code"], status["data"]["state"]) == ("PAYMENT_SUCCESS", "COMPLETED")
    assert bench.callbacks[1:] == [status]


def test_more_than_was_paid_is_a_payment_error(bench: OlderBench) -> None:
    bench.page_of()
    bench.did("pay")
    bench.refund(amount=49_900)
    again = bench.refund("DS-R-2002").json()
    assert (again["success"], again["code"]) == (False, "PAYMENT_ERROR")
    assert again["data"]["responseCode"] == "EXCESS_REFUND_AMOUNT"


def test_refunds_of_nothing_and_under_a_used_name(bench: OlderBench) -> None:
    assert bench.refund().json()["code"] == "TRANSACTION_NOT_FOUND"
    bench.page_of()
    assert bench.refund().json()["data"]["responseCode"] == "REFUND_NOT_ALLOWED"
    bench.did("pay")
    assert bench.refund("DS-1001-a1").json()["code"] == "INVALID_TRANSACTION_ID"


# -- scenarios reach inside --------------------------------------------------------------------------------


def test_scenarios_look_into_what_is_wrapped(bench: OlderBench) -> None:
    bench.page_of("DS-sandbox-1", merchantUserId="U-42", redirectUrl=f"{BACK}&about=sandbox:no-webhook")
    bench.did("pay")
    assert bench.callbacks == []
    bench.page_of("DS-2", amount=7_770_022)
    assert bench.control("GET", "checkouts")["checkouts"][-1]["scenarios"] == ["duplicate-3"]
    bench.did("pay")
    assert [told["data"]["amount"] for told in bench.callbacks] == [7_770_022] * 3


def test_a_wrong_amount_is_signed_like_a_right_one(bench: OlderBench) -> None:
    bench.page_of(scenario="wrong-amount-low")
    bench.did("pay")
    assert [told["data"]["amount"] for told in bench.callbacks] == [24_950]
    assert bench.asked().json()["data"]["amount"] == 24_950


def test_faults_match_a_reference_that_is_wrapped(bench: OlderBench) -> None:
    bench.control("POST", "faults", {"on": "delivery", "fault": "lose", "match": {"reference": "DS-2"}})
    for reference in ("DS-1", "DS-2"):
        bench.page_of(reference)
        bench.did("pay")
    assert [told["data"]["merchantTransactionId"] for told in bench.callbacks] == ["DS-1"]


def test_bad_signatures_by_wish(bench: OlderBench) -> None:
    bench.page_of(scenario="invalid-then-genuine")
    bench.shop.always = 401
    bench.did("pay")
    bench.flush()
    bench.shop.always = 200
    bench.advance(10)
    first, second = [request.headers["X-VERIFY"] for request in bench.shop.seen]
    text = json.loads(bench.shop.seen[0].content)["response"]
    assert second == x_verify(text) != first
    assert bench.control("GET", "deliveries")["deliveries"][0]["url"] == HOOK
