"""The control API: clock, log, books, extra charges, state, and who may use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from raseed.sandbox.box import Options
from raseed.sandbox.clock import Clock
from raseed.sandbox.exchange import ControlError
from raseed.sandbox.paymongo.settings import with_minimum
from raseed.sandbox.server import create_app
from tests.sandbox.bench import START, Bench


def test_health(bench: Bench) -> None:
    assert bench.control("GET", "health") == {"ok": True, "now": "2026-01-01T00:00:00+00:00"}


# -- clock -------------------------------------------------------------------------------------


def test_set_and_advance(bench: Bench) -> None:
    bench.control("POST", "clock", {"advance_seconds": 1.5})
    assert bench.control("GET", "clock") == {"mode": "frozen", "now": "2026-01-01T00:00:01.500000+00:00"}
    moved = bench.control("POST", "clock", {"set": "2025-06-01T08:00:00+08:00"})
    assert moved["now"] == "2025-06-01T00:00:00+00:00"
    all_three = {"mode": "frozen", "set": "2026-01-01T00:00:00Z", "advance_seconds": 60}
    both = bench.control("POST", "clock", all_three)
    assert both["now"] == "2026-01-01T00:01:00+00:00"


def test_running_on_from_where_it_stands(bench: Bench) -> None:
    assert bench.control("POST", "clock", {"mode": "real"})["mode"] == "real"
    assert 0 <= bench.sandbox.clock.now() - START < 5
    bench.advance(3600)
    assert 3600 <= bench.sandbox.clock.now() - START < 3605


@pytest.mark.parametrize(
    "doc",
    [
        {"mode": "slow"},
        {"set": "yesterday"},
        {"set": "2026-01-01T00:00:00"},
        {"set": None},
        {"set": 1e300},
        {"advance_seconds": -1},
        {"advance_seconds": "60"},
        {"advance_seconds": True},
        {"advance_seconds": 10**11},
        {"set": "9999-12-31T00:00:00+00:00", "advance_seconds": 10**9},
        {"speed": 2},
    ],
)
def test_a_wrong_clock_changes_nothing(bench: Bench, doc: dict[str, Any]) -> None:
    bench.control("POST", "clock", doc, status=400)
    assert bench.control("GET", "clock") == {"mode": "frozen", "now": "2026-01-01T00:00:00+00:00"}


def test_going_forward_plays_what_falls_due_on_the_way(bench: Bench) -> None:
    bench.hook(events=["payment.refund.updated"])
    payment = bench.paid()
    bench.control("POST", f"paymongo/payments/{payment['id']}/refund", {"amount": 500})
    bench.advance(86_400)
    sent = [body["attributes"]["created_at"] - START for body in bench.shop.bodies]
    assert sent == [0, 2]


def test_the_clock_is_published(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    wall = [1000.0]
    clock = Clock(file, wall=lambda: wall[0])
    assert json.loads(file.read_text()) == {"mode": "real", "offset_seconds": 0.0, "frozen_at": None}
    clock.set(1600.0)
    assert json.loads(file.read_text())["offset_seconds"] == 600.0
    clock.set_mode("frozen")
    wall[0] = 2000.0
    assert json.loads(file.read_text())["frozen_at"] == 1600.0
    clock.set_mode("real")
    assert json.loads(file.read_text()) == {"mode": "real", "offset_seconds": -400.0, "frozen_at": None}
    assert clock.now() == 1600.0
    assert [path.name for path in tmp_path.iterdir()] == ["clock.json"]


# -- log and books -----------------------------------------------------------------------------


def test_the_log_tells_everything_in_order(bench: Bench) -> None:
    bench.hook()
    source = bench.source()
    bench.submit(source["attributes"]["redirect"]["checkout_url"], action="authorize")
    bench.flush()
    entries = bench.control("GET", "log")["entries"]
    assert [entry["kind"] for entry in entries] == ["request", "response", "request", "response", "delivery"]
    assert [entry["n"] for entry in entries] == [1, 2, 3, 4, 5]
    assert (entries[0]["method"], entries[0]["path"]) == ("POST", "/v1/sources")
    assert "authorization" not in entries[0]["headers"]
    assert json.loads(entries[1]["body"])["data"] == source
    assert (entries[4]["event"], entries[4]["status"]) == ("source.chargeable", 200)
    assert bench.control("GET", "log?after=4")["entries"] == entries[4:]
    bench.control("GET", "log?after=x", status=400)


def test_the_books(bench: Bench) -> None:
    payment = bench.paid(metadata={"ref": "r-1"})
    bench.control("POST", f"paymongo/payments/{payment['id']}/refund", {"amount": 4000})
    bench.advance(2)
    session = bench.session(metadata={"ref": "r-2"})
    bench.control("POST", f"paymongo/checkout_sessions/{session['id']}/pay", {"method": "paymaya"})
    books = bench.control("GET", "paymongo/books")
    source, (first, second), refund = books["sources"][0], books["payments"], books["refunds"][0]
    assert (source["status"], source["amount"], source["metadata"]) == ("paid", 10000, {"ref": "r-1"})
    assert (first["id"], first["source_id"], first["refunded_amount"]) == (payment["id"], source["id"], 4000)
    assert (second["checkout_session_id"], second["metadata"]) == (session["id"], {"ref": "r-2"})
    assert (refund["status"], refund["amount"], refund["payment_id"]) == ("succeeded", 4000, payment["id"])
    seen = books["checkout_sessions"][0]
    assert (seen["amount"], seen["currency"], seen["payments"]) == (10000, "PHP", [second["id"]])
    assert bench.control("GET", "paymongo/books?mode=live")["payments"] == []


def test_modes_share_nothing(bench: Bench) -> None:
    source = bench.source()
    assert bench.api("GET", f"/v1/sources/{source['id']}", key="sk_live_x").status_code == 404


# -- what a dashboard can do -------------------------------------------------------------------


def test_a_dashboard_refund_obeys_the_rules(bench: Bench) -> None:
    payment = bench.paid()
    refund = bench.control("POST", f"paymongo/payments/{payment['id']}/refund", {})
    assert refund["amount"] == 10000
    error = bench.control("POST", f"paymongo/payments/{payment['id']}/refund", {"amount": 100}, status=400)
    assert "not finished" in error["error"]


def test_an_extra_payment_on_a_source(bench: Bench) -> None:
    bench.hook(events=["payment.paid"])
    first = bench.paid()
    source_id = first["attributes"]["source"]["id"]
    extra = bench.control(
        "POST", "paymongo/extra-payment", {"source_id": source_id, "amount": 1, "currency": "USD"}
    )
    assert (extra["amount"], extra["currency"], extra["status"]) == (1, "USD", "paid")
    assert extra["id"] != first["id"]
    bench.flush()
    assert [body["attributes"]["data"]["id"] for body in bench.shop.bodies] == [first["id"], extra["id"]]
    assert bench.got(f"/v1/payments/{extra['id']}")["attributes"]["source"]["id"] == source_id


def test_an_extra_payment_on_a_session(bench: Bench) -> None:
    session = bench.session()
    bench.control("POST", f"paymongo/checkout_sessions/{session['id']}/pay", {})
    bench.control("POST", "paymongo/extra-payment", {"checkout_session_id": session["id"]})
    payments = bench.got(f"/v1/checkout_sessions/{session['id']}")["attributes"]["payments"]
    assert [p["attributes"]["amount"] for p in payments] == [10000, 10000]


def test_a_session_is_paid_once_from_here(bench: Bench) -> None:
    session = bench.session()
    bench.control("POST", f"paymongo/checkout_sessions/{session['id']}/pay", {"method": "cash"}, status=400)
    bench.control("POST", f"paymongo/checkout_sessions/{session['id']}/pay", {})
    for action in ("pay", "fail"):
        bench.control("POST", f"paymongo/checkout_sessions/{session['id']}/{action}", {}, status=409)
    assert [p["status"] for p in bench.control("GET", "paymongo/books")["payments"]] == ["paid"]


@pytest.mark.parametrize("money", [{"amount": 0}, {"amount": "5"}, {"currency": "PESO"}, {"currency": 1}])
def test_an_extra_payment_needs_real_money(bench: Bench, money: dict[str, Any]) -> None:
    source_id = bench.source()["id"]
    bench.control("POST", "paymongo/extra-payment", {"source_id": source_id} | money, status=400)
    assert bench.control("GET", "paymongo/books")["payments"] == []


def test_a_document_knows_only_its_own_actions(bench: Bench) -> None:
    bench.control("POST", f"paymongo/sources/{bench.source()['id']}/refund", {}, status=404)


@pytest.mark.parametrize(
    ("path", "doc", "status"),
    [
        ("paymongo/extra-payment", {}, 400),
        ("paymongo/extra-payment", {"source_id": "x", "checkout_session_id": "y"}, 400),
        ("paymongo/extra-payment", {"source_id": "x"}, 404),
        ("paymongo/extra-payment", {"source_id": ["x"]}, 404),
        ("paymongo/webhooks", {}, 400),
        ("paymongo/webhooks", {"url": "ftp://x"}, 400),
        ("paymongo/webhooks", {"url": "http://x.test/", "events": "payment.paid"}, 400),
        ("paymongo/webhooks", {"url": "http://x.test/", "events": [{}]}, 400),
        ("paymongo/webhooks", {"url": "http://x.test/", "mode": "demo"}, 400),
        ("paymongo/webhooks", {"url": "http://x.test/", "secret_key": "é"}, 400),
        ("paymongo/settings", {"minimum": 5}, 400),
        ("paymongo/settings", {"minimum": {"gifts": 5}}, 400),
        ("paymongo/settings", {"minimum": {"sources": 0}}, 400),
        ("paymongo/settings", {"colour": "red"}, 400),
        ("paymongo/settings", {"signature_time": "never"}, 400),
        ("paymongo/settings", {"signature_time": []}, 400),
        ("paymongo/settings", {"refund_seconds": 0.5}, 400),
        ("paymongo/settings", {"business_name": ""}, 400),
        ("paymongo/sources/src_x/authorize", {}, 404),
        ("paymongo/tables/x/drop", {}, 404),
        ("paymongo/nothing", {}, 404),
        ("stripe/books", {}, 404),
    ],
)
def test_wrong_calls_are_refused_with_a_reason(bench: Bench, path: str, doc: Any, status: int) -> None:
    before = bench.control("GET", "state")
    assert bench.control("POST", path, doc, status=status)["error"]
    assert bench.control("GET", "state") == before


@pytest.mark.parametrize("body", [b"{", b"[]", b"1", b"\xff", b"[" * 100_000])
def test_bodies_that_are_no_object(bench: Bench, body: bytes) -> None:
    answer = bench.run(bench.client.post("/_sandbox/api/faults", content=body))
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_registering_the_same_address_again_replaces(bench: Bench) -> None:
    first = bench.hook(secret_key="whsk_mine")
    assert first["secret_key"] == "whsk_mine"
    second = bench.hook(events=["payment.paid"])
    assert (second["id"], second["secret_key"], second["events"]) == (
        first["id"],
        "whsk_mine",
        ["payment.paid"],
    )


# -- seed and state ----------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_ids(bench: Bench) -> None:
    first = [bench.source()["id"] for _ in range(3)]
    bench.control("DELETE", "state")
    assert [bench.source()["id"] for _ in range(3)] == first
    assert len(set(first)) == 3


def test_export_and_import(bench: Bench) -> None:
    bench.shop.always = 500
    bench.hook()
    bench.fault("delivery", "delay", match={"event": "nothing"}, seconds=5)
    bench.paid()
    bench.flush()
    state = bench.control("GET", "state")
    bench.control("DELETE", "state")
    assert bench.control("GET", "paymongo/books")["payments"] == []
    bench.control("PUT", "state", state)
    assert bench.control("GET", "state") == state
    bench.shop.always = 200
    bench.advance(10)
    assert {delivery["state"] for delivery in bench.flush()} == {"delivered"}


@pytest.mark.parametrize("state", [{}, {"version": 2}, {"version": 1}, {"version": 1, "clock": [], "ids": 1}])
def test_a_broken_state_changes_nothing(bench: Bench, state: Any) -> None:
    bench.paid()
    before = bench.control("GET", "state")
    bench.control("PUT", "state", state, status=400)
    assert bench.control("GET", "state") == before


def test_a_reset_keeps_what_it_was_started_with() -> None:
    bench = Bench(**with_minimum(200))
    assert bench.source(amount=200)["attributes"]["amount"] == 200
    bench.control("POST", "paymongo/settings", {"minimum": {"sources": 300}})
    bench.control("DELETE", "state")
    assert bench.control("GET", "paymongo/settings")["minimum"] == {
        "sources": 200,
        "payment_intents": 200,
        "checkout_sessions": 200,
        "links": 200,
        "payments": 200,
        "refunds": 100,
    }
    bench.close()


def test_the_state_file_must_be_a_state(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    for text in ("{", "{}", "[]"):
        file.write_text(text)
        with pytest.raises(ControlError):
            create_app(Options(state_file=file))


# -- who may use it ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8900"}, 200),
        ({"Host": "[::1]:8900"}, 200),
        ({"Host": "rebound.example"}, 403),
        ({"Host": "127.0.0.1.rebound.example:8900"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://127.0.0.1:8900"}, 200),
        ({"Origin": "http://127.0.0.1:8000"}, 403),
        ({"Origin": "https://127.0.0.1:8900"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
@pytest.mark.parametrize("path", ["/_sandbox/api/health", "/_sandbox/"])
def test_host_and_origin(bench: Bench, headers: dict[str, str], status: int, path: str) -> None:
    assert bench.run(bench.client.get(path, headers=headers)).status_code == status


def test_another_site_cannot_make_a_browser_post(bench: Bench) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
    answer = bench.run(bench.client.post("/_sandbox/do/clock", data={"mode": "real"}, headers=headers))
    assert answer.status_code == 403
    assert bench.control("GET", "clock")["mode"] == "frozen"
