"""Payment intents: made, attached, agreed, failed, expired."""

from __future__ import annotations

import pytest

from raseed.sandbox.exchange import ControlError
from tests.sandbox.bench import Bench
from tests.sandbox.paymongo_calls import (
    RETURN,
    attach,
    attached,
    card,
    intent,
    method,
    page_of,
    refusal,
    seen,
)

CAPTURED = {
    "amount", "capture_type", "client_key", "currency", "description", "livemode", "original_amount",
    "statement_descriptor", "status", "last_payment_error", "payment_method_allowed", "payments",
    "next_action", "payment_method_options", "metadata", "setup_future_usage", "created_at", "updated_at",
}  # fmt: skip


def test_a_new_intent_looks_like_the_captures(bench: Bench) -> None:
    made = intent(bench, metadata={"foo": "bar"})
    attributes = made["attributes"]
    assert (made["type"], set(attributes)) == ("payment_intent", CAPTURED)
    assert made["id"].startswith("pi_")
    assert len(made["id"]) == 27
    assert attributes["client_key"].startswith(f"{made['id']}_client_")
    assert (attributes["status"], attributes["statement_descriptor"]) == (
        "awaiting_payment_method",
        "PAYMONGO",
    )
    assert attributes["payment_method_options"] == {"card": {"request_three_d_secure": "any"}}
    assert (attributes["next_action"], attributes["payments"]) == (None, [])
    assert bench.got(f"/v1/payment_intents/{made['id']}") == made


def test_without_a_card_there_are_no_options(bench: Bench) -> None:
    assert intent(bench, payment_method_allowed=["gcash"])["attributes"]["payment_method_options"] is None


@pytest.mark.parametrize("kind", ["gcash", "paymaya", "grab_pay", "shopee_pay", "billease", "atome"])
def test_a_wallet_from_attach_to_paid(bench: Bench, kind: str) -> None:
    bench.hook()
    waiting = attached(bench, kind)
    action = waiting["attributes"]["next_action"]
    assert (action["type"], action["redirect"]["return_url"]) == ("redirect", RETURN)
    page = bench.page(page_of(waiting))
    assert page.status_code == 200
    assert "<script" not in page.text
    assert bench.submit(page_of(waiting), action="authorize").headers["location"] == RETURN
    now = seen(bench, waiting)
    assert (now["status"], now["next_action"]) == ("succeeded", None)
    source = now["payments"][0]["attributes"]["source"]
    assert (source["type"], source["id"][:4]) == (kind, "src_")
    bench.flush()
    assert bench.shop.events == ["payment.paid"]
    assert "This attempt is over" in bench.page(page_of(waiting)).text


@pytest.mark.parametrize(
    ("kind", "seconds"), [("gcash", 4 * 3600), ("paymaya", 1800), ("grab_pay", 900), ("card", 900)]
)
def test_the_payers_window(bench: Bench, kind: str, seconds: int) -> None:
    bench.hook()
    made = intent(bench, payment_method_allowed=[kind])
    chosen = card(bench, "4120000000000007") if kind == "card" else method(bench, kind)
    attach(bench, made, chosen)
    bench.advance(seconds - 1)
    assert seen(bench, made)["status"] == "awaiting_next_action"
    bench.advance(1)
    now = seen(bench, made)
    assert (now["status"], now["last_payment_error"]["failed_code"]) == ("awaiting_payment_method", "CLOSED")
    assert bench.shop.events == ["payment.failed"]


def test_an_older_window_does_not_close_a_newer_attempt(bench: Bench) -> None:
    made = intent(bench)
    first = attach(bench, made, method(bench, "paymaya")).json()["data"]
    bench.advance(1000)
    attach(bench, made, method(bench, "gcash"))
    assert bench.submit(page_of(first), action="authorize").headers["location"] == RETURN
    bench.advance(1000)
    assert (seen(bench, made)["status"], seen(bench, made)["payments"]) == ("awaiting_next_action", [])


