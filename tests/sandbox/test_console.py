"""The page at `/_sandbox/`: it shows what happened, and its buttons work without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.bench import Bench


def do(bench: Bench, action: str, **fields: str) -> Any:
    return bench.run(bench.client.post(f"/_sandbox/do/{action}", data=fields))


def shown(bench: Bench, path: str = "") -> str:
    page = bench.run(bench.client.get(f"/_sandbox/{path}"))
    assert page.status_code == 200
    assert "<script" not in page.text
    return str(page.text)


def test_it_is_where_the_root_leads(bench: Bench) -> None:
    assert "Nothing happened yet" in shown(bench)
    answer = bench.run(bench.client.get("/"))
    assert answer.headers["location"] == "/_sandbox/"


PAGES = ("", "checkouts", "deliveries", "books", "misbehave", "state")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_shown_empty_and_full(bench: Bench, page: str) -> None:
    shown(bench, page)
    bench.hook()
    bench.paid(description="<i>x</i>", metadata={"a": "sandbox:partial-refunds"})
    bench.control("POST", f"checkouts/{bench.session()['id']}/pay")
    bench.advance(600)
    bench.fault("delivery", "lose", match={"event": "payment.paid"}, times=2)
    bench.control("POST", "scenarios/declined", {"reference": "<b>"})
    full = shown(bench, page)
    assert "<i>x</i>" not in full
    assert "<b>" not in full


def test_it_shows_what_happened(bench: Bench) -> None:
    bench.hook()
    bench.fault("delivery", "hold", match={"event": "payment.paid"})
    payment = bench.paid(description="Bill 7")
    bench.flush()
    for page, texts in {
        "": ("POST /v1/payments", "source.chargeable", "received", "held until it is released"),
        "checkouts": ("₱100.00", "src_", "Decline"),
        "deliveries": ("source.chargeable", "held", "Send now", "Resend 8 at once"),
        "books": (payment["id"], "paid", "₱100.00"),
    }.items():
        seen = shown(bench, page)
        for text in texts:
            assert text in seen


def test_a_page_that_is_none(bench: Bench) -> None:
    answer = bench.run(bench.client.get("/_sandbox/elsewhere"))
    assert (answer.status_code, 'role="alert"' in answer.text) == (404, True)


def test_long_lists_have_pages(bench: Bench) -> None:
    for _ in range(60):
        bench.api("GET", "/v1/payments")
    first = shown(bench)
    assert ("Older" in first, "Newer" in first) == (True, False)
    last = shown(bench, "?skip=50")
    assert ("Older" in last, "Newer" in last) == (False, True)
    assert first.count('class="line"') == 50
    assert last.count('class="line"') == 10  # an answer is in the row of its request
    assert "Nothing happened" not in shown(bench, "?skip=often")


def test_finding_what_is_about_one_thing(bench: Bench) -> None:
    source, other = bench.source(), bench.source(description="another")
    found = shown(bench, f"?about={source['id']}")
    assert source["id"] in found
    assert other["id"] not in found.partition("<ul")[2].partition("About <code>")[2]


def test_replaying_a_request(bench: Bench) -> None:
    bench.source()
    number = bench.control("GET", "log")["entries"][0]["n"]
    assert "Replay" in shown(bench)
    assert do(bench, "replay", id=str(number)).status_code == 303
    assert len(bench.control("GET", "paymongo/books")["sources"]) == 2
    assert [e["status"] for e in bench.control("POST", f"log/{number}/replay")["entries"][1:]] == [200]
    bench.control("POST", "log/999/replay", status=404)


def test_a_request_with_a_card_is_not_kept(bench: Bench) -> None:
    details = {"card_number": "4343434343434345", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
    bench.made("/v1/payment_methods", {"type": "card", "details": details})
    number = bench.control("GET", "log")["entries"][0]["n"]
    assert "Replay" not in shown(bench)
    bench.control("POST", f"log/{number}/replay", status=404)
    assert "4343434343434345" not in str(bench.control("GET", "log"))


def test_arming_a_scenario_by_a_click(bench: Bench) -> None:
    do(bench, "arm", scenario="no-webhook", pays="1", reference="r-1")
    assert "no-webhook+pays" in shown(bench, "misbehave")
    bench.session(reference_number="r-1")
    bench.flush()
    assert bench.control("GET", "checkouts")["checkouts"][0]["news"] == ["paid", "paid"]
    do(bench, "arm", scenario="hang")
    do(bench, "disarm")
    assert bench.control("GET", "scenarios")["armed"] == []


def test_the_state_is_a_file_that_comes_and_goes(bench: Bench) -> None:
    source = bench.source()
    exported = bench.run(bench.client.get("/_sandbox/state.json"))
    assert exported.headers["content-disposition"].startswith("attachment; filename=")
    assert do(bench, "reset").status_code == 303
    assert bench.control("GET", "paymongo/books")["sources"] == []
    upload = bench.client.post(
        "/_sandbox/do/import?from=state", files={"state": ("s.json", exported.content)}
    )
    answer = bench.run(upload)
    assert (answer.status_code, answer.headers["location"]) == (303, "/_sandbox/state")
    assert bench.control("GET", "paymongo/books")["sources"][0]["id"] == source["id"]


def test_resend_and_release(bench: Bench) -> None:
    bench.hook()
    bench.fault("delivery", "hold")
    bench.control("POST", f"paymongo/sources/{bench.source()['id']}/authorize")
    delivery = bench.flush()[0]
    assert do(bench, "release", id=delivery["id"]).status_code == 303
    assert do(bench, "resend", id=delivery["id"]).status_code == 303
    assert do(bench, "resend", id=delivery["id"], corrupt="1").status_code == 303
    faults = [attempt["fault"] for attempt in bench.flush()[0]["attempts"]]
    assert faults == ["", "", "corrupt_signature"]


def test_time_travel(bench: Bench) -> None:
    do(bench, "clock", advance_seconds="3600")
    assert bench.control("GET", "clock")["now"] == "2026-01-01T01:00:00+00:00"
    do(bench, "clock", set="2026-02-01T00:00")
    assert bench.control("GET", "clock")["now"] == "2026-02-01T00:00:00+00:00"
    do(bench, "clock", set="2026-01-15T12:00:30")
    assert bench.control("GET", "clock")["now"] == "2026-01-15T12:00:30+00:00"
    do(bench, "clock", mode="real")
    assert bench.control("GET", "clock")["mode"] == "real"


def test_misbehaving_by_a_click(bench: Bench) -> None:
    do(
        bench,
        "add-fault",
        fault="request:error_before",
        times="1",
        path="/v1/payments",
        parameters='{"status": 503}',
    )
    assert bench.api("GET", "/v1/payments").status_code == 503
    fault = bench.control("GET", "faults")["faults"][0]
    assert "error_before" in shown(bench, "misbehave")
    do(bench, "remove-fault", id=fault["id"])
    assert bench.control("GET", "faults") == {"faults": []}


def test_buttons_beside_a_checkout(bench: Bench) -> None:
    bench.session()
    checkout = bench.control("GET", "checkouts")["checkouts"][0]["id"]
    assert f'name="id" value="{checkout}"' in shown(bench)
    do(bench, "act", id=checkout, verb="pay")
    do(bench, "act", id=checkout, verb="refund", amount="2500")
    do(bench, "act", id=checkout, verb="charge_again")
    books = bench.control("GET", "paymongo/books")
    assert [p["amount"] for p in books["payments"]] == [10_000, 10_000]
    assert [refund["amount"] for refund in books["refunds"]] == [2500]


@pytest.mark.parametrize(
    ("action", "fields", "status"),
    [
        ("resend", {"id": "wp_x"}, 400),
        ("release", {}, 400),
        ("clock", {"advance_seconds": "much"}, 400),
        ("clock", {"advance_seconds": "nan"}, 400),
        ("clock", {"advance_seconds": "-5"}, 400),
        ("add-fault", {"fault": "x"}, 400),
        ("add-fault", {"fault": "delivery:lose", "times": "often"}, 400),
        ("add-fault", {"fault": "delivery:lose", "parameters": "[]"}, 400),
        ("add-fault", {"fault": "delivery:lose", "parameters": "{"}, 400),
        ("act", {"id": "cs_x", "verb": "pay"}, 400),
        ("act", {"amount": "0"}, 400),
        ("act", {"amount": "much"}, 400),
        ("arm", {"scenario": "nonsense"}, 400),
        ("replay", {"id": "7"}, 400),
        ("resend", {"id": "wp_x", "copies": "1000"}, 400),
        ("clock", {"set": "tomorrow"}, 400),
        ("import", {}, 400),
        ("import", {"state": "[]"}, 400),
        ("import", {"state": "{}"}, 400),
        ("explode", {}, 404),
    ],
)
def test_mistakes_are_shown_on_the_page(
    bench: Bench, action: str, fields: dict[str, str], status: int
) -> None:
    answer = do(bench, action, **fields)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
