"""Refunds, voids and captures, with the documented refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.paymob.bench import AUTH, GOOD, KIOSK, PaymobBench

REFUND, VOID = "/api/acceptance/void_refund/refund", "/api/acceptance/void_refund/void"
CAPTURE = "/api/acceptance/capture"


def paid(bench: PaymobBench, reference: str = "inv-1", **changes: Any) -> int:
    """A payment that went through."""
    made = bench.intention(reference, amount=9900, **changes)
    return int(bench.pays(made)["id"])


def doing(bench: PaymobBench, path: str, number: int, amount: int | None = None, status: int = 200) -> Any:
    body = {"transaction_id": number} | ({} if amount is None else {"amount_cents": amount})
    answer = bench.call("POST", path, body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_two_partial_refunds_tell_the_parent_with_one_signature(bench: PaymobBench) -> None:
    number = paid(bench)
    child = doing(bench, REFUND, number, 3000)
    assert (child["is_refund"], child["success"], child["amount_cents"]) == (True, True, 3000)
    assert (child["parent_transaction"], child["has_parent_transaction"]) == (number, True)
    assert (child["is_refunded"], child["is_standalone_payment"], child["payment_key_claims"]) == (
        False,
        False,
        None,
    )
    bench.advance(1)
    doing(bench, REFUND, number, 6900)
    told = bench.told_objs
    assert [(obj["id"], obj["is_refunded"], obj["refunded_amount_cents"]) for obj in told] == [
        (number, False, 0),
        (number, True, 3000),
        (number, True, 9900),
    ]
    first, second, third = bench.signatures
    assert first != second == third
    assert told[2]["data"]["refunded_amount"] == 99.0


def test_the_newest_transaction_may_be_a_refund(bench: PaymobBench) -> None:
    number = paid(bench)
    doing(bench, REFUND, number, 3000)
    newest = bench.newest()
    assert (newest["success"], newest["is_refund"], newest["amount_cents"]) == (True, True, 3000)
    assert newest["parent_transaction"] == number
    assert bench.asked(number)["refunded_amount_cents"] == 3000


def test_too_much(bench: PaymobBench) -> None:
    number = paid(bench)
    doing(bench, REFUND, number, 100)
    refused = doing(bench, REFUND, number, 9801, 400)
    assert refused["message"].endswith("Maximum Refund Amount is EGP 98.0")
    doing(bench, REFUND, number, 9800)
    assert "EGP 0.0" in doing(bench, REFUND, number, 1, 400)["message"]


def test_oman_has_three_decimals(bench: PaymobBench) -> None:
    number = paid(bench, key="omn_sk_test_shop", currency="OMR")
    assert "OMR 9.9" in doing(bench, REFUND, number, 9901, 400)["message"]


@pytest.mark.parametrize("what", ["nobody", "declined", "pending", "a refund"])
def test_what_cannot_be_refunded(bench: PaymobBench, what: str) -> None:
    made = bench.intention(amount=9900)
    number = 310_000_000
    if what == "declined":
        number = int(bench.pays(made, card_cvn="999")["id"])
    if what == "pending":
        bench.act(made, "agree")
        number = bench.newest()["id"]
    if what == "a refund":
        number = doing(bench, REFUND, int(bench.pays(made)["id"]), 100)["id"]
    assert doing(bench, REFUND, number, 100, 404) == {"detail": "Invalid transaction id"}


def test_a_kiosk_cannot_be_refunded_or_voided(bench: PaymobBench) -> None:
    made = bench.intention(payment_methods=[KIOSK])
    bench.act(made, "pay")
    number = bench.newest()["id"]
    assert "does not support" in doing(bench, REFUND, number, 100, 400)["message"]
    assert doing(bench, VOID, number, None, 400)


def test_a_void_on_the_same_day(bench: PaymobBench) -> None:
    number = paid(bench)
    child = doing(bench, VOID, number)
    assert (child["is_void"], child["success"], child["parent_transaction"]) == (True, True, number)
    told = bench.told_objs[-1]
    assert (told["id"], told["is_voided"], told["success"]) == (number, True, True)
    assert doing(bench, VOID, number, None, 400)
    assert doing(bench, REFUND, number, 100, 400)


def test_no_void_on_another_day_or_after_a_refund(bench: PaymobBench) -> None:
    first, second = paid(bench), paid(bench, "inv-2")
    doing(bench, REFUND, first, 100)
    assert doing(bench, VOID, first, None, 400)
    bench.advance(86_400)
    assert "only on the day" in doing(bench, VOID, second, None, 400)["message"]


def test_captures_in_parts(bench: PaymobBench) -> None:
    number = paid(bench, payment_methods=[AUTH])
    held = bench.asked(number)
    assert (held["is_auth"], held["success"], held["is_captured"]) == (True, True, False)
    assert held["order"]["paid_amount_cents"] == 0
    child = doing(bench, CAPTURE, number, 4000)
    assert (child["is_capture"], child["is_captured"], child["captured_amount"]) == (True, False, 0)
    assert doing(bench, CAPTURE, number, 5901, 400) == {"detail": "Capture amount cannot exceed auth amount"}
    doing(bench, CAPTURE, number, 5000)
    parent = bench.asked(number)
    assert (parent["is_captured"], parent["captured_amount"]) == (True, 9000)
    assert "EGP 90.0" in doing(bench, REFUND, number, 9001, 400)["message"]
    doing(bench, REFUND, child["id"], 4000)
    assert "EGP 50.0" in doing(bench, REFUND, number, 5001, 400)["message"]


def test_only_a_hold_can_be_captured(bench: PaymobBench) -> None:
    assert doing(bench, CAPTURE, paid(bench), 100, 404) == {"detail": "Invalid transaction id"}


def test_a_hold_can_be_voided_later_and_ends_by_itself(bench: PaymobBench) -> None:
    first = paid(bench, payment_methods=[AUTH])
    second = paid(bench, "inv-2", payment_methods=[AUTH])
    bench.advance(5 * 86_400)
    doing(bench, VOID, first)
    assert doing(bench, CAPTURE, first, 100, 404)
    bench.advance(10 * 86_400)
    assert bench.asked(second)["is_voided"] is True


@pytest.mark.parametrize("place", ["body", "query", "bearer"])
def test_an_auth_token_will_do_as_well(bench: PaymobBench, place: str) -> None:
    number = paid(bench)
    token = bench.run(bench.client.post("/paymob/api/auth/tokens", json={"api_key": "any"})).json()["token"]
    body = {"transaction_id": str(number), "amount_cents": "100"} | (
        {"auth_token": token} if place == "body" else {}
    )
    query = {"token": token} if place == "query" else {}
    headers = {"Authorization": f"Bearer {token}"} if place == "bearer" else {}
    path = f"/paymob{REFUND}"
    assert bench.run(bench.client.post(path, json=body, params=query, headers=headers)).status_code == 200
    assert bench.run(bench.client.post(path, json={"transaction_id": number})).status_code == 401


@pytest.mark.parametrize(("which", "ids"), [("parent", [0, 0]), ("child", [0, 1]), ("both", [0, 0, 1])])
def test_which_transaction_a_refund_tells(bench: PaymobBench, which: str, ids: list[int]) -> None:
    bench.settings(refund_callbacks=which)
    number = paid(bench)
    child = doing(bench, REFUND, number, 100)
    assert [obj["id"] for obj in bench.told_objs] == [[number, child["id"]][place] for place in ids]


def test_a_refund_that_is_refused_or_waits(bench: PaymobBench) -> None:
    refused = doing(bench, REFUND, paid(bench, scenario="refund-fails"), 100)
    assert (refused["success"], refused["pending"]) == (False, False)
    waiting = doing(bench, REFUND, paid(bench, "inv-2", scenario="refund-pending-1-day"), 9000)
    assert (waiting["success"], waiting["pending"]) == (False, True)
    assert "EGP 9.0" in doing(bench, REFUND, waiting["parent_transaction"], 901, 400)["message"]
    bench.advance(86_400)
    assert bench.asked(waiting["id"])["success"] is True
    assert bench.asked(waiting["parent_transaction"])["refunded_amount_cents"] == 9000


def test_the_dashboard(bench: PaymobBench) -> None:
    made = bench.intention(amount=9900)
    assert bench.control("POST", f"paymob/orders/{made['intention_order_id']}/refund", {}, 409)
    number = int(bench.pays(made, **GOOD)["id"])
    bench.act(made, "refund", amount=900)
    bench.control("POST", f"paymob/transactions/{number}/refund", {"amount": 1000})
    bench.act(made, "refund")
    assert bench.asked(number)["refunded_amount_cents"] == 9900
    bench.control("POST", f"paymob/transactions/{number}/refund", {"amount": 1}, 400)
    bench.control("POST", f"paymob/transactions/{number}/capture", {}, 404)
    bench.control("POST", f"paymob/orders/{made['intention_order_id']}/void", {}, 400)


def test_a_dashboard_that_is_refused_hears_why_and_the_sandbox_goes_on(bench: PaymobBench) -> None:
    made = bench.intention(payment_methods=[KIOSK])
    bench.act(made, "pay")
    checkout = str(made["intention_order_id"])
    refused = bench.control("POST", f"checkouts/{checkout}/refund", {}, 400)
    assert "does not support refunds" in refused["error"]
    assert bench.control("GET", "health")["ok"]
