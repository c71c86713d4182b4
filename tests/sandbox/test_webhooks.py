"""Webhook endpoints and deliveries: who is told, when again, and when it is given up."""

from __future__ import annotations

import httpx2
import pytest

from tests.sandbox.bench import HOOK, START, Bench, signature_parts

TIMES = [START + 2 ** (n + 1) - 2 for n in range(13)]  # 0, +2, +4, +8, … +4096 s after one another


def authorize(bench: Bench) -> None:
    bench.control("POST", f"paymongo/sources/{bench.source()['id']}/authorize")


def test_register_list_update_disable_enable(bench: Bench) -> None:
    made = bench.made("/v1/webhooks", {"url": HOOK, "events": ["payment.paid"]})
    assert made["attributes"]["secret_key"].startswith("whsk_")
    assert made["attributes"]["status"] == "enabled"
    path = f"/v1/webhooks/{made['id']}"
    assert bench.api("GET", "/v1/webhooks").json() == {"has_more": False, "data": [made]}
    assert bench.got(path) == made
    changed = bench.api("PUT", path, {"events": ["payment.failed"]}).json()["data"]["attributes"]
    assert (changed["events"], changed["url"]) == (["payment.failed"], HOOK)
    disabled = bench.api("POST", f"{path}/disable").json()["data"]["attributes"]
    assert (disabled["status"], disabled["disabled_reason"]) == ("disabled", "disabled_by_merchant")
    enabled = bench.api("POST", f"{path}/enable").json()["data"]["attributes"]
    assert enabled["status"] == "enabled"
    assert "disabled_reason" not in enabled
    assert bench.api("DELETE", path).status_code == 404


def test_an_address_is_registered_once_per_mode(bench: Bench) -> None:
    attributes = {"url": HOOK, "events": ["payment.paid"]}
    bench.made("/v1/webhooks", attributes)
    answer = bench.api("POST", "/v1/webhooks", attributes)
    assert (answer.status_code, answer.json()["errors"][0]["source"]["pointer"]) == (400, "url")
    assert bench.api("POST", "/v1/webhooks", attributes, key="sk_live_x").status_code == 200


def test_moving_an_endpoint_to_a_taken_address_is_refused(bench: Bench) -> None:
    bench.made("/v1/webhooks", {"url": HOOK, "events": ["payment.paid"]})
    other = bench.made("/v1/webhooks", {"url": "http://other.test/", "events": ["payment.paid"]})
    path = f"/v1/webhooks/{other['id']}"
    assert bench.api("PUT", path, {"url": HOOK}).status_code == 400
    assert bench.api("PUT", path, {"url": "http://third.test/"}).json()["data"]["attributes"]["url"] == (
        "http://third.test/"
    )


def test_a_hostile_answer_is_read_only_so_far(bench: Bench) -> None:
    bench.hook()
    bench.shop.answers = [httpx2.Response(200, content=b" " * 10_000_000)]
    authorize(bench)
    assert bench.flush()[0]["attempts"][0]["outcome"] == "not taken as received"


def test_invented_events_are_refused(bench: Bench) -> None:
    answer = bench.api("POST", "/v1/webhooks", {"url": HOOK, "events": ["payment.created"]})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "parameter_invalid")


def test_only_what_was_asked_for_is_told(bench: Bench) -> None:
    bench.hook(events=["payment.paid"])
    bench.hook(url="http://other.test/hook", events=["source.chargeable"])
    bench.paid()
    bench.flush()
    assert [(str(r.url.host), e) for r, e in zip(bench.shop.seen, bench.shop.events, strict=True)] == [
        ("other.test", "source.chargeable"),
        ("shop.test", "payment.paid"),
    ]


def test_a_disabled_endpoint_misses_what_happens_meanwhile(bench: Bench) -> None:
    hook = bench.hook()
    bench.api("POST", f"/v1/webhooks/{hook['id']}/disable")
    authorize(bench)
    bench.api("POST", f"/v1/webhooks/{hook['id']}/enable")
    assert bench.flush() == []


def test_twelve_retries_at_growing_distances(bench: Bench) -> None:
    bench.shop.always = 500
    bench.hook()
    authorize(bench)
    bench.advance(8190)
    delivery = bench.flush()[0]
    assert delivery["state"] == "failed"
    assert [a["reason"] for a in delivery["attempts"]] == ["first"] + ["retry"] * 12
    assert [int(signature_parts(request)["t"]) for request in bench.shop.seen] == TIMES
    assert len({request.content for request in bench.shop.seen}) == 1
    bench.advance(10**6)
    assert len(bench.shop.seen) == 13