@pytest.mark.parametrize(
    ("action", "status", "code"),
    [
        ("authorize", "succeeded", None),
        ("fail", "awaiting_payment_method", "CLOSED"),
        ("expire", "awaiting_payment_method", "CLOSED"),
    ],
)
def test_the_payer_can_be_played_through_the_control_api(
    bench: Bench, action: str, status: str, code: str | None
) -> None:
    waiting = attached(bench, "gcash")
    bench.control("POST", f"paymongo/payment_intents/{waiting['id']}/{action}")
    now = seen(bench, waiting)
    assert now["status"] == status
    assert (now["last_payment_error"] or {}).get("failed_code") == code
    bench.control(
        "POST",
        f"paymongo/payment_intents/{waiting['id']}/{action}",
        {"method": "gcash"},
        status=(409 if action != "fail" else 200),
    )


@pytest.mark.parametrize(
    "code", ["AMOUNT_EXCEED_LIMIT", "PARAM_MISSING", "REPEAT_REQ_INCONSISTENT", "SYSTEM_ERROR", "CLOSED"]
)
def test_every_wallet_failure_can_be_asked_for(bench: Bench, code: str) -> None:
    waiting = attached(bench, "gcash")
    bench.control("POST", f"paymongo/payment_intents/{waiting['id']}/fail", {"code": code})
    assert seen(bench, waiting)["payments"][0]["attributes"]["failed_code"] == code


def test_a_failure_nobody_knows_is_refused(bench: Bench) -> None:
    waiting = attached(bench, "gcash")
    bench.control("POST", f"paymongo/payment_intents/{waiting['id']}/fail", {"code": "closed"}, status=400)


def test_an_intent_can_be_paid_in_one_step(bench: Bench) -> None:
    made = intent(bench)
    bench.control("POST", f"paymongo/payment_intents/{made['id']}/pay", {"method": "paymaya"})
    assert seen(bench, made)["status"] == "succeeded"
    books = bench.control("GET", "paymongo/books")
    assert [i["status"] for i in books["payment_intents"]] == ["succeeded"]
    assert [m["type"] for m in books["payment_methods"]] == ["paymaya"]
    bench.control("POST", f"paymongo/payment_intents/{made['id']}/pay", {}, status=409)


def test_processing_takes_as_long_as_the_setting_says(bench: Bench) -> None:
    bench.hook()
    bench.control("POST", "paymongo/settings", {"processing_seconds": 60})
    waiting = attached(bench, "gcash")
    bench.submit(page_of(waiting), action="authorize")
    assert (seen(bench, waiting)["status"], seen(bench, waiting)["payments"]) == ("processing", [])
    again = attach(bench, waiting, method(bench))
    assert refusal(again) == (400, "resource_processing_state")
    assert refusal(bench.api("POST", f"/v1/payment_intents/{waiting['id']}/cancel"))[0] == 400
    bench.advance(60)
    assert seen(bench, waiting)["status"] == "succeeded"
    assert bench.shop.events == ["payment.paid"]


def test_a_payer_without_the_client_key_has_one_page_and_no_second_try(bench: Bench) -> None:
    """The merchant attached the wallet with the secret key: after a refusal only the merchant can again."""
    waiting = attached(bench, "gcash")
    assert bench.sandbox.director.act(waiting["id"], "decline")
    with pytest.raises(ControlError, match="no open attempt"):
        bench.sandbox.director.act(waiting["id"], "pay")
    assert seen(bench, waiting)["status"] == "awaiting_payment_method"
    again = attached(bench, "gcash")
    bench.sandbox.director.act(again["id"], "pay")
    assert seen(bench, again)["status"] == "succeeded"


def test_a_payer_with_the_client_key_tries_again(bench: Bench) -> None:
    made = intent(bench, payment_method_allowed=["gcash"])
    key = made["attributes"]["client_key"]
    assert attach(bench, made, method(bench), key="pk_test_x", client_key=key).status_code == 200
    bench.sandbox.director.act(made["id"], "decline")
    bench.sandbox.director.act(made["id"], "pay")
    assert seen(bench, made)["status"] == "succeeded"
