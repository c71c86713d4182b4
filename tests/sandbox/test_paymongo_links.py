"""Links, classic and flat: made, opened, paid, archived, sent back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import refusal

CAPTURED = {
    "amount", "archived", "currency", "description", "livemode", "fee", "remarks", "status", "tax_amount",
    "taxes", "checkout_url", "reference_number", "created_at", "updated_at", "payments",
}  # fmt: skip
FLAT = {
    "id", "amount", "currency", "description", "status", "livemode", "url", "reference_number", "metadata",
    "created_at", "updated_at",
}  # fmt: skip


def link(bench: Bench, **changes: Any) -> dict[str, Any]:
    return bench.made("/v1/links", {"amount": 135000, "description": "3 months", "remarks": "r-1"} | changes)


def flat(bench: Bench, **changes: Any) -> dict[str, Any]:
    body = {"amount": 135000, "currency": "PHP", "description": "3 months"} | changes
    answer = bench.api("POST", "/v1/payment_links", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def checkout_of(bench: Bench, url: str) -> str:
    opened = bench.page(url)
    assert opened.status_code == 303
    return opened.headers["location"]


def pay(bench: Bench, url: str, method: str = "gcash", **more: str) -> None:
    chosen = bench.submit(checkout_of(bench, url), method=method, **more)
    if "/sources?" in chosen.headers["location"]:
        bench.submit(chosen.headers["location"], action="authorize")


def test_a_new_link_looks_like_the_captures(bench: Bench) -> None:
    made = link(bench)
    attributes = made["attributes"]
    assert (made["type"], made["id"][:5], set(attributes)) == ("link", "link_", CAPTURED)
    assert (attributes["status"], attributes["fee"], attributes["payments"]) == ("unpaid", 0, [])
    assert len(attributes["reference_number"]) == 7
    assert attributes["checkout_url"].endswith(f"/test/{attributes['reference_number']}")
    assert bench.got(f"/v1/links/{made['id']}") == made
    assert bench.got(f"/v1/links/{attributes['reference_number']}") == made


def test_finding_one_by_its_reference_number(bench: Bench) -> None:
    links = [link(bench) for _ in range(3)]
    wanted = links[1]["attributes"]["reference_number"]
    answer = bench.api("GET", "/v1/links", params={"reference_number": wanted}).json()
    assert answer == {"has_more": False, "data": [links[1]]}
    assert [found["id"] for found in bench.api("GET", "/v1/links").json()["data"]] == [
        made["id"] for made in links[::-1]
    ]
    assert bench.api("GET", "/v1/links", params={"reference_number": "x"}).json()["data"] == []


def test_one_purchase_raises_three_events(bench: Bench) -> None:
    bench.hook()
    made = link(bench)
    pay(bench, made["attributes"]["checkout_url"])
    bench.flush()
    assert bench.shop.events == ["payment.paid", "checkout_session.payment.paid", "link.payment.paid"]
    reference = made["attributes"]["reference_number"]
    payment, session, told = (body["attributes"]["data"] for body in bench.shop.bodies)
    attributes = payment["attributes"]
    assert (attributes["origin"], attributes["external_reference_number"]) == ("links", reference)
    assert (attributes["payment_intent_id"], attributes["metadata"]) == (
        None,
        {"pm_reference_number": reference},
    )
    assert [p["id"] for p in session["attributes"]["payments"]] == [payment["id"]]
    assert (told["id"], told["attributes"]["status"]) == (made["id"], "paid")
    assert told["attributes"]["payments"] == [{"data": payment}]
    assert told["attributes"]["fee"] == attributes["fee"] == 3375
    assert bench.got(f"/v1/links/{made['id']}") == told
    assert len(bench.control("GET", "paymongo/books")["payments"]) == 1


def test_a_card_through_a_link_names_its_intent(bench: Bench) -> None:
    made = link(bench)
    pay(bench, made["attributes"]["checkout_url"], "card", card_number="4343434343434345")
    (payment,) = bench.got(f"/v1/links/{made['id']}")["attributes"]["payments"]
    assert payment["data"]["attributes"]["payment_intent_id"].startswith("pi_")


def test_a_link_is_paid_once(bench: Bench) -> None:
    made = link(bench)
    url = made["attributes"]["checkout_url"]
    assert checkout_of(bench, url) == checkout_of(bench, url)
    pay(bench, url)
    assert "This link is paid" in bench.page(url).text
    bench.control("POST", f"paymongo/links/{made['id']}/pay", {}, status=409)
    assert refusal(bench.api("POST", f"/v1/links/{made['id']}/archive")) == (400, "resource_failed_state")


def test_archiving_and_back(bench: Bench) -> None:
    made = link(bench)
    path, url = f"/v1/links/{made['id']}", made["attributes"]["checkout_url"]
    assert bench.api("POST", f"{path}/archive").json()["data"]["attributes"]["archived"] is True
    assert "no payment any more" in bench.page(url).text
    bench.control("POST", f"paymongo/links/{made['id']}/pay", {}, status=409)
    assert bench.api("POST", f"{path}/unarchive").json()["data"]["attributes"]["archived"] is False
    assert bench.page(url).status_code == 303


@pytest.mark.parametrize(("amount", "status"), [(135000, "refunded"), (100, "partially_refunded")])
def test_what_went_back_shows(bench: Bench, amount: int, status: str) -> None:
    made = link(bench)
    bench.control("POST", f"paymongo/links/{made['id']}/pay", {"method": "paymaya"})
    payment = bench.control("GET", "paymongo/books")["payments"][0]["id"]
    bench.control("POST", f"paymongo/payments/{payment}/refund", {"amount": amount})
    bench.advance(2)
    assert bench.got(f"/v1/links/{made['id']}")["attributes"]["status"] == status


def test_a_disputed_link(bench: Bench) -> None:
    bench.hook()
    made = link(bench)
    bench.control("POST", f"paymongo/links/{made['id']}/pay", {})
    payment = bench.control("GET", "paymongo/books")["payments"][0]["id"]
    dispute = bench.control("POST", f"paymongo/payments/{payment}/dispute")
    assert bench.got(f"/v1/links/{made['id']}")["attributes"]["status"] == "disputed"
    bench.control("POST", f"paymongo/disputes/{dispute['id']}/win")
    assert bench.got(f"/v1/links/{made['id']}")["attributes"]["status"] == "paid"
    bench.control("POST", f"paymongo/disputes/{dispute['id']}/lose", status=409)
    bench.flush()
    assert bench.shop.events[-2:] == ["dispute.created", "dispute.resolved"]


def test_a_failed_attempt_leaves_the_link_open(bench: Bench) -> None:
    bench.hook()
    made = link(bench)
    bench.control("POST", f"paymongo/links/{made['id']}/fail", {})
    bench.flush()
    assert bench.shop.events == ["payment.failed"]
    pay(bench, made["attributes"]["checkout_url"])
    assert bench.got(f"/v1/links/{made['id']}")["attributes"]["status"] == "paid"


@pytest.mark.parametrize("path", ["/link/test/nothing", "/link/nothing", "/link/test/"])
def test_links_that_are_not_there(bench: Bench, path: str) -> None:
    assert bench.page(f"http://127.0.0.1:8900/paymongo{path}").status_code == 404


def test_a_test_link_is_no_live_link(bench: Bench) -> None:
    url = link(bench)["attributes"]["checkout_url"]
    assert bench.page(url.replace("/test/", "/")).status_code == 404
    assert bench.submit(url).status_code == 405


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"amount": 1999, "description": "x"}, "parameter_below_minimum"),
        ({"amount": 2000}, "parameter_required"),
        ({"description": "x"}, "parameter_required"),
    ],
)
def test_wrong_links(bench: Bench, attributes: dict[str, Any], code: str) -> None:
    assert refusal(bench.api("POST", "/v1/links", attributes)) == (400, code)


def test_an_unknown_link(bench: Bench) -> None:
    assert refusal(bench.api("GET", "/v1/links/test")) == (404, "resource_not_found")


# -- the flat successor ------------------------------------------------------------------------------------


def test_a_payment_link_is_flat(bench: Bench) -> None:
    made = flat(bench, metadata={"order": "7"})
    assert set(made) == FLAT
    assert (made["status"], made["metadata"]) == ("active", {"order": "7"})
    assert made["created_at"] == "2026-01-01T08:00:00.000+08:00"
    assert bench.got(f"/v1/payment_links/{made['id']}") == made
    assert bench.api("GET", "/v1/payment_links").json() == {"has_more": False, "data": [made]}


@pytest.mark.parametrize("wrap", [lambda body: {"data": body}, lambda body: {"data": {"attributes": body}}])
def test_the_request_may_be_wrapped(bench: Bench, wrap: Any) -> None:
    answer = bench.api("POST", "/v1/payment_links", json=wrap({"amount": 5000, "description": "x"}))
    assert answer.json()["data"]["amount"] == 5000


def test_a_payment_link_from_paid_to_refunded(bench: Bench) -> None:
    made = flat(bench, metadata={"order": "7"})
    path = f"/v1/payment_links/{made['id']}"
    assert refusal(bench.api("POST", f"{path}/refunds", json={})) == (400, "resource_failed_state")
    pay(bench, made["url"])
    assert bench.got(path)["status"] == "paid"
    (payment,) = bench.api("GET", f"{path}/payments").json()["data"]
    assert (payment["status"], payment["amount"], "attributes" in payment) == ("paid", 135000, False)
    assert payment["metadata"] == {"order": "7", "pm_reference_number": made["reference_number"]}
    refund = bench.api("POST", f"{path}/refunds", json={"amount": 5000, "reason": "duplicate"}).json()["data"]
    assert (refund["payment_id"], refund["amount"], refund["reason"]) == (payment["id"], 5000, "duplicate")


def test_changing_a_payment_link(bench: Bench) -> None:
    made = flat(bench)
    path = f"/v1/payment_links/{made['id']}"
    answer = bench.api(
        "PATCH", path, json={"description": "new", "status": "inactive", "metadata": {"a": "b"}}
    )
    changed = answer.json()["data"]
    assert (changed["description"], changed["status"], changed["metadata"]) == ("new", "inactive", {"a": "b"})
    assert "no payment any more" in bench.page(made["url"]).text


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"amount": 1}, "/amount"),
        ({}, "/amount"),
        ([], "/"),
        ({"amount": 5000, "currency": "USD"}, "/currency"),
    ],
)
def test_wrong_payment_links(bench: Bench, body: Any, pointer: str) -> None:
    answer = bench.api("POST", "/v1/payment_links", json=body)
    assert refusal(answer) == (400, "invalid_request_body")
    assert answer.json()["errors"][0]["source"]["pointer"] == pointer
