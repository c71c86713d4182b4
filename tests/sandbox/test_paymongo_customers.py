"""Customers and the cards they saved."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import attach, card, intent, page_of, refusal

PERSON = {
    "first_name": "Juan",
    "last_name": "Felix",
    "email": "juan@shop.test",
    "phone": "+639170000000",
    "default_device": "phone",
}


def customer(bench: Bench, **changes: Any) -> dict[str, Any]:
    return bench.made("/v1/customers", PERSON | changes)


def saving(bench: Bench, owner: dict[str, Any], number: str = "4343434343434345") -> dict[str, Any]:
    """Pay by a card that is to be saved; returns the payment method."""
    wish = {"session_type": "on_session", "customer_id": owner["id"]}
    chosen = card(bench, number)
    waiting = attach(bench, intent(bench, setup_future_usage=wish), chosen).json()
    if waiting.get("data", {}).get("attributes", {}).get("next_action"):
        bench.submit(page_of(waiting["data"]), action="authorize")
    return chosen


def cards(bench: Bench, owner: dict[str, Any]) -> list[dict[str, Any]]:
    return bench.api("GET", f"/v1/customers/{owner['id']}/payment_methods").json()["data"]


def test_from_made_to_deleted(bench: Bench) -> None:
    made = customer(bench)
    path = f"/v1/customers/{made['id']}"
    assert (made["type"], made["id"][:4]) == ("customer", "cus_")
    assert set(made["attributes"]) == {
        *PERSON, "default_payment_method_id", "livemode", "organization_id", "created_at", "updated_at",
    }  # fmt: skip
    assert bench.got(path) == made
    for verb in ("PATCH", "PUT"):
        changed = bench.api(verb, path, {"last_name": verb}).json()["data"]["attributes"]
        assert (changed["last_name"], changed["first_name"]) == (verb, "Juan")
    assert bench.api("DELETE", path).json()["data"]["attributes"]["deleted"] is True
    assert refusal(bench.api("GET", path)) == (404, "resource_not_found")


def test_finding_by_email_and_phone(bench: Bench) -> None:
    first, second = customer(bench), customer(bench, email="other@shop.test")
    found = bench.api("GET", "/v1/customers", params={"email": "juan@shop.test"}).json()
    assert found == {"has_more": False, "data": [first]}
    found = bench.api("GET", "/v1/customers", params={"phone": "+639170000000"}).json()
    assert found["data"] == [second, first]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"first_name": None}, "parameter_required"),
        ({"phone": "call me"}, "parameter_format_invalid"),
        ({"default_device": "fax"}, "parameter_invalid"),
        ({"email": 1}, "parameter_data_type_invalid"),
    ],
)
def test_wrong_customers(bench: Bench, changes: dict[str, Any], code: str) -> None:
    assert refusal(bench.api("POST", "/v1/customers", PERSON | changes)) == (400, code)


@pytest.mark.parametrize("number", ["4343434343434345", "4120000000000007", "5555444444444457"])
def test_a_card_that_paid_is_saved(bench: Bench, number: str) -> None:
    owner = customer(bench)
    chosen = saving(bench, owner, number)
    (row,) = cards(bench, owner)
    assert row["id"].startswith("cus_pm_")
    assert (row["customer_id"], row["payment_method_id"]) == (owner["id"], chosen["id"])
    assert (row["payment_method_type"], row["session_type"]) == ("card", "on_session")
    assert (
        bench.got(f"/v1/customers/{owner['id']}")["attributes"]["default_payment_method_id"] == chosen["id"]
    )


@pytest.mark.parametrize("number", ["5234000000000106", "4400000000000016"])
def test_a_card_that_did_not_pay_is_not_saved(bench: Bench, number: str) -> None:
    owner = customer(bench)
    saving(bench, owner, number)
    assert cards(bench, owner) == []


def test_a_saved_card_pays_again_and_is_saved_once(bench: Bench) -> None:
    owner = customer(bench)
    chosen = saving(bench, owner)
    bench.api("PUT", f"/v1/payment_methods/{chosen['id']}", {"details": {"cvc": "123"}})
    wish = {"session_type": "on_session", "customer_id": owner["id"]}
    answer = attach(bench, intent(bench, setup_future_usage=wish), chosen)
    assert answer.json()["data"]["attributes"]["status"] == "succeeded"
    assert len(cards(bench, owner)) == 1


@pytest.mark.parametrize("named_by", ["id", "payment_method_id"])
def test_forgetting_a_card(bench: Bench, named_by: str) -> None:
    owner = customer(bench)
    saving(bench, owner)
    path = f"/v1/customers/{owner['id']}/payment_methods/{cards(bench, owner)[0][named_by]}"
    assert bench.api("DELETE", path).json()["data"]["deleted"] is True
    assert cards(bench, owner) == []
    assert refusal(bench.api("DELETE", path)) == (404, "resource_not_found")


def test_saving_for_nobody(bench: Bench) -> None:
    attributes = {"amount": 10000, "currency": "PHP", "payment_method_allowed": ["card"]}
    wish = {"session_type": "on_session", "customer_id": "cus_x"}
    answer = bench.api("POST", "/v1/payment_intents", attributes | {"setup_future_usage": wish})
    assert refusal(answer) == (404, "resource_not_found")
