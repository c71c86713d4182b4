"""Every fault, by name: what the shop sees of it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Any

import httpx2
import pytest

from raseed.sandbox.front import ConnectionDropped
from tests.sandbox.bench import HOOK, Bench, signature_parts

SOURCE = {
    "type": "gcash",
    "amount": 10000,
    "currency": "PHP",
    "redirect": {"success": "http://shop.test/ok", "failed": "http://shop.test/no"},
}


def agree(bench: Bench, **changes: Any) -> dict[str, Any]:
    source = bench.source(**changes)
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize")
    return source


# -- deliveries --------------------------------------------------------------------------------


def test_lose(bench: Bench) -> None:
    bench.hook()
    bench.fault("delivery", "lose", times=1)
    agree(bench)
    bench.advance(10_000)
    assert bench.shop.seen == []
    agree(bench)
    bench.flush()
    assert bench.shop.events == ["source.chargeable"]


@pytest.mark.parametrize("concurrent", [True, False])
def test_duplicate(bench: Bench, concurrent: bool) -> None:
    bench.hook()
    bench.fault("delivery", "duplicate", copies=5, concurrent=concurrent)
    agree(bench)
    delivery = bench.flush()[0]
    assert len(bench.shop.seen) == len(delivery["attempts"]) == 5
    assert len({body["id"] for body in bench.shop.bodies}) == 1


def test_concurrent_copies_are_under_way_together(bench: Bench) -> None:
    bench.hook()
    bench.fault("delivery", "duplicate", copies=4, concurrent=True)
    under_way: list[int] = []

    async def count(_body: dict[str, Any]) -> None:
        under_way.append(1)
        for _ in range(50):
            if len(under_way) == 4:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the copies did not arrive together")

    bench.shop.on_delivery = count
    agree(bench)
    assert bench.flush()[0]["state"] == "delivered"


def test_delay(bench: Bench) -> None:
    bench.hook()
    bench.fault("delivery", "delay", seconds=60)
    agree(bench)
    bench.advance(59)
    assert bench.shop.seen == []
    bench.advance(1)
    assert bench.shop.events == ["source.chargeable"]


def test_hold_until_released(bench: Bench) -> None:
    bench.hook()
    bench.fault("delivery", "hold")
    agree(bench)
    bench.advance(10_000)
    held = bench.flush()[0]
    assert (held["state"], bench.shop.seen) == ("held", [])
    assert bench.control("POST", f"deliveries/{held['id']}/release")["state"] == "delivered"
    assert bench.shop.events == ["source.chargeable"]
    bench.control("POST", f"deliveries/{held['id']}/release", status=409)


def test_reorder(bench: Bench) -> None:
    bench.hook()
    bench.fault("delivery", "reorder", match={"event": "payment.paid"})
    session = bench.session()
    bench.control("POST", f"paymongo/checkout_sessions/{session['id']}/pay")
    bench.flush()
    assert bench.shop.events == ["checkout_session.payment.paid", "payment.paid"]


def test_reorder_without_another_delivery_goes_out_at_last(bench: Bench) -> None:
    bench.hook()
    bench.fault("delivery", "reorder", seconds=20)
    agree(bench)
    bench.advance(19)
    assert bench.shop.seen == []
    bench.advance(1)
    assert len(bench.shop.seen) == 1


@pytest.mark.parametrize("name", ["corrupt_signature", "wrong_secret"])
def test_a_bad_signature_once_and_then_the_genuine_copy(bench: Bench, name: str) -> None:
    bench.hook()
    bench.fault("delivery", name, times=1)
    bench.shop.answers = [httpx2.Response(401)]
    agree(bench)
    bench.advance(2)
    bad, good = bench.shop.seen
    assert bad.content == good.content
    secret = bench.control("GET", "paymongo/books")["webhooks"][0]["secret_key"]
    for request, genuine in ((bad, False), (good, True)):
        assert (signature_parts(request)["te"] == _digest(secret, request)) is genuine
    assert bench.flush()[0]["attempts"][0]["fault"] == name


def _digest(secret: str, request: httpx2.Request) -> str:
    signed = f"{signature_parts(request)['t']}.".encode() + request.content
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def test_early_arrives_before_the_call_is_answered(bench: Bench) -> None:
    bench.hook(events=["payment.paid"])
    bench.fault("delivery", "early", match={"event": "payment.paid"})
    source = agree(bench)
    bench.charge(source)
    assert bench.shop.events == ["payment.paid"]  # nobody flushed: it was awaited within the call
    kinds = [entry["kind"] for entry in bench.control("GET", "log")["entries"]]
    assert kinds[-3:] == ["request", "delivery", "response"]


def test_early_gives_up_waiting(bench: Bench) -> None:
    async def stuck(_body: dict[str, Any]) -> None:
        await asyncio.sleep(0.2)

    bench.hook(events=["payment.paid"])
    bench.shop.on_delivery = stuck
    bench.fault("delivery", "early", wait_seconds=0.01)
    assert bench.charge(agree(bench)).status_code == 200
    assert bench.flush()[0]["state"] == "delivered"


def test_another_amount_or_currency_in_the_delivery_only(bench: Bench) -> None:
    bench.hook(events=["payment.paid"])
    bench.fault("delivery", "amount", minor=1)
    bench.fault("delivery", "currency", code="USD")
    payment = bench.charge(agree(bench)).json()["data"]
    bench.flush()
    told = bench.shop.bodies[0]["attributes"]["data"]["attributes"]
    assert (told["amount"], told["currency"]) == (1, "USD")
    kept = bench.got(f"/v1/payments/{payment['id']}")["attributes"]
    assert (kept["amount"], kept["currency"]) == (10000, "PHP")


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({"event": "payment.paid"}, False),
        ({"event": "source.*"}, True),
        ({"reference": "r-77"}, True),
        ({"reference": "r-78"}, False),
        ({"amount": 10000}, True),
        ({"amount": 10001}, False),
        ({"path": HOOK}, True),
        ({"event": "source.chargeable", "reference": "r-78"}, False),
    ],
)
def test_matching_deliveries(bench: Bench, match: dict[str, Any], hit: bool) -> None:
    bench.hook()
    bench.fault("delivery", "lose", match=match)
    agree(bench, metadata={"ref": "r-77"})
    assert (bench.flush()[0]["state"] == "lost") is hit


# -- requests ----------------------------------------------------------------------------------


def test_error_before_does_nothing(bench: Bench) -> None:
    bench.fault("request", "error_before", status=503, times=1)
    assert bench.api("POST", "/v1/sources", SOURCE).status_code == 503
    assert bench.control("GET", "paymongo/books")["sources"] == []
    assert bench.api("POST", "/v1/sources", SOURCE).status_code == 200


def test_error_after_does_the_work(bench: Bench) -> None:
    bench.hook(events=["payment.paid"])
    source = agree(bench)
    bench.fault("request", "error_after", status=502, match={"path": "/v1/payments", "method": "POST"})
    assert bench.charge(source).status_code == 502
    assert bench.control("GET", "paymongo/books")["payments"][0]["status"] == "paid"
    bench.flush()
    assert bench.shop.events == ["payment.paid"]


def test_drop_before_and_after(bench: Bench) -> None:
    bench.fault("request", "drop_before", times=1)
    with pytest.raises(ConnectionDropped):
        bench.api("POST", "/v1/sources", SOURCE)
    assert bench.control("GET", "paymongo/books")["sources"] == []
    bench.fault("request", "drop_after", times=1)
    with pytest.raises(ConnectionDropped):
        bench.api("POST", "/v1/sources", SOURCE)
    assert len(bench.control("GET", "paymongo/books")["sources"]) == 1


@pytest.mark.parametrize(("name", "done"), [("hang_before", 0), ("hang_after", 1)])
def test_hanging(bench: Bench, name: str, done: int) -> None:
    bench.fault("request", name, seconds=5)

    async def impatient() -> None:
        await asyncio.wait_for(
            bench.client.post("/paymongo/v1/sources", json=envelope, auth=("sk_test_x", "")), 0.1
        )

    envelope = {"data": {"attributes": SOURCE}}
    with pytest.raises(TimeoutError):
        bench.run(impatient())
    assert len(bench.control("GET", "paymongo/books")["sources"]) == done


def test_hanging_ends_after_its_seconds(bench: Bench) -> None:
    bench.fault("request", "hang_after", seconds=0.01)
    assert bench.api("POST", "/v1/sources", SOURCE).status_code == 200


def test_webhooks_go_out_while_the_answer_hangs(bench: Bench) -> None:
    bench.hook(events=["payment.paid"])
    source = agree(bench)
    bench.fault("request", "hang_after", seconds=0.3, match={"path": "/v1/payments"})
    arrived = asyncio.Event()

    async def note(_body: dict[str, Any]) -> None:
        arrived.set()

    bench.shop.on_delivery = note

    async def both() -> None:
        named = {"id": source["id"], "type": "source"}
        body = {"data": {"attributes": {"amount": 10000, "currency": "PHP", "source": named}}}
        call = asyncio.create_task(
            bench.client.post("/paymongo/v1/payments", json=body, auth=("sk_test_x", ""))
        )
        await asyncio.wait_for(arrived.wait(), 0.25)
        assert not call.done()
        assert (await call).status_code == 200

    bench.run(both())


def test_rate_limit(bench: Bench) -> None:
    bench.fault("request", "rate_limit", times=2)
    answers = [bench.api("GET", "/v1/payments") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].text == "Too many requests, please try again later."


def test_another_amount_in_the_answer(bench: Bench) -> None:
    payment = bench.charge(agree(bench)).json()["data"]
    bench.fault("request", "amount", minor=9999, match={"path": "/v1/payments/*"})
    bench.fault("request", "currency", code="USD", match={"path": "/v1/payments/*"})
    seen = bench.got(f"/v1/payments/{payment['id']}")["attributes"]
    assert (seen["amount"], seen["currency"]) == (9999, "USD")
    bench.control("DELETE", "faults")
    assert bench.got(f"/v1/payments/{payment['id']}")["attributes"]["amount"] == 10000


def test_auto_authorize_tells_before_it_answers(bench: Bench) -> None:
    bench.hook()
    bench.fault("request", "auto_authorize", match={"path": "/v1/sources"})
    source = bench.source()
    assert bench.shop.events == ["source.chargeable"]
    assert source["attributes"]["status"] == "pending"  # the answer shows it as it was made
    assert bench.got(f"/v1/sources/{source['id']}")["attributes"]["status"] == "chargeable"


@pytest.mark.parametrize(("wanted", "used"), [("grab_pay", "grab_pay"), ("nothing", "gcash")])
def test_auto_pay_tells_before_it_answers(bench: Bench, wanted: str, used: str) -> None:
    bench.hook()
    bench.fault("request", "auto_pay", method=wanted)
    session = bench.session()
    assert sorted(bench.shop.events) == ["checkout_session.payment.paid", "payment.paid"]
    assert session["attributes"]["payments"] == []
    seen = bench.got(f"/v1/checkout_sessions/{session['id']}")["attributes"]
    assert seen["payment_method_used"] == used


def test_a_lost_answer_after_the_payer_agreed(bench: Bench) -> None:
    bench.hook()
    bench.fault("request", "auto_authorize")
    bench.fault("request", "error_after", times=1)
    assert bench.api("POST", "/v1/sources", SOURCE).status_code == 500
    assert bench.shop.events == ["source.chargeable"]


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({"path": "/v1/payments/*", "method": "get"}, True),
        ({"path": "/v1/payments"}, False),
        ({"method": "POST"}, False),
        ({"reference": "r-77"}, True),
        ({"reference": "r-78"}, False),
        ({"amount": 10000}, True),
        ({"amount": 5}, False),
    ],
)
def test_matching_requests_also_by_what_they_name(bench: Bench, match: dict[str, Any], hit: bool) -> None:
    payment = bench.charge(agree(bench, metadata={"ref": "r-77"})).json()["data"]
    bench.fault("request", "error_before", match=match)
    assert (bench.api("GET", f"/v1/payments/{payment['id']}").status_code == 500) is hit


def test_pages_are_struck_only_where_a_path_says_so(bench: Bench) -> None:
    url = bench.source()["attributes"]["redirect"]["checkout_url"]
    bench.fault("request", "error_before")
    assert bench.page(url).status_code == 200
    bench.fault("request", "error_before", match={"path": "/sources"})
    assert bench.page(url).status_code == 500


# -- stating faults ----------------------------------------------------------------------------


def test_listing_counting_and_removing(bench: Bench) -> None:
    made = bench.fault("request", "rate_limit", times=1)
    assert (made["hits"], made["times"], made["match"]) == (0, 1, {})
    bench.api("GET", "/v1/payments")
    assert bench.control("GET", "faults")["faults"][0]["hits"] == 1
    bench.control("DELETE", f"faults/{made['id']}")
    bench.control("DELETE", f"faults/{made['id']}", status=404)
    assert bench.control("GET", "faults") == {"faults": []}


@pytest.mark.parametrize(
    "changes",
    [
        {"gateway": "other"},
        {"on": "moon"},
        {"on": ["delivery"]},
        {"fault": "rate_limit"},
        {"fault": "unknown"},
        {"fault": {}},
        {"times": 0},
        {"times": True},
        {"times": "1"},
        {"match": []},
        {"match": {"colour": "red"}},
        {"match": {"event": 1}},
        {"match": {"amount": "200"}},
        {"seconds": 3},
        {"fault": "delay", "seconds": -1},
        {"fault": "delay", "seconds": "3"},
        {"fault": "duplicate", "copies": 0},
        {"fault": "duplicate", "concurrent": 1},
        {"fault": "amount"},
        {"fault": "currency", "code": "PESO"},
        {"on": "request", "fault": "error_after", "status": 200},
    ],
)
def test_a_wrong_statement_is_refused_with_a_reason(bench: Bench, changes: dict[str, Any]) -> None:
    doc = {"gateway": "paymongo", "on": "delivery", "fault": "lose"} | changes
    assert bench.control("POST", "faults", doc, status=400)["error"]
    assert bench.control("GET", "faults") == {"faults": []}
