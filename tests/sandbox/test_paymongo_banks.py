"""Online banking: each bank's one-time passwords, and leaving its page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.bench import Bench, buttons
from tests.sandbox.paymongo_calls import RETURN, attach, intent, method, page_of, seen


def at_the_bank(bench: Bench, kind: str, **details: str) -> dict[str, Any]:
    made = intent(bench, payment_method_allowed=[kind])
    chosen = method(bench, kind, details=details or None)
    return attach(bench, made, chosen).json()["data"]


@pytest.mark.parametrize(
    ("kind", "details", "otp", "code"),
    [
        ("brankas_bdo", {}, "123456", None),
        ("brankas_landbank", {}, "123456", None),
        ("brankas_metrobank", {}, "123456", None),
        ("dob_ubp", {}, "111111", None),
        ("dob", {"bank_code": "ubp"}, "111111", None),
        ("dob", {"bank_code": "test_bank_two"}, "111111", None),
        ("dob", {"bank_code": "test_bank_two"}, "222222", "DENIED"),
        ("dob", {"bank_code": "test_bank_one"}, "654321", "DENIED"),
        *[("dob_ubp", {}, str(digit) * 6, "DENIED") for digit in range(2, 7)],
        ("dob", {"bank_code": "bpi"}, "123456", None),
        ("dob", {"bank_code": "bpi"}, "654321", "DENIED"),
        ("dob", {}, "000000", "EXPIRED"),
    ],
)
def test_each_password(bench: Bench, kind: str, details: dict[str, str], otp: str, code: str | None) -> None:
    waiting = at_the_bank(bench, kind, **details)
    assert bench.submit(page_of(waiting), otp=otp).headers["location"] == RETURN
    now = seen(bench, waiting)
    assert now["status"] == ("awaiting_payment_method" if code else "succeeded")
    assert (now["last_payment_error"] or {}).get("failed_code") == code
    assert now["payments"][0]["attributes"]["source"]["type"] == kind


@pytest.mark.parametrize(
    ("action", "code"), [("cancel", "CANCELLED"), ("deny", "DENIED"), ("expire", "EXPIRED")]
)
def test_leaving_the_page(bench: Bench, action: str, code: str) -> None:
    bench.hook()
    waiting = at_the_bank(bench, "brankas_bdo")
    assert ("action", action) in buttons(bench.page(page_of(waiting)).text)
    assert bench.submit(page_of(waiting), action=action).headers["location"] == RETURN
    assert seen(bench, waiting)["last_payment_error"]["failed_code"] == code
    bench.flush()
    assert bench.shop.events == ["payment.failed"]


@pytest.mark.parametrize("otp", ["", "999999", "1", "<b>"])
def test_an_unknown_password_can_be_typed_again(bench: Bench, otp: str) -> None:
    waiting = at_the_bank(bench, "dob")
    answer = bench.submit(page_of(waiting), otp=otp)
    assert (answer.status_code, 'role="alert"' in answer.text) == (400, True)
    assert seen(bench, waiting)["status"] == "awaiting_next_action"
    assert bench.submit(page_of(waiting), otp="123456").status_code == 303


def test_the_page_of_bpi_names_the_test_account(bench: Bench) -> None:
    assert "***0001" in bench.page(page_of(at_the_bank(bench, "dob", bank_code="BPI"))).text
    assert "***0001" not in bench.page(page_of(at_the_bank(bench, "dob_ubp"))).text


def test_a_payer_who_never_comes_back(bench: Bench) -> None:
    waiting = at_the_bank(bench, "dob_ubp")
    bench.advance(3600)
    assert seen(bench, waiting)["last_payment_error"]["failed_code"] == "EXPIRED"
