"""Webhook processes: the list of an endpoint's deliveries, and sending one again; the endpoint's end."""

from __future__ import annotations

from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import refusal


def authorize(bench: Bench) -> None:
    bench.control("POST", f"paymongo/sources/{bench.source()['id']}/authorize")


def processes(bench: Bench, hook: dict) -> list[dict]:  # type: ignore[type-arg]
    return bench.api("GET", f"/v1/webhooks/{hook['id']}/processes").json()["data"]


def test_every_delivery_is_listed_newest_first(bench: Bench) -> None:
    hook, other = bench.hook(), bench.hook(url="http://other.test/hook")
    bench.paid()
    bench.flush()
    found = processes(bench, hook)
    assert [p["attributes"]["event_type"] for p in found] == ["payment.paid", "source.chargeable"]
    assert {p["attributes"]["status"] for p in found} == {"success"}
    assert {(p["type"], p["id"][:3]) for p in found} == {("webhook_process", "wp_")}
    assert len(processes(bench, other)) == 2
    assert bench.api("GET", "/v1/webhooks/hook_x/processes").status_code == 404


def test_sending_again_what_arrived(bench: Bench) -> None:
    hook = bench.hook()
    authorize(bench)
    bench.flush()
    process = processes(bench, hook)[0]
    assert bench.api("POST", f"/v1/webhook_processes/{process['id']}/retry").status_code == 200
    bench.flush()
    assert len(bench.shop.seen) == 2
    assert bench.shop.seen[0].content == bench.shop.seen[1].content
    assert len(processes(bench, hook)) == 1


def test_sending_again_what_was_given_up(bench: Bench) -> None:
    hook = bench.hook()
    bench.shop.always = 500
    authorize(bench)
    bench.advance(8190)
    process = processes(bench, hook)[0]
    assert (process["attributes"]["status"], process["attributes"]["attempts"]) == ("failed", 13)
    bench.shop.always = 200
    bench.api("POST", f"/v1/webhook_processes/{process['id']}/retry")
    bench.flush()
    assert processes(bench, hook)[0]["attributes"]["status"] == "success"


def test_sending_at_once_what_would_wait(bench: Bench) -> None:
    hook = bench.hook()
    bench.shop.always = 500
    authorize(bench)
    bench.advance(100)
    bench.shop.always = 200
    process = processes(bench, hook)[0]
    assert process["attributes"]["status"] == "pending"
    bench.api("POST", f"/v1/webhook_processes/{process['id']}/retry")
    bench.flush()
    assert processes(bench, hook)[0]["attributes"]["status"] == "success"


def test_only_while_the_endpoint_is_enabled(bench: Bench) -> None:
    hook = bench.hook()
    authorize(bench)
    bench.flush()
    path = f"/v1/webhook_processes/{processes(bench, hook)[0]['id']}/retry"
    bench.api("POST", f"/v1/webhooks/{hook['id']}/disable")
    assert refusal(bench.api("POST", path)) == (400, "resource_failed_state")
    bench.api("POST", f"/v1/webhooks/{hook['id']}/enable")
    assert bench.api("POST", path).status_code == 200
    assert refusal(bench.api("POST", "/v1/webhook_processes/wp_x/retry")) == (404, "resource_not_found")


def test_the_other_mode_sees_nothing(bench: Bench) -> None:
    hook = bench.hook()
    authorize(bench)
    path = f"/v1/webhook_processes/{processes(bench, hook)[0]['id']}/retry"
    assert bench.api("POST", path, key="sk_live_x").status_code == 404


def test_three_exhausted_events_disable_the_endpoint(bench: Bench) -> None:
    hook = bench.hook()
    bench.shop.always = 500
    for number in range(1, 4):
        authorize(bench)
        bench.advance(8190)
        status = bench.got(f"/v1/webhooks/{hook['id']}")["attributes"]
        assert status["status"] == ("disabled" if number == 3 else "enabled")
    assert status["disabled_reason"] == "max_retries_exceeded"
    authorize(bench)
    bench.flush()
    assert len(processes(bench, hook)) == 3
