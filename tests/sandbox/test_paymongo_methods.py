"""Payment methods: what is kept of them, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import attach, card, intent, method, refusal

DETAILS = {"card_number": "4343434343434345", "exp_month": 12, "exp_year": 26, "cvc": "123"}
BILLING = {
    "name": "John",
    "email": "j@shop.test",
    "phone": "+61 7",
    "address": {"line1": "1", "country": "AU"},
}


def test_a_card_looks_like_the_captures(bench: Bench) -> None:
    made = bench.made("/v1/payment_methods", {"type": "card", "details": DETAILS, "billing": BILLING})
    attributes = made["attributes"]
    assert (made["type"], made["id"][:3]) == ("payment_method", "pm_")
    assert set(attributes) == {
        "livemode", "type", "billing", "created_at", "updated_at", "details", "metadata",
    }  # fmt: skip
    assert attributes["details"] == {"exp_month": 12, "exp_year": 26, "last4": "4345"}
    assert attributes["billing"]["address"]["line2"] is None
    assert bench.got(f"/v1/payment_methods/{made['id']}") == made


def test_the_payers_billing_is_on_the_payment(bench: Bench) -> None:
    chosen = bench.made("/v1/payment_methods", {"type": "card", "details": DETAILS, "billing": BILLING})
    paid = attach(bench, intent(bench), chosen).json()["data"]["attributes"]["payments"][0]
    assert paid["attributes"]["billing"]["name"] == "John"


def test_a_browser_may_make_and_read_one(bench: Bench) -> None:
    made = bench.made("/v1/payment_methods", {"type": "card", "details": DETAILS}, key="pk_test_x")
    assert bench.got(f"/v1/payment_methods/{made['id']}", key="pk_test_x") == made


@pytest.mark.parametrize("kind", ["gcash", "paymaya", "grab_pay", "shopee_pay", "billease", "qrph", "dob"])
def test_the_others_need_no_details(bench: Bench, kind: str) -> None:
    assert method(bench, kind)["attributes"]["details"] is None


def test_a_bank_may_be_named(bench: Bench) -> None:
    made = method(bench, "dob", details={"bank_code": "bpi"})
    assert made["attributes"]["details"] == {"bank_code": "bpi"}


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"card_number": "4343434343434346"}, "parameter_format_invalid", "details.card_number"),
        ({"card_number": "4343"}, "parameter_format_invalid", "details.card_number"),
        ({"card_number": None}, "parameter_required", "details.card_number"),
        ({"card_number": 4343434343434345}, "parameter_data_type_invalid", "details.card_number"),
        ({"exp_year": 25}, "parameter_invalid", "details.exp_month"),
        ({"exp_month": 13}, "parameter_above_maximum", "details.exp_month"),
        ({"exp_month": "12"}, "parameter_data_type_invalid", "details.exp_month"),
        ({"cvc": 123}, "parameter_data_type_invalid", "details.cvc"),
        ({"cvc": "12"}, "parameter_format_invalid", "details.cvc"),
        ({"cvc": None}, "parameter_required", "details.cvc"),
    ],
)
def test_wrong_cards(bench: Bench, changes: dict[str, Any], code: str, pointer: str) -> None:
    answer = bench.api("POST", "/v1/payment_methods", {"type": "card", "details": DETAILS | changes})
    assert refusal(answer) == (400, code)
    assert answer.json()["errors"][0]["source"]["pointer"] == pointer


def test_the_captured_words_for_a_wrong_number(bench: Bench) -> None:
    details = DETAILS | {"card_number": "4343434343434346"}
    answer = bench.api("POST", "/v1/payment_methods", {"type": "card", "details": details})
    assert answer.json() == {
        "errors": [
            {
                "code": "parameter_format_invalid",
                "detail": "details.card_number format is invalid.",
                "source": {"pointer": "details.card_number", "attribute": "card_number"},
            }
        ]
    }


def test_a_card_is_good_until_the_end_of_its_month(bench: Bench) -> None:
    assert card(bench, exp_month=1, exp_year=2026)["id"]
    bench.advance(31 * 86_400)
    answer = bench.api(
        "POST",
        "/v1/payment_methods",
        {"type": "card", "details": DETAILS | {"exp_month": 1, "exp_year": 2026}},
    )
    assert answer.json()["errors"][0]["detail"] == "The card is already expired."


def test_updating(bench: Bench) -> None:
    made = card(bench)
    path = f"/v1/payment_methods/{made['id']}"
    answer = bench.api(
        "PUT", path, {"billing": BILLING, "details": {"cvc": "321", "exp_month": 1, "exp_year": 2031}}
    )
    attributes = answer.json()["data"]["attributes"]
    assert attributes["details"] == {"exp_month": 1, "exp_year": 2031, "last4": "4345"}
    assert attributes["billing"]["name"] == "John"
    assert refusal(bench.api("PUT", path, {"details": {"cvc": "x"}})) == (400, "parameter_format_invalid")
    assert bench.api("PUT", "/v1/payment_methods/pm_x", {}).status_code == 404
