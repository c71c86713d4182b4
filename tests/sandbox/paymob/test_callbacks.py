"""Callbacks: what is told as pending, retries, and those that Paymob would not send."""

from __future__ import annotations

from typing import Any

import pytest

from raseed.sandbox.paymob.signing import transaction_hmac
from tests.sandbox.bench import HOOK
from tests.sandbox.paymob.bench import AUTH, GOOD, HMAC, KIOSK, PaymobBench

OTP = GOOD | {"card_number": "5123450000000008"}


def pending(bench: PaymobBench) -> list[bool]:
    return [obj["pending"] for obj in bench.told_objs]


@pytest.mark.parametrize(
    ("told", "card", "kiosk"),
    [("off", [False], [False]), ("waiting", [False], [True, False]), ("all", [True, False], [True, False])],
)
def test_what_is_told_as_pending(bench: PaymobBench, told: str, card: list[bool], kiosk: list[bool]) -> None:
    bench.settings(pending_callbacks=told)
    page = bench.submit(bench.checkout(bench.intention()), **OTP).headers["location"]
    bench.submit(page, action="confirm", otp="1234")
    assert pending(bench) == card
    bench.act(bench.intention("inv-2", payment_methods=[KIOSK]), "pay")
    assert pending(bench) == card + kiosk
    assert len({obj["id"] for obj in bench.told_objs[: len(card)]}) == 1


def test_what_is_not_taken_comes_again_as_it_was(bench: PaymobBench) -> None:
    bench.shop.always = 500
    bench.pays(bench.intention())
    bench.advance(5 + 30 + 120)
    assert len(bench.told) == 4
    assert len({request.content for request in bench.shop.seen}) == len(set(bench.signatures)) == 1
    assert bench.flush()[0]["state"] == "failed"


def test_a_callback_that_says_something_else(bench: PaymobBench) -> None:
    query = bench.pays(bench.intention())
    changes = {"merchant_order_id": "inv-9"}
    unsigned = {"order": changes, "refunded_amount_cents": 100}
    bench.control("POST", "paymob/forge", {"transaction": int(query["id"]), "changes": unsigned})
    bench.control("POST", "paymob/forge", {"transaction": int(query["id"]), "changes": {"amount_cents": 1}})
    first, altered, other = bench.told_objs
    assert bench.signatures[0] == bench.signatures[1] != bench.signatures[2]
    assert altered["order"] == first["order"] | changes
    assert (altered["refunded_amount_cents"], other["amount_cents"]) == (100, 1)
    bench.control("POST", "paymob/forge", {"transaction": 5}, 404)
    bench.control("POST", "paymob/forge", {"transaction": int(query["id"]), "changes": {"order": 1}}, 400)


def test_a_callback_that_is_made_up(bench: PaymobBench) -> None:
    body = {"type": "DELIVERY_STATUS", "obj": {"order_id": 1, "status": "Delivered"}}
    stated = {"url": f"{HOOK}?hmac=abc", "body": body}
    bench.control("POST", "paymob/forge", stated)
    assert bench.told == [body]
    assert bench.signatures == ["abc"]
    bench.control("POST", "paymob/forge", {**stated, "url": "x"}, 400)


def test_a_split_payment_signs_each_part(bench: PaymobBench) -> None:
    made = bench.intention(payment_methods=[AUTH], amount=9900)
    bench.control("POST", f"paymob/orders/{made['intention_order_id']}/split", {}, 409)
    number = int(bench.pays(made)["id"])
    bench.control("POST", f"paymob/transactions/{number}/capture")
    bench.flush()
    bench.shop.seen.clear()
    bench.act(made, "split")
    (body,) = bench.told
    assert (body["is_split_payment"], body["order_id"]) == (True, made["intention_order_id"])
    newest, oldest = body["transactions"]
    assert (newest["is_capture"], oldest["id"]) == (True, number)
    for part in body["transactions"]:
        stated: Any = part.pop("hmac")
        assert stated == transaction_hmac(part, HMAC)
    assert "hmac" not in str(bench.shop.seen[0].url)


def test_an_older_callback_that_comes_late(bench: PaymobBench) -> None:
    made = bench.intention()
    bench.control("POST", f"paymob/orders/{made['intention_order_id']}/regress", {}, 409)
    bench.pays(made)
    bench.act(made, "regress")
    paid, late = bench.told_objs
    assert (paid["id"], paid["success"], late["success"]) == (late["id"], True, False)
    assert bench.signatures[1] == transaction_hmac(late, HMAC)
    assert bench.asked(paid["id"])["success"] is True


@pytest.mark.parametrize(
    "changes",
    [
        {"nonsense": 1},
        {"country": "xxx"},
        {"owner": "me"},
        {"hmac_secret": ""},
        {"api_keys": [1]},
        {"token_callback_first": "yes"},
        {"integrations": []},
        {"integrations": {"x": {"kind": "card"}}},
        {"integrations": {"1": {"kind": "bank"}}},
        {"integrations": {"1": {"currency": "XXX"}}},
    ],
)
def test_a_setting_that_is_none(bench: PaymobBench, changes: dict[str, Any]) -> None:
    assert bench.control("POST", "paymob/settings", changes, 400)["error"]


@pytest.mark.parametrize("body", [{}, {"url": "ftp://x"}, {"url": "http://x", "integration": "a"}])
def test_an_address_that_is_none(bench: PaymobBench, body: dict[str, Any]) -> None:
    assert bench.control("POST", "paymob/webhooks", body, 400)["error"]


def test_the_console_offers_what_paymob_knows(bench: PaymobBench) -> None:
    made = bench.intention()
    bench.act(made, "pay")
    page = bench.page("/_sandbox/checkouts").text
    for verb in ("pay", "void", "agree", "regress"):
        assert f'name="verb" value="{verb}"' in page
    number = str(made["intention_order_id"])
    bench.run(bench.client.post("/_sandbox/do/act", data={"id": number, "verb": "void"}))
    assert bench.told_objs[-1]["is_voided"] is True
    assert "Test merchant" not in page
    assert number in bench.page("/_sandbox/books").text


def test_what_cannot_be_done(bench: PaymobBench) -> None:
    made = bench.intention()
    order = f"paymob/orders/{made['intention_order_id']}"
    bench.control("POST", f"{order}/dance", {}, 404)
    bench.control("POST", "paymob/orders/1/pay", {}, 404)
    bench.control("POST", f"{order}/charge-again", {}, 409)
    bench.control("POST", f"{order}/decline", {"code": "NONSENSE"}, 400)
    bench.control("POST", f"{order}/pay", {"integration": 5}, 409)
    bench.control("POST", f"{order}/expire")
    bench.control("POST", f"{order}/expire", {}, 409)
    bench.control("POST", f"{order}/pay", {}, 409)
    assert bench.control("DELETE", "paymob/tokens") == {"revoked": 0}
    assert bench.control("GET", "paymob/settings")["owner"] == 410_001
    bench.control("GET", "paymob/nothing", None, 404)