def test_a_retry_goes_out_exactly_when_it_is_due(bench: Bench) -> None:
    bench.shop.answers = [httpx2.Response(500)]
    bench.hook()
    authorize(bench)
    bench.flush()
    bench.advance(1.9)
    assert len(bench.shop.seen) == 1
    bench.advance(0.1)
    assert len(bench.shop.seen) == 2
    assert bench.flush()[0]["state"] == "delivered"


def test_a_retry_may_keep_the_first_time(bench: Bench) -> None:
    bench.control("POST", "paymongo/settings", {"signature_time": "first"})
    bench.shop.answers = [httpx2.Response(500)]
    bench.hook()
    authorize(bench)
    bench.advance(10)
    headers = [request.headers["Paymongo-Signature"] for request in bench.shop.seen]
    assert len(headers) == 2
    assert headers[0] == headers[1]


@pytest.mark.parametrize(
    ("answer", "received"),
    [
        (httpx2.Response(200, json={}), True),
        (httpx2.Response(209, json={}), True),
        (httpx2.Response(210, json={}), False),
        (httpx2.Response(200, text="OK"), False),
        (httpx2.Response(204), False),
        (httpx2.Response(302, headers={"location": "http://shop.test/elsewhere"}), False),
        (httpx2.Response(400, json={}), False),
        (httpx2.ConnectError("refused"), False),
        (httpx2.ReadTimeout("slow"), False),
    ],
)
def test_what_counts_as_received(bench: Bench, answer: httpx2.Response | Exception, received: bool) -> None:
    bench.hook()
    bench.shop.answers = [answer]
    authorize(bench)
    assert (bench.flush()[0]["state"] == "delivered") is received


def test_plain_text_counts_where_the_setting_says_so(bench: Bench) -> None:
    bench.control("POST", "paymongo/settings", {"acknowledge": "status"})
    bench.hook()
    bench.shop.answers = [httpx2.Response(200, text="OK")]
    authorize(bench)
    assert bench.flush()[0]["state"] == "delivered"


def test_three_exhausted_events_in_a_row_disable_the_endpoint(bench: Bench) -> None:
    bench.shop.always = 503
    hook = bench.hook()
    for _ in range(2):
        authorize(bench)
        bench.advance(8190)
    assert bench.got(f"/v1/webhooks/{hook['id']}")["attributes"]["status"] == "enabled"
    authorize(bench)
    bench.advance(8190)
    seen = bench.got(f"/v1/webhooks/{hook['id']}")["attributes"]
    assert (seen["status"], seen["disabled_reason"]) == ("disabled", "max_retries_exceeded")


def test_a_success_between_breaks_the_row(bench: Bench) -> None:
    hook = bench.hook()
    for status in (503, 503, 200, 503, 503):
        bench.shop.always = status
        authorize(bench)
        bench.advance(8190)
    assert bench.got(f"/v1/webhooks/{hook['id']}")["attributes"]["status"] == "enabled"


def test_what_waits_when_the_endpoint_is_disabled_is_missed(bench: Bench) -> None:
    bench.shop.always = 500
    hook = bench.hook()
    authorize(bench)
    bench.flush()
    bench.api("POST", f"/v1/webhooks/{hook['id']}/disable")
    bench.advance(10)
    assert bench.flush()[0]["state"] == "missed"
    assert len(bench.shop.seen) == 1


def test_a_resend_carries_the_same_event(bench: Bench) -> None:
    bench.hook()
    authorize(bench)
    delivery = bench.flush()[0]
    bench.advance(30)
    sent = bench.control("POST", f"deliveries/{delivery['id']}/resend", {"copies": 3, "concurrent": True})
    assert [a["reason"] for a in sent["attempts"]] == ["first", "resend", "duplicate", "duplicate"]
    assert len({request.content for request in bench.shop.seen}) == 1
    assert signature_parts(bench.shop.seen[-1])["t"] == str(START + 30)


def test_a_corrupt_resend_and_then_the_genuine_one(bench: Bench) -> None:
    bench.hook()
    bench.fault("delivery", "lose")
    authorize(bench)
    delivery = bench.flush()[0]
    assert (delivery["state"], bench.shop.seen) == ("lost", [])
    bench.shop.answers = [httpx2.Response(401)]
    bench.control("POST", f"deliveries/{delivery['id']}/resend", {"corrupt": True})
    genuine = bench.control("POST", f"deliveries/{delivery['id']}/resend", {})
    assert genuine["state"] == "delivered"
    bad, good = (signature_parts(request) for request in bench.shop.seen)
    assert bad["te"] != good["te"]
    assert bad["t"] == good["t"]


def test_unknown_deliveries(bench: Bench) -> None:
    bench.control("POST", "deliveries/wp_nothing/resend", {}, status=404)
    bench.control("POST", "deliveries/wp_nothing/release", {}, status=404)
    bench.control("GET", "deliveries/wp_nothing", status=404)
