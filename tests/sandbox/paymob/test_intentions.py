"""The intention API: what is answered, refused and told, up to a payment that is made."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.bench import HOOK
from tests.sandbox.paymob.bench import AUTH, BACK, BILLING, CARD, GOOD, KIOSK, PUBLIC, WALLET, PaymobBench


def test_an_intention_in_paymobs_shape(bench: PaymobBench) -> None:
    made = bench.intention(payment_methods=[CARD, "wallet"], extras={"ee": 22})
    assert re.fullmatch(r"pi_test_[0-9a-f]{32}", made["id"])
    assert re.fullmatch(r"egy_csk_test_[0-9a-f]{32}", made["client_secret"])
    assert [(key["integration"], key["gateway_type"]) for key in made["payment_keys"]] == [
        (CARD, "MIGS"),
        (WALLET, "UIG"),
    ]
    assert {key["order_id"] for key in made["payment_keys"]} == {made["intention_order_id"]}
    assert made["intention_detail"]["amount"] == 157_550
    assert made["intention_detail"]["billing_data"]["street"] == "NA"
    assert made["extras"]["creation_extras"] == {"ee": 22, "merchant_order_id": "inv-1"}
    assert (made["status"], made["confirmed"], made["object"]) == ("intended", False, "paymentintention")


def test_a_payment_from_the_intention_to_the_inquiry(bench: PaymobBench) -> None:
    made = bench.intention(extras={"ee": 22})
    page = bench.page(bench.checkout(made))
    assert "EGP 1,575.50" in page.text
    assert "<script" not in page.text
    query = bench.pays(made)
    assert (query["success"], query["pending"], query["error_occured"]) == ("true", "false", "false")
    assert (query["order"], query["merchant_order_id"]) == (str(made["intention_order_id"]), "inv-1")
    assert (query["data.message"], query["source_data.pan"]) == ("Approved", "2346")
    (body,) = bench.told
    obj = body["obj"]
    assert body["type"] == "TRANSACTION"
    assert (obj["id"], obj["order"]["id"]) == (int(query["id"]), made["intention_order_id"])
    assert (obj["success"], obj["pending"], obj["amount_cents"], obj["is_live"]) == (
        True,
        False,
        157_550,
        False,
    )
    assert obj["order"]["paid_amount_cents"] == 157_550
    assert obj["data"]["migs_order"]["amount"] == 1575.5
    claims = obj["payment_key_claims"]
    assert (claims["extra"], claims["next_payment_intention"]) == ({"ee": 22}, made["id"])
    asked = bench.asked(obj["id"])
    assert asked.pop("unique_ref")
    assert asked == obj
    assert bench.newest()["id"] == obj["id"]
    assert bench.control("GET", "paymob/books")["orders"][0]["paid_amount"] == 157_550


def test_the_checkout_at_the_root_and_what_a_paid_one_says(bench: PaymobBench) -> None:
    made = bench.intention()
    root = f"/paymob/?publicKey={PUBLIC}&clientSecret={made['client_secret']}"
    assert bench.page(root).status_code == 200
    bench.back(bench.submit(root, **GOOD))
    over = bench.submit(bench.checkout(made), **GOOD)
    assert "This payment is made." in over.text
    assert f'href="{BACK}&amp;id=' in over.text
    assert len(bench.told) == 1


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"amount": None}, 400, {"amount": ["This field is required."]}),
        ({"currency": None}, 400, {"currency": ["This field is required."]}),
        ({"payment_methods": []}, 400, {"payment_methods": ["This field is required."]}),
        ({"billing_data": None}, 400, {"billing_data": ["This field is required."]}),
        (
            {"billing_data": {**BILLING, "phone_number": None}},
            400,
            {"billing_data": {"phone_number": ["This field is required."]}},
        ),
        ({"items": [{"amount": 5}]}, 400, {"items": {"name": ["This field is required."]}}),
    ],
)
def test_a_field_that_is_missing(
    bench: PaymobBench, changes: dict[str, Any], status: int, said: dict[str, Any]
) -> None:
    answer = bench.intending(**changes)
    assert (answer.status_code, answer.json()) == (status, said)


@pytest.mark.parametrize("methods", [["nonsense"], [{"id": 1}], [None]])
def test_an_integration_that_does_not_exist(bench: PaymobBench, methods: list[Any]) -> None:
    answer = bench.intending(payment_methods=methods)
    assert answer.status_code == 404
    assert "does not exist" in answer.json()["detail"]


def test_an_integration_of_another_mode_or_currency_or_unknown(bench: PaymobBench) -> None:
    bench.settings(
        unknown_integrations="refuse",
        integrations={"11": {"kind": "card", "currency": "SAR"}, "12": {"kind": "card", "live": True}},
    )
    for number in (11, 12, 13):
        assert bench.intending(payment_methods=[number]).status_code == 404
    assert bench.intending(payment_methods=[11], currency="SAR").status_code == 201
    live = bench.intention("inv-2", payment_methods=[12], key="egy_sk_live_shop")
    assert bench.pays(live)["success"] == "true"
    assert bench.told_objs[0]["is_live"] is True


@pytest.mark.parametrize("key", ["", "nonsense", "egy_pk_test_shop", "xxx_sk_test_shop"])
def test_a_key_that_is_none(bench: PaymobBench, key: str) -> None:
    answer = bench.intending(key=key)
    assert (answer.status_code, list(answer.json())) == (401, ["detail"])


def test_bearer_where_only_token_will_do(bench: PaymobBench) -> None:
    bench.settings(secret_key_scheme="token")
    headers = {"Authorization": "Bearer egy_sk_test_shop"}
    assert bench.call("POST", "/v1/intention/", {}, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("items", "status"),
    [
        ([{"name": "A", "amount": 500, "quantity": 1}] * 2, 201),
        ([{"name": "A", "amount": 500, "quantity": 2}], 201),
        ([{"name": "A", "amount": 1000, "quantity": 2}], 201),
        ([{"name": "A", "amount": 999, "quantity": 1}], 406),
    ],
)
def test_lines_must_add_up_one_way_or_the_other(
    bench: PaymobBench, items: list[dict[str, Any]], status: int
) -> None:
    assert bench.intending(amount=1000, items=items).status_code == status


def test_a_reference_is_taken_once(bench: PaymobBench) -> None:
    bench.intention()
    again = bench.intending()
    assert (again.status_code, again.json()) == (422, {"message": "duplicate"})
    bench.settings(duplicate_status=400, duplicate_message="used")
    again = bench.intending()
    assert (again.status_code, again.json()) == (400, {"message": "used"})
    assert bench.intending("").status_code == bench.intending(None).status_code == 201


def test_an_update_replaces_what_it_states(bench: PaymobBench) -> None:
    made = bench.intention()
    path = f"/v1/intention/{made['client_secret']}"
    missing = bench.call("PUT", path, {"amount": 500})
    assert (missing.status_code, missing.json()) == (400, {"accept_order_id": ["This field is required."]})
    changes = {"amount": 500, "special_reference": "inv-9", "payment_methods": [AUTH, KIOSK]}
    changed = bench.call("PUT", path, {"accept_order_id": made["intention_order_id"], **changes}).json()
    assert (changed["id"], changed["special_reference"]) == (made["id"], "inv-9")
    assert [key["integration"] for key in changed["payment_keys"]] == [AUTH, KIOSK]
    assert "EGP 5.00" in bench.page(bench.checkout(made)).text
    assert "time to pay is over" in bench.page(bench.iframe(made["payment_keys"][0]["key"])).text
    assert bench.intending("inv-1").status_code == 201
    element = bench.run(bench.client.get(f"/paymob/v1/intention/element/{PUBLIC}/{made['client_secret']}/"))
    assert element.json() == changed


def test_it_ends_with_its_time(bench: PaymobBench) -> None:
    made = bench.intention(expiration=60)
    bench.advance(60)
    assert "time to pay is over" in bench.page(bench.checkout(made)).text
    assert "time to pay is over" in bench.submit(bench.checkout(made), **GOOD).text
    assert bench.told == []
    assert bench.control("GET", "checkouts")["checkouts"][0]["news"] == ["expired"]


def test_an_update_may_make_it_longer(bench: PaymobBench) -> None:
    made = bench.intention(expiration=60)
    stated = {"accept_order_id": made["intention_order_id"], "expiration": 120}
    assert bench.call("PUT", f"/v1/intention/{made['client_secret']}", stated).status_code == 200
    bench.advance(60)
    assert bench.pays(made)["success"] == "true"
    bench.advance(60)
    assert bench.control("GET", "checkouts")["checkouts"][0]["news"] == ["paid"]


@pytest.mark.parametrize(
    ("key", "currency", "amount", "shown", "created_at"),
    [
        ("omn_sk_test_shop", "OMR", 2500, "OMR 2.500", "2026-01-01T04:00:00+04:00"),
        ("are_sk_test_shop", "AED", 2500, "AED 25.00", "2026-01-01T04:00:00+04:00"),
        ("ksa_sk_test_shop", "SAR", 2500, "SAR 25.00", "2026-01-01T03:00:00+03:00"),
        ("sk_test_shop", "EGP", 2500, "EGP 25.00", "2026-01-01T02:00:00"),
    ],
)
def test_every_country_has_its_currency_decimals_and_clock(
    bench: PaymobBench, key: str, currency: str, amount: int, shown: str, created_at: str
) -> None:
    made = bench.intention(key=key, currency=currency, amount=amount)
    assert shown in bench.page(bench.checkout(made)).text
    query = bench.pays(made)
    assert (query["amount_cents"], query["currency"]) == (str(amount), currency)
    assert query["created_at"] == bench.told_objs[0]["created_at"] == created_at
    assert bench.told_objs[0]["data"]["captured_amount"] == float(shown.split()[1])


def test_where_callbacks_go(bench: PaymobBench) -> None:
    bench.control("POST", "paymob/webhooks", {"url": f"{HOOK}/all", "response_url": f"{BACK}&from=all"})
    bench.control("POST", "paymob/webhooks", {"url": f"{HOOK}/card", "integration": CARD})
    own = {"notification_url": None, "redirection_url": None}
    bench.submit(bench.checkout(bench.intention("a", **own)), **GOOD)
    query = bench.pays(bench.intention("b", payment_methods=[AUTH], **own))
    bench.pays(bench.intention("c"))
    bench.flush()
    assert query["from"] == "all"
    assert [request.url.path for request in bench.shop.seen] == ["/hook/card", "/hook/all", "/hook"]
