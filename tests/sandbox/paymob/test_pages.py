"""The payer's pages, driven as a browser without JavaScript would."""

from __future__ import annotations

import pytest

from tests.sandbox.bench import buttons
from tests.sandbox.paymob.bench import BACK, CARD, CASH, GOOD, KIOSK, WALLET, PaymobBench

OTP = {"card_number": "5123450000000008"}


def ended(bench: PaymobBench) -> tuple[bool, bool, str | None]:
    found = bench.newest()
    return found["success"], found["pending"], found["data"]["txn_response_code"]


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({}, (True, False, "APPROVED")),
        ({"card_number": "4111111111111111"}, (True, False, "APPROVED")),
        (
            {"card_number": "0000 0000 0000 0000", "card_expiry_mm": "12", "card_expiry_yy": "2025"},
            (True, False, "APPROVED"),
        ),
        (
            {"card_number": "0000000000001111", "card_expiry_mm": "12", "card_expiry_yy": "25"},
            (False, False, "DECLINED"),
        ),
        ({"card_cvn": "999"}, (False, False, "INVALID_CSC")),
        ({"card_expiry_yy": "24"}, (False, False, "EXPIRED_CARD")),
        ({"card_holdername": "insufficient funds"}, (False, False, "INSUFFICIENT_FUNDS")),
        ({"card_holdername": "Timed out"}, (False, False, "TIMED_OUT")),
        ({"card_holdername": "ERROR"}, (False, False, None)),
    ],
)
def test_the_test_cards_whatever_todays_date_is(
    bench: PaymobBench, changes: dict[str, str], end: tuple[bool, bool, str | None]
) -> None:
    bench.advance(20 * 365 * 86_400)
    query = bench.pays(bench.intention(), **changes)
    assert ended(bench) == end
    assert query["success"] == str(end[0]).lower()
    assert query["error_occured"] == str(end[2] is None).lower()
    assert ("data.message" in query) is (end[2] is not None)


@pytest.mark.parametrize("number", ["5123450000000008", "0000000000002222"])
def test_a_card_that_asks_for_a_password(bench: PaymobBench, number: str) -> None:
    made = bench.intention()
    asked = bench.submit(bench.checkout(made), **(GOOD | {"card_number": number}))
    page = asked.headers["location"]
    shown = bench.page(page)
    assert f"ending in <bdi>{number[-4:]}" in shown.text
    assert [value for _, value in buttons(shown.text)] == ["confirm", "decline", "pend", "decline"]
    assert bench.newest()["pending"] is True
    assert "does not know" in bench.submit(page, action="confirm", otp="9").text
    query = bench.back(bench.submit(page, action="confirm", otp="1234"))
    assert (query["success"], query["is_3d_secure"], query["source_data.pan"]) == (
        "true",
        "true",
        number[-4:],
    )
    assert "is made" in bench.page(page).text


def test_three_wrong_passwords(bench: PaymobBench) -> None:
    page = bench.submit(bench.checkout(bench.intention()), **(GOOD | OTP)).headers["location"]
    for _ in range(2):
        assert bench.submit(page, action="confirm", otp="9").status_code == 400
    assert bench.back(bench.submit(page, action="confirm", otp="9"))["success"] == "false"
    assert ended(bench) == (False, False, "AUTHENTICATION_FAILED")


def test_failing_then_trying_again_on_one_order(bench: PaymobBench) -> None:
    made = bench.intention()
    page = bench.submit(bench.checkout(made), **(GOOD | OTP)).headers["location"]
    bench.back(bench.submit(page, action="decline"))
    bench.pays(made)
    first, second = bench.told_objs
    assert (first["success"], second["success"]) == (False, True)
    assert first["order"]["id"] == second["order"]["id"] == made["intention_order_id"]


def test_left_to_the_bank(bench: PaymobBench) -> None:
    made = bench.intention()
    page = bench.submit(bench.checkout(made), **(GOOD | OTP)).headers["location"]
    query = bench.back(bench.submit(page, action="pend"))
    assert (query["pending"], query["success"]) == ("true", "false")
    assert "not settled yet" in bench.page(page).text
    assert bench.told == []
    bench.act(made, "decline", code="TIMED_OUT")
    assert ended(bench) == (False, False, "TIMED_OUT")


def test_a_failure_of_ones_choice(bench: PaymobBench) -> None:
    page = bench.submit(bench.checkout(bench.intention()), **(GOOD | OTP)).headers["location"]
    assert bench.submit(page, action="decline", code="NONSENSE").status_code == 400
    bench.back(bench.submit(page, action="decline", code="INSUFFICIENT_FUNDS"))
    assert ended(bench)[2] == "INSUFFICIENT_FUNDS"


def test_a_wallet_on_the_unified_checkout(bench: PaymobBench) -> None:
    made = bench.intention(payment_methods=[CARD, WALLET])
    assert bench.submit(bench.checkout(made), method=str(WALLET), wallet="x").status_code == 400
    page = bench.submit(bench.checkout(made), method=str(WALLET), wallet="01010101010").headers["location"]
    assert "01010101010" in bench.page(page).text
    query = bench.back(bench.submit(page, action="confirm", mpin="123456", otp="123456"))
    assert (query["source_data.type"], query["success"]) == ("wallet", "true")


def test_a_kiosk_and_cash(bench: PaymobBench) -> None:
    made = bench.intention(payment_methods=[KIOSK, CASH])
    page = bench.submit(bench.checkout(made), method=str(KIOSK)).headers["location"]
    shown = bench.page(page).text
    bill = bench.newest()["data"]["bill_reference"]
    assert str(bill) in shown
    assert f'href="{BACK}&amp;id=' in shown
    assert bench.submit(page, action="confirm").status_code == 200
    assert ended(bench)[:2] == (False, True)
    other = bench.intention("inv-2", payment_methods=[CASH])
    assert bench.back(bench.submit(bench.checkout(other), method=str(CASH)))["pending"] == "true"


@pytest.mark.parametrize(
    "form", [{}, {"method": "1"}, {"method": "card:none"}, GOOD | {"card_number": "4242424242424242"}]
)
def test_a_choice_that_is_none(bench: PaymobBench, form: dict[str, str]) -> None:
    answer = bench.submit(bench.checkout(bench.intention()), **form)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert bench.control("GET", "paymob/books")["payments"] == []


def test_a_declined_payer_may_stay(bench: PaymobBench) -> None:
    bench.settings(after_decline="stay")
    made = bench.intention()
    page = bench.submit(bench.checkout(made), **(GOOD | {"card_holdername": "declined"})).headers["location"]
    assert "That did not work (do not honour)" in bench.page(page).text
    bench.back(bench.submit(page, **GOOD))
    key = bench.key(bench.ordered("inv-2"))
    page = bench.submit(bench.iframe(key), **(GOOD | {"card_holdername": "declined"})).headers["location"]
    assert "You can try again" in bench.page(page).text


def test_where_there_is_no_way_back(bench: PaymobBench) -> None:
    made = bench.intention(redirection_url=None)
    assert "This payment is made." in bench.submit(bench.checkout(made), **GOOD).text


def test_a_hostile_name_is_shown_as_text(bench: PaymobBench) -> None:
    made = bench.intention("<script>alert(1)</script>")
    page = bench.page(bench.checkout(made))
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_no_card_number_is_written_down(bench: PaymobBench) -> None:
    bench.pays(bench.intention())
    everything = str(bench.control("GET", "log")) + str(bench.control("GET", "state"))
    assert "5123456789012346" not in everything.replace(" ", "")
