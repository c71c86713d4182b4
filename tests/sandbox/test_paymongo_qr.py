"""QR Ph: the code, its test page, and its end."""

from __future__ import annotations

import base64
from datetime import datetime

import pytest

from tests.sandbox.bench import START, Bench
from tests.sandbox.paymongo_calls import attach, attached, intent, method, page_of, refusal, seen

PNG = b"\x89PNG\r\n\x1a\n"


def test_the_code(bench: Bench) -> None:
    action = attached(bench, "qrph")["attributes"]["next_action"]
    assert action["type"] == "consume_qr"
    code = action["code"]
    kind, _, image = code["image_url"].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(image).startswith(PNG)
    assert code["expires_at"] == "2026-01-01T08:30:00.000+08:00"
    assert datetime.fromisoformat(code["expires_at"]).timestamp() == START + 1800


def test_it_needs_no_address_to_come_back_to(bench: Bench) -> None:
    made = intent(bench, payment_method_allowed=["qrph"])
    answer = attach(bench, made, method(bench, "qrph"), return_url=None)
    waiting = answer.json()["data"]
    done = bench.submit(page_of(waiting), action="authorize")
    assert (done.status_code, "The payment is made" in done.text) == (200, True)


def test_the_test_page_shows_the_image_and_nothing_foreign(bench: Bench) -> None:
    page = bench.page(page_of(attached(bench, "qrph")))
    assert 'src="data:image/png;base64,' in page.text
    assert "img-src data:" in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_paying(bench: Bench) -> None:
    bench.hook()
    waiting = attached(bench, "qrph")
    bench.submit(page_of(waiting), action="authorize")
    bench.flush()
    assert bench.shop.events == ["payment.paid"]
    source = seen(bench, waiting)["payments"][0]["attributes"]["source"]
    assert source["provider"]["code_id"] == waiting["attributes"]["next_action"]["code"]["id"]
    assert source["provider"]["code_id"].startswith("code_")


def test_a_bank_that_rejects(bench: Bench) -> None:
    waiting = attached(bench, "qrph")
    bench.submit(page_of(waiting), action="fail")
    assert seen(bench, waiting)["payments"][0]["attributes"]["failed_code"] == "RJCT"


@pytest.mark.parametrize("seconds", [60, 1800, 9000])
def test_an_expired_code_has_an_event_of_its_own(bench: Bench, seconds: int) -> None:
    bench.hook()
    made = intent(bench, payment_method_allowed=["qrph"])
    bench.advance(100)
    chosen = method(bench, "qrph", expiry_seconds=seconds)
    bench.advance(500)  # the time runs from the attach
    waiting = attach(bench, made, chosen).json()["data"]
    bench.advance(seconds - 1)
    assert seen(bench, made)["status"] == "awaiting_next_action"
    bench.advance(1)
    now = seen(bench, made)
    assert (now["status"], now["payments"], now["last_payment_error"]) == (
        "awaiting_payment_method",
        [],
        None,
    )
    assert bench.shop.events == ["qrph.expired"]
    qrph = bench.shop.bodies[0]["attributes"]["data"]
    assert (qrph["type"], qrph["id"][:5]) == ("qrph", "qrph_")
    assert set(qrph["attributes"]) == {
        "code_id", "livemode", "organization_id", "created_at", "source_id", "source_status",
        "payment_intent_id",
    }  # fmt: skip
    assert qrph["attributes"]["created_at"] == "2026-01-01T08:10:00.000+08:00"
    assert qrph["attributes"]["payment_intent_id"] == made["id"]
    assert qrph["attributes"]["code_id"] == waiting["attributes"]["next_action"]["code"]["id"]
    assert qrph["attributes"]["source_status"] == "expired"


def test_expiring_by_hand(bench: Bench) -> None:
    bench.hook()
    waiting = attached(bench, "qrph")
    bench.submit(page_of(waiting), action="expire")
    bench.flush()
    assert bench.shop.events == ["qrph.expired"]
    bench.advance(9000)
    assert bench.shop.events == ["qrph.expired"]


@pytest.mark.parametrize(
    ("kind", "seconds", "code"),
    [
        ("qrph", 59, "parameter_below_minimum"),
        ("qrph", 9001, "parameter_above_maximum"),
        ("qrph", "60", "parameter_data_type_invalid"),
        ("gcash", 60, "parameter_invalid"),
    ],
)
def test_wrong_expiry(bench: Bench, kind: str, seconds: object, code: str) -> None:
    answer = bench.api("POST", "/v1/payment_methods", {"type": kind, "expiry_seconds": seconds})
    assert refusal(answer) == (400, code)


def test_a_checkout_can_be_paid_by_code(bench: Bench) -> None:
    url = bench.session(payment_method_types=["qrph"])["attributes"]["checkout_url"]
    page = bench.submit(url, method="qrph").headers["location"]
    assert bench.submit(page, action="authorize").headers["location"] == "http://shop.test/ok"
