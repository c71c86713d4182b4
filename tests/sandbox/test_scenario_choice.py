"""How a checkout comes to its scenario; chance, state, own scenarios, and what acts on a checkout."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from raseed.sandbox.exchange import Answer
from raseed.sandbox.front import ConnectionDropped
from raseed.sandbox.scenarios.catalogue import drawn, shipped
from tests.sandbox.bench import SECRET_KEY, Bench
from tests.sandbox.story import MINUTE, SESSION, chosen, purchase

# -- choosing ----------------------------------------------------------------------------------------


def scenarios_of(bench: Bench) -> list[list[str]]:
    return [row["scenarios"] for row in bench.control("GET", "checkouts")["checkouts"]]


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "Order 7 (sandbox:no-webhook)"},
        {"reference_number": "sandbox:no-webhook"},
        {"metadata": {"test": "sandbox:no-webhook"}},
        {"line_items": [{"name": "A", "amount": 3_885_010, "currency": "PHP", "quantity": 2}]},
        {"line_items": [{"name": "A", "amount": 7_770_020, "currency": "PHP", "quantity": 1}]},
    ],
)
def test_a_checkout_asks_by_its_own_data(bench: Bench, changes: dict[str, Any]) -> None:
    bench.session(**changes)
    bench.session()
    assert scenarios_of(bench) == [["no-webhook"], []]


def test_the_header_beats_the_marker_and_the_marker_beats_what_is_armed(bench: Bench) -> None:
    bench.control("POST", "scenarios/hang")
    chosen(bench, "declined", description="sandbox:no-webhook")
    bench.session(description="sandbox:no-webhook")
    assert scenarios_of(bench) == [["declined"], ["no-webhook"]]
    assert len(bench.control("GET", "scenarios")["armed"]) == 1


def test_armed_for_the_next_checkout_only(bench: Bench) -> None:
    armed = bench.control("POST", "scenarios/no-webhook")
    assert (armed["scenario"], armed["times"]) == ("no-webhook", 1)
    bench.api("POST", "/v1/sources", {"type": "gcash"})  # refused: it opens nothing and uses nothing up
    bench.session()
    bench.session()
    assert scenarios_of(bench) == [["no-webhook"], []]


def test_armed_for_a_reference_and_for_a_gateway(bench: Bench) -> None:
    bench.control("POST", "scenarios/declined", {"reference": "r-77", "gateway": "paymongo", "times": None})
    bench.session()
    bench.session(reference_number="r-77")
    bench.session(metadata={"ref": "r-77"})
    assert scenarios_of(bench) == [[], ["declined"], ["declined"]]
    assert bench.control("DELETE", "scenarios/armed") == {"armed": []}
    bench.session(reference_number="r-77")
    assert scenarios_of(bench)[-1] == []


def test_scenarios_combine(bench: Bench) -> None:
    bench.hook(events=["payment.paid"])
    chosen(bench, "duplicate-3+pays")
    bench.flush()
    assert bench.shop.events == ["payment.paid"] * 3


def test_a_payer_who_tries_again_by_itself(bench: Bench) -> None:
    bench.hook(events=["payment.paid", "payment.failed"])
    chosen(bench, "declined-3-then-paid+pays")
    bench.advance(MINUTE)
    assert bench.shop.events == ["payment.failed"] * 3
    bench.advance(MINUTE)
    assert bench.shop.events == ["payment.failed"] * 3 + ["payment.paid"]


def test_the_same_answer_again_starts_nothing_anew(bench: Bench) -> None:
    bench.session(description="sandbox:declined-then-paid")
    row = bench.control("GET", "checkouts")["checkouts"][0]
    bench.control("POST", f"checkouts/{row['id']}/pay")
    _, exchange = bench.sandbox.replays._kept[1]
    again = bench.sandbox.director.opening(bench.sandbox.gateways["paymongo"], exchange)
    assert again is not None
    document = {"data": bench.got(f"/v1/checkout_sessions/{row['id']}")}
    bench.sandbox.director.opened(again, Answer.json(document))
    assert again.checkout == ""
    assert bench.control("GET", "checkouts")["checkouts"][0]["news"] == ["declined"]


def test_one_checkout_leaves_the_others_alone(bench: Bench) -> None:
    bench.hook(events=["payment.paid"])
    for session in (chosen(bench, "no-webhook"), bench.session()):
        bench.control("POST", f"checkouts/{session['id']}/pay")
    assert len(bench.shop.events) == 1


@pytest.mark.parametrize("text", ["nonsense", "no-webhook+nonsense", "+", "a" * 300])
def test_an_unknown_scenario_is_refused(bench: Bench, text: str) -> None:
    answer = bench.api("POST", "/v1/checkout_sessions", SESSION, headers={"X-Sandbox-Scenario": text})
    assert answer.status_code == 400
    assert "there is no scenario" in answer.json()["errors"][0]["detail"]
    assert scenarios_of(bench) == []
    assert bench.control("POST", "scenarios/nonsense", status=404)["error"]


@pytest.mark.parametrize("doc", [{"times": 0}, {"times": "1"}, {"gateway": "moon"}, {"reference": 7}])
def test_arming_wrongly(bench: Bench, doc: dict[str, Any]) -> None:
    assert bench.control("POST", "scenarios/hang", doc, status=400)["error"]
    assert bench.control("GET", "scenarios")["armed"] == []


# -- chance, the state, and scenarios of one's own -------------------------------------------------------


def test_random_is_the_same_for_the_same_number() -> None:
    stories = [purchase("random-7", 1) for _ in range(2)]
    assert stories[0] == stories[1]
    assert len({drawn(number) for number in range(50)}) > 20
    assert purchase("random-3", 1) != stories[0]


def test_a_plain_random_follows_the_seed() -> None:
    runs = []
    for _ in range(2):
        bench = Bench()
        for _ in range(4):
            bench.run(_quietly(bench))
        runs.append(scenarios_of(bench))
        bench.close()
    assert runs[0] == runs[1]
    assert len({tuple(names) for names in runs[0]}) > 1


async def _quietly(bench: Bench) -> None:
    call = bench.client.post(
        "/paymongo/v1/checkout_sessions",
        json={"data": {"attributes": SESSION}},
        auth=(SECRET_KEY, ""),
        headers={"X-Sandbox-Scenario": "random"},
    )
    with contextlib.suppress(ConnectionDropped, TimeoutError):
        await asyncio.wait_for(call, 0.25)


def test_a_scenario_survives_in_the_exported_state(bench: Bench) -> None:
    session = chosen(bench, "dashboard-refund+duplicate-3")
    state = bench.control("GET", "state")
    other = Bench()
    try:
        other.control("PUT", "state", state)
        other.hook(events=["payment.paid", "payment.refunded"])
        other.control("POST", f"checkouts/{session['id']}/pay")
        other.advance(2 * MINUTE)
        assert other.shop.events == ["payment.paid"] * 3 + ["payment.refunded"] * 3
    finally:
        other.close()


@pytest.mark.parametrize("row", [{}, {"gateway": "moon"}])
def test_a_state_with_a_broken_checkout_is_refused_whole(bench: Bench, row: dict[str, Any]) -> None:
    chosen(bench, "no-webhook")
    state = bench.control("GET", "state")
    checkouts = state["tables"]["scenarios/checkouts"]
    whole = next(iter(checkouts.values()))
    broken = {**state["tables"], "scenarios/checkouts": {"cs_x": {**whole, **row} if row else {}}}
    bench.control("PUT", "state", {**state, "tables": broken}, status=400)
    assert scenarios_of(bench) == [["no-webhook"]]


def test_a_scenario_of_ones_own(bench: Bench) -> None:
    stated = bench.control(
        "POST",
        "scenarios",
        {
            "name": "half-back",
            "meaning": "Half comes back after an hour.",
            "faults": [{"on": "checkout", "fault": "refund", "seconds": 3600, "percent": 50}],
        },
    )
    assert stated["group"] == "own"
    assert stated in bench.control("GET", "scenarios")["scenarios"]
    session = bench.session(description="sandbox:half-back")
    bench.control("POST", f"checkouts/{session['id']}/pay")
    bench.advance(3600)
    assert [r["amount"] for r in bench.control("GET", "paymongo/books")["refunds"]] == [5000]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "hang"},
        {"name": "random-1"},
        {"name": "Two Words"},
        {"name": 7},
        {"meaning": ""},
        {"faults": {}},
        {"faults": ["lose"]},
        {"faults": [{"on": "delivery", "fault": "dance"}]},
        {"faults": [{"on": "checkout", "fault": "refund", "when": "someday"}]},
        {"faults": [{"on": "delivery", "fault": "lose", "match": {"news": "weather"}}]},
    ],
)
def test_a_scenario_stated_wrongly(bench: Bench, changes: dict[str, Any]) -> None:
    doc = {"name": "mine", "meaning": "Something.", "faults": []} | changes
    assert bench.control("POST", "scenarios", doc, status=400)["error"]
    assert len(bench.control("GET", "scenarios")["scenarios"]) == len(shipped())


# -- the neutral side of a checkout ----------------------------------------------------------------------


def test_the_same_words_for_a_source_and_a_session(bench: Bench) -> None:
    bench.hook(events=["source.chargeable", "payment.paid", "payment.refunded"])
    source, session = bench.source(), bench.session()
    bench.control("POST", f"checkouts/{source['id']}/pay")
    bench.charge(source)
    bench.control("POST", f"checkouts/{session['id']}/pay")
    for checkout in (source, session):
        bench.control("POST", f"checkouts/{checkout['id']}/refund", {"amount": 2500})
        row = bench.control("POST", f"checkouts/{checkout['id']}/charge-again", {"amount": 3000})
        assert row["news"][-1] == "paid"
    books = bench.control("GET", "paymongo/books")
    assert [refund["amount"] for refund in books["refunds"]] == [2500, 2500]
    assert sorted(p["amount"] for p in books["payments"]) == [3000, 3000, 10_000, 10_000]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("cs_nobody/pay", {}, 404),
        ("{}/dance", {}, 404),
        ("{}/refund", {}, 409),
        ("{}/refund", {"amount": 0}, 400),
        ("{}/charge-again", {"amount": 5, "currency": "PESO"}, 400),
    ],
)
def test_what_a_checkout_does_not_know(bench: Bench, path: str, body: Any, status: int) -> None:
    checkout = bench.session()["id"]
    assert bench.control("POST", f"checkouts/{path.format(checkout)}", body, status=status)["error"]


def test_faults_for_every_gateway_and_for_checkouts(bench: Bench) -> None:
    doc = {"on": "checkout", "fault": "refund", "seconds": 5, "match": {"reference": "r-9"}, "times": 1}
    assert bench.control("POST", "faults", doc)["gateway"] == "*"
    bench.control("POST", "faults", {"on": "delivery", "fault": "lose", "match": {"news": "refunded"}})
    bench.hook(events=["payment.paid", "payment.refunded"])
    for reference in ("r-8", "r-9", "r-9"):
        session = bench.session(reference_number=reference)
        bench.control("POST", f"checkouts/{session['id']}/pay")
    bench.advance(MINUTE)
    assert bench.shop.events == ["payment.paid"] * 3
    assert len(bench.control("GET", "paymongo/books")["refunds"]) == 1
