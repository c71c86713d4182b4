"""Payments: charging a source, what it costs, and reading them."""

from __future__ import annotations

import asyncio

import pytest

from raseed.sandbox.paymongo.fees import fees
from tests.sandbox.bench import Bench

CAPTURED = {
    "access_url", "amount", "balance_transaction_id", "billing", "currency", "description",
    "disputed", "external_reference_number", "fee", "livemode", "net_amount", "origin",
    "payment_intent_id", "payout", "source", "statement_descriptor", "status", "tax_amount",
    "metadata", "refunds", "taxes", "available_at", "created_at", "credited_at", "paid_at",
    "updated_at",
}  # fmt: skip


def test_charging_takes_the_money_once(bench: Bench) -> None:
    bench.hook(events=["payment.paid"])
    source = bench.source(metadata={"ref": "r-1"}, description="Order 1")
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize")
    payment = bench.charge(source).json()["data"]
    attributes = payment["attributes"]
    assert set(attributes) >= CAPTURED
    assert (attributes["status"], attributes["amount"], attributes["fee"], attributes["net_amount"]) == (
        "paid",
        10000,
        250,
        9750,
    )
    assert attributes["source"]["id"] == source["id"]
    assert attributes["source"]["type"] == "gcash"
    assert (attributes["metadata"], attributes["description"]) == ({"ref": "r-1"}, "Order 1")
    assert bench.got(f"/v1/sources/{source['id']}")["attributes"]["status"] == "paid"
    again = bench.charge(source)
    assert again.status_code == 400
    assert again.json()["errors"][0]["code"] == "resource_not_chargeable_state"
    bench.flush()
    assert bench.shop.events == ["payment.paid"]
    assert bench.shop.bodies[0]["attributes"]["data"] == payment
    assert bench.got(f"/v1/payments/{payment['id']}") == payment


def test_charging_many_times_at_once_takes_the_money_once(bench: Bench) -> None:
    source = bench.source()
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize")
    charge = {"amount": 10000, "currency": "PHP", "source": {"id": source["id"], "type": "source"}}
    body = {"data": {"attributes": charge}}

    async def all_at_once() -> list[int]:
        calls = [
            bench.client.post("/paymongo/v1/payments", json=body, auth=("sk_test_x", "")) for _ in range(20)
        ]
        return sorted(answer.status_code for answer in await asyncio.gather(*calls))

    assert bench.run(all_at_once()) == [200] + [400] * 19
    assert len(bench.control("GET", "paymongo/books")["payments"]) == 1


@pytest.mark.parametrize("action", [None, "fail", "expire"])
def test_only_a_chargeable_source_can_be_charged(bench: Bench, action: str | None) -> None:
    source = bench.source()
    if action:
        bench.control("POST", f"paymongo/sources/{source['id']}/{action}")
    answer = bench.charge(source)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "resource_not_chargeable_state"
    assert bench.control("GET", "paymongo/books")["payments"] == []


def test_the_amount_must_be_the_sources(bench: Bench) -> None:
    source = bench.source()
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize")
    answer = bench.charge(source, amount=10001)
    assert answer.status_code == 400
    assert answer.json() == {
        "errors": [
            {
                "code": "parameter_invalid",
                "detail": "amount should be equal to the chargeable source amount.",
                "source": {"pointer": "amount", "attribute": "amount"},
            }
        ]
    }


def test_the_currency_must_be_the_sources(bench: Bench) -> None:
    source = bench.source()
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize")
    answer = bench.charge(source, currency="USD")
    assert (answer.status_code, answer.json()["errors"][0]["source"]["pointer"]) == (400, "currency")
    assert bench.got(f"/v1/sources/{source['id']}")["attributes"]["status"] == "chargeable"


def test_an_unknown_source(bench: Bench) -> None:
    answer = bench.charge({"id": "src_AmKhe8cFaer2SRWLz44xBmsDs", "attributes": {"amount": 10000}})
    assert answer.status_code == 404
    assert answer.json()["errors"] == [
        {"code": "resource_not_found", "detail": "No such source with id src_AmKhe8cFaer2SRWLz44xBmsDs."}
    ]


def test_the_source_is_named_by_the_word_source(bench: Bench) -> None:
    source = bench.source()
    answer = bench.charge(source, source={"id": source["id"], "type": "gcash"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["source"]["pointer"] == "source.type"


@pytest.mark.parametrize(
    ("minor", "method", "livemode", "foreign", "expected"),
    [
        (10000, "gcash", False, False, {"fee": 250, "net_amount": 9750}),
        (150000, "gcash", False, False, {"fee": 3750, "net_amount": 146250}),
        (99800, "gcash", False, False, {"fee": 2495, "net_amount": 97305}),
        (150000, "grab_pay", False, False, {"fee": 3300, "net_amount": 146700}),
        (2000, "gcash", True, False, {"fee": 40, "net_amount": 1960}),
        (10000, "card", False, True, {"fee": 1850, "foreign_fee": 100, "net_amount": 8050}),
    ],
)
def test_fees_as_captured(
    minor: int, method: str, livemode: bool, foreign: bool, expected: dict[str, int]
) -> None:
    assert fees(minor, method, livemode=livemode, foreign=foreign) == expected


def test_paging_is_newest_first(bench: Bench) -> None:
    ids = [bench.paid()["id"] for _ in range(5)][::-1]

    def page(**query: str) -> tuple[list[str], bool]:
        answer = bench.api("GET", "/v1/payments", params=query).json()
        return [row["id"] for row in answer["data"]], answer["has_more"]

    assert page() == (ids, False)
    assert page(limit="2") == (ids[:2], True)
    assert page(limit="2", after=ids[1]) == (ids[2:4], True)
    assert page(limit="2", after=ids[3]) == (ids[4:], False)
    assert page(limit="2", before=ids[4]) == (ids[2:4], True)
    assert page(limit="5", before=ids[1]) == (ids[:1], False)
    assert page(limit="5", after=ids[0], before=ids[3]) == (ids[1:3], False)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"limit": "0"}, 400, "parameter_below_minimum"),
        ({"limit": "101"}, 400, "parameter_above_maximum"),
        ({"limit": "ten"}, 400, "parameter_data_type_invalid"),
        ({"limit": "-"}, 400, "parameter_data_type_invalid"),
        ({"limit": "1--1"}, 400, "parameter_data_type_invalid"),
        ({"after": "pay_unknown"}, 404, "resource_not_found"),
    ],
)
def test_wrong_paging(bench: Bench, query: dict[str, str], status: int, code: str) -> None:
    answer = bench.api("GET", "/v1/payments", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
