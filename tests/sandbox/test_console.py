"""The page at `/_sandbox/`: it shows what happened, and its buttons work without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.bench import Bench


def do(bench: Bench, action: str, **fields: str) -> Any:
    return bench.run(bench.client.post(f"/_sandbox/do/{action}", data=fields))


def shown(bench: Bench) -> str:
    page = bench.run(bench.client.get("/_sandbox/"))
    assert page.status_code == 200
    assert "<script" not in page.text
    return str(page.text)


def test_it_is_where_the_root_leads(bench: Bench) -> None:
    assert "Nothing happened yet" in shown(bench)
    answer = bench.run(bench.client.get("/"))
    assert answer.headers["location"] == "/_sandbox/"


def test_it_shows_what_happened(bench: Bench) -> None:
    bench.hook()
    bench.fault("delivery", "hold", match={"event": "payment.paid"})
    payment = bench.paid(description="<i>x</i>")
    bench.flush()
    page = shown(bench)
    for text in (payment["id"], "POST /v1/payments", "source.chargeable", "held", "₱100.00", "Send now"):
        assert text in page
    assert "<i>x</i>" not in page


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
    assert "error_before" in shown(bench)
    do(bench, "remove-fault", id=fault["id"])
    assert bench.control("GET", "faults") == {"faults": []}


def test_buttons_beside_the_books(bench: Bench) -> None:
    source = bench.source()
    assert f"sources/{source['id']}/authorize" in shown(bench)
    do(bench, "paymongo", path=f"sources/{source['id']}/authorize")
    payment = bench.charge(source).json()["data"]
    do(bench, "paymongo", path=f"payments/{payment['id']}/refund")
    assert bench.control("GET", "paymongo/books")["refunds"][0]["amount"] == 10000


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
        ("paymongo", {"path": "sources/x/authorize"}, 400),
        ("paymongo", {}, 400),
        ("explode", {}, 404),
    ],
)
def test_mistakes_are_shown_on_the_page(
    bench: Bench, action: str, fields: dict[str, str], status: int
) -> None:
    answer = do(bench, action, **fields)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
