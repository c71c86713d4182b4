"""The payer's pages, driven as a browser without JavaScript would."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from tests.sandbox.bench import buttons
from tests.sandbox.phonepe.bench import BACK, FLOW, PhonePeBench

CREDIT = {"method": "CARD", "card_number": "4208 5851 9011 6667", "expiry": "06/27", "cvv": "508"}
DEBIT = {"method": "CARD", "card_number": "4242424242424242", "expiry": "12/2027", "cvv": "936"}
BANK = {"method": "NET_BANKING", "bank": "SBIN"}


def page_of(bench: PhonePeBench, reference: str = "DS-1", **changes: Any) -> str:
    return str(bench.order(reference, **changes)["redirectUrl"])


def chosen(bench: PhonePeBench, page: str, **form: str) -> None:
    """Choose a way to pay that needs a further page."""
    answer = bench.submit(page, **form)
    assert (answer.status_code, answer.headers["location"]) == (303, page)


def went_back(answer: httpx2.Response) -> bool:
    return (answer.status_code, answer.headers.get("location")) == (303, BACK)


def latest(bench: PhonePeBench) -> dict[str, Any]:
    return dict(bench.status()["paymentDetails"][0])


def test_the_checkout_says_what_is_paid_and_offers_every_way(bench: PhonePeBench) -> None:
    flow = {**FLOW, "message": "Puja <b>999</b>"}
    page = bench.page(page_of(bench, amount=123_456, paymentFlow=flow))
    assert page.status_code == 200
    assert "₹1,234.56" in page.text
    assert "Puja &lt;b&gt;999&lt;/b&gt;" in page.text
    assert "open for 20 minutes more" in page.text
    offered = re.findall(r'name="method" value="([^"]+)"', page.text)
    assert offered == ["UPI_INTENT", "UPI_COLLECT", "UPI_QR", "CARD", "NET_BANKING"]
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("config", "offered"),
    [
        ({"enabledPaymentModes": [{"type": "CARD"}, {"type": "UPI_QR"}]}, ["UPI_QR", "CARD"]),
        (
            {"disabledPaymentModes": [{"type": "CARD"}, {"type": "UPI_INTENT"}]},
            ["UPI_COLLECT", "UPI_QR", "CARD", "NET_BANKING"],  # a card without its kinds stays
        ),
        (
            {"disabledPaymentModes": [{"type": "CARD", "cardTypes": ["DEBIT_CARD", "CREDIT_CARD"]}]},
            ["UPI_INTENT", "UPI_COLLECT", "UPI_QR", "NET_BANKING"],
        ),
    ],
)
def test_the_order_says_what_is_offered(
    bench: PhonePeBench, config: dict[str, Any], offered: list[str]
) -> None:
    page = page_of(bench, paymentFlow={**FLOW, "paymentModeConfig": config})
    assert re.findall(r'name="method" value="([^"]+)"', bench.page(page).text) == offered
    for mode in {"UPI_INTENT", "UPI_COLLECT", "UPI_QR", "CARD", "NET_BANKING"} - set(offered):
        assert bench.submit(page, method=mode, vpa="success@ybl").status_code == 400


def test_one_kind_of_card_only(bench: PhonePeBench) -> None:
    config = {"enabledPaymentModes": [{"type": "CARD", "cardTypes": ["DEBIT_CARD"]}]}
    page = page_of(bench, paymentFlow={**FLOW, "paymentModeConfig": config})
    assert "takes no credit card" in bench.submit(page, **CREDIT).text
    chosen(bench, page, **DEBIT)


@pytest.mark.parametrize(
    ("form", "headline", "first"),
    [
        ({"method": "UPI_INTENT"}, "Agree in your UPI app", {}),
        ({"method": "UPI_COLLECT", "vpa": "Ravi@okaxis"}, "sent to ravi@okaxis", {}),
        ({"method": "UPI_QR"}, "Scan to pay", {}),
        (CREDIT, "Confirm at your bank", {"otp": "123456"}),
        (BANK, "State Bank of India", {"user": "test", "password": "test"}),
    ],
)
def test_every_way_has_its_page_and_three_ends(
    bench: PhonePeBench, form: dict[str, str], headline: str, first: dict[str, str]
) -> None:
    page = page_of(bench)
    chosen(bench, page, **form)
    shown = bench.page(page)
    assert headline in shown.text
    assert [value for _, value in buttons(shown.text)][:4] == ["success", "failure", "pending", "back"]
    chosen(bench, page, action="failure")
    assert "You can try again" in bench.page(page).text
    assert bench.status()["state"] == "PENDING"
    chosen(bench, page, **form)
    assert went_back(bench.submit(page, action="success", **first))
    assert (bench.status()["state"], latest(bench)["paymentMode"]) == ("COMPLETED", form["method"])
    over = bench.page(page).text
    assert "This payment is made." in over
    assert f'href="{BACK}"' in over


def test_pending_goes_back_and_waits_for_the_bank(bench: PhonePeBench) -> None:
    page = page_of(bench)
    chosen(bench, page, method="UPI_INTENT")
    assert went_back(bench.submit(page, action="pending"))
    assert bench.status()["state"] == latest(bench)["state"] == "PENDING"
    assert "still busy" in bench.page(page).text
    assert bench.submit(page, method="UPI_COLLECT", vpa="success@ybl").status_code == 200
    assert bench.status()["state"] == "PENDING"


@pytest.mark.parametrize(
    ("vpa", "state"), [("success@ybl", "COMPLETED"), ("failed@ybl", "FAILED"), ("pending@ybl", "PENDING")]
)
def test_the_test_addresses_decide_at_once(bench: PhonePeBench, vpa: str, state: str) -> None:
    assert went_back(bench.submit(page_of(bench), method="UPI_COLLECT", vpa=vpa))
    assert bench.status()["state"] == state


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"method": "CASH"},
        {"method": "UPI_COLLECT"},
        {"method": "UPI_COLLECT", "vpa": "nobody"},
        {**CREDIT, "card_number": "4111111111111111"},
        {"method": "NET_BANKING", "bank": "XXXX"},
        {"action": "success"},
    ],
)
def test_a_choice_that_is_none(bench: PhonePeBench, form: dict[str, str]) -> None:
    page = page_of(bench)
    answer = bench.submit(page, **form)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert bench.status()["paymentDetails"] == []


@pytest.mark.parametrize("wrong", [{"cvv": "999"}, {"expiry": "01/30"}, {"expiry": ""}])
def test_a_card_with_the_wrong_date_or_code(bench: PhonePeBench, wrong: dict[str, str]) -> None:
    page = page_of(bench)
    chosen(bench, page, **(CREDIT | wrong))
    assert latest(bench)["detailedErrorCode"] == "INVALID_CVV_EXPIRY"
    assert "You can try again" in bench.page(page).text


@pytest.mark.parametrize(("form", "wrong"), [(CREDIT, {"otp": "1"}), (BANK, {"user": "test"})])
def test_three_wrong_passwords_fail_the_attempt(
    bench: PhonePeBench, form: dict[str, str], wrong: dict[str, str]
) -> None:
    page = page_of(bench)
    chosen(bench, page, **form)
    for _ in range(2):
        answer = bench.submit(page, action="success", **wrong)
        assert (answer.status_code, "does not know" in answer.text) == (400, True)
    chosen(bench, page, action="success", **wrong)
    assert latest(bench)["detailedErrorCode"] == "WRONG_PIN"


def test_a_failure_of_ones_choice(bench: PhonePeBench) -> None:
    page = page_of(bench)
    chosen(bench, page, method="UPI_INTENT")
    assert bench.submit(page, action="failure", code="NONSENSE").status_code == 400
    chosen(bench, page, action="failure", code="Z9")
    assert latest(bench)["errorCode"] == "INSUFFICIENT_BALANCE"


def test_another_way_is_no_failure_to_a_payer(bench: PhonePeBench) -> None:
    page = page_of(bench)
    chosen(bench, page, method="UPI_QR")
    chosen(bench, page, action="back")
    assert 'role="alert"' not in bench.page(page).text
    assert latest(bench)["detailedErrorCode"] == "REQUEST_CANCEL_BY_REQUESTER"


def test_without_retries_a_failure_goes_back(bench: PhonePeBench) -> None:
    page = page_of(bench, disablePaymentRetry=True)
    chosen(bench, page, method="UPI_INTENT")
    assert went_back(bench.submit(page, action="failure"))
    assert bench.status()["state"] == "FAILED"


def test_a_payer_who_gives_up(bench: PhonePeBench) -> None:
    page = page_of(bench)
    assert went_back(bench.submit(page, action="cancel"))
    assert bench.status(errorContext="true")["errorContext"]["detailedErrorCode"] == "ORDER_CANCELLED_BY_USER"
    assert "This payment failed." in bench.page(page).text


def test_a_payer_who_is_too_late(bench: PhonePeBench) -> None:
    page = page_of(bench)
    bench.advance(1200)
    assert "The time to pay is over." in bench.page(page).text
    bench.submit(page, method="UPI_COLLECT", vpa="success@ybl")
    assert bench.status()["state"] == "FAILED"


def test_an_order_without_a_way_back_says_so_on_the_page(bench: PhonePeBench) -> None:
    page = page_of(bench, paymentFlow={"type": "PG_CHECKOUT"})
    done = bench.submit(page, method="UPI_COLLECT", vpa="success@ybl")
    assert (done.status_code, "This payment is made." in done.text) == (200, True)


@pytest.mark.parametrize("path", ["uat_v2?token=nobody", "uat_v2", "elsewhere?token="])
def test_a_page_nobody_was_sent_to(bench: PhonePeBench, path: str) -> None:
    missing = bench.page(f"/phonepe/transact/{path}")
    assert (missing.status_code, "There is no such payment." in missing.text) == (404, True)


def test_other_methods_and_other_bodies(bench: PhonePeBench) -> None:
    page = page_of(bench)
    assert bench.run(bench.client.put(page)).status_code == 405
    assert (
        bench.run(bench.client.post(page, content=b"\xff", headers={"content-type": "x"})).status_code == 400
    )


def test_a_card_is_never_written_down(bench: PhonePeBench) -> None:
    bench.submit(page_of(bench), **CREDIT)
    log = bench.control("GET", "log")
    assert "4208" not in str(log)
    assert "508" not in [e["body"] for e in log["entries"] if e["kind"] == "request"][-1]
