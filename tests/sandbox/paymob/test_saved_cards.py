"""Cards that payers let a merchant keep."""

from __future__ import annotations

from typing import Any

import pytest

from raseed.sandbox.paymob.signing import token_hmac
from tests.sandbox.paymob.bench import CARD, GOOD, HMAC, MOTO, PaymobBench
from tests.sandbox.paymob.test_older import paying

SAVE = {"save_card": "tokenize"}


def saved(bench: PaymobBench, reference: str = "inv-1", **changes: str) -> dict[str, Any]:
    """The TOKEN callback of a card that was saved."""
    bench.pays(bench.intention(reference), **(SAVE | changes))
    return dict(next(body for body in bench.told[::-1] if body["type"] == "TOKEN")["obj"])


def test_the_box_brings_a_token(bench: PaymobBench) -> None:
    card = saved(bench)
    assert [body["type"] for body in bench.told] == ["TRANSACTION", "TOKEN"]
    order = bench.told[0]["obj"]["order"]["id"]
    assert card["order_id"] == str(order)
    assert (card["masked_pan"], card["card_subtype"]) == ("xxxx-xxxx-xxxx-2346", "MasterCard")
    assert (len(card["token"]), card["email"]) == (56, "buyer@example.com")
    assert bench.signatures[1] == token_hmac(card, HMAC)
    listed = bench.older("POST", "/api/acceptance/order_card_tokens", {"order_id": order}).json()
    assert listed == [{"type": "TOKEN", "obj": card}]
    none = bench.older("POST", "/api/acceptance/order_card_tokens", {"order_id": 5})
    assert (none.status_code, none.json()) == (404, {"message": "No card tokens found for this order"})


def test_a_token_may_come_first_and_show_four_digits(bench: PaymobBench) -> None:
    bench.settings(token_callback_first=True, masked_pan="last4")
    assert saved(bench)["masked_pan"] == "2346"
    assert [body["type"] for body in bench.told] == ["TOKEN", "TRANSACTION"]


@pytest.mark.parametrize(("again", "is_same"), [("new", False), ("same", True)])
def test_a_card_that_is_saved_again(bench: PaymobBench, again: str, is_same: bool) -> None:
    bench.settings(saved_again=again)
    first, second = saved(bench), saved(bench, "inv-2")
    assert (first["token"] == second["token"]) is is_same
    assert first["order_id"] != second["order_id"]


def test_nothing_is_saved_of_a_declined_card(bench: PaymobBench) -> None:
    bench.pays(bench.intention(), **SAVE, card_holdername="declined")
    assert [body["type"] for body in bench.told] == ["TRANSACTION"]


def test_a_saved_card_on_the_checkout(bench: PaymobBench) -> None:
    token = saved(bench)["token"]
    made = bench.intention("inv-2", card_tokens=[token, "unknown"])
    assert made["card_tokens"] == [token]
    assert "•••• 2346" in bench.page(bench.checkout(made)).text
    wrong = bench.back(bench.submit(bench.checkout(made), method=f"card:{token}", saved_cvn="9"))
    assert wrong["success"] == "false"
    query = bench.back(bench.submit(bench.checkout(made), method=f"card:{token}", saved_cvn="123"))
    assert (query["success"], query["source_data.pan"]) == ("true", "2346")
    assert bench.intending("inv-3", card_tokens=["1", "2", "3", "4"]).status_code == 400


def test_a_saved_card_without_the_payer(bench: PaymobBench) -> None:
    token = saved(bench)["token"]
    made = bench.intention("inv-2", payment_methods=[MOTO])
    answer = paying(bench, made["payment_keys"][0]["key"], token, "TOKEN")
    assert (answer["success"], answer["pending"], answer["is_3d_secure"]) == ("true", "false", "false")
    assert (answer["order"], answer["integration_id"]) == (made["intention_order_id"], MOTO)
    assert (answer["data.message"], answer["parent_transaction"]) == ("Approved", "")
    assert answer["merchant_order_id"] == "inv-2"
    assert bench.told_objs[-1]["id"] == answer["id"]
    paying(bench, made["payment_keys"][0]["key"], token, "TOKEN", 400)


def test_a_token_that_nobody_has(bench: PaymobBench) -> None:
    made = bench.intention(payment_methods=[MOTO])
    paying(bench, made["payment_keys"][0]["key"], "f" * 56, "TOKEN", 404)


def test_a_saved_card_that_the_bank_declines(bench: PaymobBench) -> None:
    token = saved(bench)["token"]
    made = bench.intention("inv-2", payment_methods=[MOTO], scenario="declined-then-paid")
    key = made["payment_keys"][0]["key"]
    assert paying(bench, key, token, "TOKEN")["success"] == "false"
    assert paying(bench, key, token, "TOKEN")["success"] == "true"


def test_the_older_iframe_offers_the_card_of_its_key(bench: PaymobBench) -> None:
    token = saved(bench)["token"]
    page = bench.iframe(bench.key(bench.ordered("inv-2"), token=token, integration_id=CARD))
    assert "•••• 2346" in bench.page(page).text
    assert bench.submit(page, method=f"card:{token}", saved_cvn="123").status_code == 200
    assert bench.newest("inv-2")["success"] is True


def test_a_tester_may_have_a_card_saved(bench: PaymobBench) -> None:
    bench.act(bench.intention(), "pay", save=True)
    assert [body["type"] for body in bench.told] == ["TRANSACTION", "TOKEN"]
    assert GOOD["card_number"].replace(" ", "") not in str(bench.told)
