"""The named scenarios as a merchant of Paymob meets them, with the payer on the page or without."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from raseed.sandbox.front import ConnectionDropped
from raseed.sandbox.paymob.signing import transaction_hmac
from raseed.sandbox.scenarios.catalogue import shipped
from tests.sandbox.bench import HOOK
from tests.sandbox.paymob.bench import BACK, GOOD, HMAC, MOTO, WALLET, PaymobBench

DAY = 86_400
#: what a callback says of its transaction
PAID, DECLINED, REFUNDED, VOIDED = "paid", "declined", "refunded", "voided"
#: scenario: what is told, and what was collected and went back; one payer who tries three times
STORIES: dict[str, tuple[list[str], int, int]] = {
    "pays": ([PAID], 9900, 0),
    "pays-before-answer": ([PAID], 9900, 0),
    "declined": ([DECLINED] * 3, 0, 0),
    "declined-then-paid": ([DECLINED, PAID], 9900, 0),
    "3ds-pass": ([PAID], 9900, 0),
    "3ds-fail": ([DECLINED] * 3, 0, 0),
    "3ds-fail-then-paid": ([DECLINED, PAID], 9900, 0),
    "expired-at-once": ([], 0, 0),
    "pending-2-minutes": ([PAID], 9900, 0),
    "declined-after-2-minutes": ([DECLINED] * 3, 0, 0),
    "pending-forever": ([], 0, 0),
    "pending-random": ([PAID], 9900, 0),
    "paid-after-expiry": ([PAID], 9900, 0),
    "no-webhook": ([], 9900, 0),
    "duplicate-3": ([PAID] * 3, 9900, 0),
    "duplicate-8-at-once": ([PAID] * 8, 9900, 0),
    "duplicate-next-day": ([PAID] * 2, 9900, 0),
    "invalid-signature": ([PAID] * 4, 9900, 0),
    "out-of-order-regression": ([PAID, DECLINED], 9900, 0),
    "delayed-2-minutes": ([PAID], 9900, 0),
    "redirect-before-webhook": ([PAID], 9900, 0),
    "third-attempt": ([PAID], 9900, 0),
    "paid-twice": ([PAID, PAID], 19_800, 0),
    "paid-twice-other-amount": ([PAID, PAID], 14_850, 0),
    "dashboard-refund": ([PAID, REFUNDED], 9900, 9900),
    "partial-refund": ([PAID, REFUNDED], 9900, 2475),
    "partial-refunds": ([PAID, *[REFUNDED] * 3], 9900, 9900),
    "refund-before-payment": ([REFUNDED, PAID], 9900, 9900),
    "refund-webhook-lost": ([PAID], 9900, 9900),
    "void": ([PAID, VOIDED], 9900, 0),
}


def said(obj: dict[str, Any]) -> str:
    if obj["is_voided"]:
        return VOIDED
    if obj["is_refunded"]:
        return REFUNDED
    return PAID if obj["success"] else DECLINED


def paying(bench: PaymobBench, made: dict[str, Any], tries: int = 3) -> None:
    """A payer who tries, and then lets it be."""
    for _ in range(tries):
        bench.run(bench.client.post(f"/_sandbox/api/checkouts/{made['intention_order_id']}/pay"))


@pytest.fixture
def bench() -> Any:
    """An endpoint that takes nothing with a wrong signature."""
    bench = PaymobBench()

    async def check(_body: Any) -> None:
        request = bench.shop.seen[-1]
        obj, stated = _body["obj"], request.url.params["hmac"]
        bench.shop.always = 200 if stated == transaction_hmac(obj, HMAC) else 401

    bench.shop.on_delivery = check
    yield bench
    bench.close()


@pytest.mark.parametrize("name", STORIES)
def test_what_is_told_and_what_is_true(bench: PaymobBench, name: str) -> None:
    told, collected, back = STORIES[name]
    made = bench.intention(amount=9900, scenario=name)
    paying(bench, made)
    bench.advance(3 * DAY)
    assert [said(obj) for obj in bench.told_objs] == told
    order = bench.control("GET", "paymob/books")["orders"][0]
    assert (order["paid_amount"], order["refunded_amount"]) == (collected, back)


@pytest.mark.parametrize("name", [name for name in shipped() if name != "hang"])
def test_every_scenario_can_be_had(bench: PaymobBench, name: str) -> None:
    for number in range(5):
        try:
            answer = bench.intending(f"inv-{number}", name)
        except ConnectionDropped:
            continue
        if answer.status_code == 201:
            paying(bench, answer.json(), 1)
            break
    bench.advance(3 * DAY)
    assert any(name in row["scenarios"] for row in bench.control("GET", "checkouts")["checkouts"])


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("declined-then-paid", ["declined", "paid"]),
        ("3ds-fail-then-paid", ["declined", "paid"]),
        ("3ds-pass", ["paid"]),
        ("decline-after-3ds", ["declined", "declined"]),
        ("pending-20-minutes", ["pending"]),
    ],
)
@pytest.mark.parametrize("way", ["card", "wallet"])
def test_a_payer_on_the_page_has_no_say(bench: PaymobBench, name: str, states: list[str], way: str) -> None:
    made = bench.intention(scenario=name, payment_methods=[4_000_111, WALLET])
    for _ in states:
        form = GOOD | ({} if way == "card" else {"method": str(WALLET), "wallet": "01010101010"})
        went = bench.submit(bench.checkout(made), **form).headers["location"]
        if not went.startswith(BACK):
            bench.back(
                bench.submit(went, action="confirm", otp="1234" if way == "card" else "123456", mpin="123456")
            )
    assert [row["state"] for row in bench.control("GET", "paymob/books")["payments"]] == states
    bench.advance(1200)
    collected = bench.control("GET", "paymob/books")["orders"][0]["paid_amount"]
    assert (collected > 0) is (name != "decline-after-3ds")


def test_a_saved_card_has_no_say_either(bench: PaymobBench) -> None:
    bench.act(bench.intention(), "pay", save=True)
    token = bench.control("GET", "paymob/books")["cards"][0]["token"]
    made = bench.intention("inv-2", payment_methods=[MOTO], scenario="pending-2-minutes")
    body = {
        "source": {"identifier": token, "subtype": "TOKEN"},
        "payment_token": made["payment_keys"][0]["key"],
    }
    answer = bench.run(bench.client.post("/paymob/api/acceptance/payments/pay", json=body)).json()
    assert (answer["pending"], answer["success"]) == ("true", "false")
    bench.advance(120)
    assert bench.asked(answer["id"])["success"] is True


def test_a_call_repeated_on_the_way_looks_refused_and_is_done(bench: PaymobBench) -> None:
    refused = bench.intending(scenario="repeated-on-the-way")
    assert (refused.status_code, refused.json()) == (422, {"message": "duplicate"})
    assert len(bench.control("GET", "paymob/books")["orders"]) == 1


def test_an_answer_that_is_lost_leaves_an_order(bench: PaymobBench) -> None:
    assert bench.intending(scenario="answer-lost-after-work").status_code == 502
    assert bench.control("GET", "paymob/books")["orders"][0]["merchant_order_id"] == "inv-1"
    assert bench.intending("inv-2", "answer-lost-after-work").status_code == 201


def test_reads_that_fail(bench: PaymobBench) -> None:
    made = bench.intention(scenario="reads-fail")
    number = bench.pays(made)["id"]
    asked = ("GET", f"/api/acceptance/transactions/{number}")
    assert [bench.older(*asked).status_code for _ in range(6)] == [503] * 5 + [200]
    other = bench.intention("inv-2", scenario="reads-rate-limited")
    body = {"order_id": other["intention_order_id"]}
    refused = bench.older("POST", "/api/ecommerce/orders/transaction_inquiry", body)
    assert (refused.status_code, refused.json()) == (429, {"detail": "Request was throttled."})


def test_a_wrong_amount_is_wrong_wherever_it_is_stated_and_signed(bench: PaymobBench) -> None:
    items = [{"name": "Bill", "amount": 9900, "quantity": 1}]
    made = bench.intention(amount=9900, items=items, scenario="wrong-amount-low")
    bench.act(made, "pay")
    for obj in (bench.newest(), bench.told_objs[0]):
        assert obj["amount_cents"] == obj["order"]["amount_cents"] == 4950
        assert obj["order"]["items"][0]["amount_cents"] == 9900
    assert bench.shop.always == 200
    assert bench.control("GET", "paymob/books")["orders"][0]["amount"] == 9900


def test_a_wrong_currency(bench: PaymobBench) -> None:
    bench.act(bench.intention(scenario="wrong-currency"), "pay")
    assert {bench.newest()["currency"], bench.told_objs[0]["currency"]} == {"USD"}


def test_a_scenario_by_its_amount_a_word_or_of_the_older_calls(bench: PaymobBench) -> None:
    bench.control("POST", "paymob/webhooks", {"url": HOOK})
    bench.act(bench.intention(amount=7_770_022), "pay")
    bench.act(bench.intention("inv-2", extras={"note": "sandbox:duplicate-3"}), "pay")
    order = bench.ordered("inv-3 sandbox:duplicate-3")
    bench.submit(bench.iframe(bench.key(order)), **GOOD)
    other = bench.ordered("inv-4", amount_cents="7770022")
    bench.submit(bench.iframe(bench.key(other, amount_cents="7770022")), **GOOD)
    assert len(bench.told) == 12
    bench.key(bench.ordered("inv-5"), scenario="pays")
    assert bench.told_objs[-1]["order"]["merchant_order_id"] == "inv-5"


def test_a_state_can_be_taken_over_in_the_middle_of_a_payment(bench: PaymobBench) -> None:
    made = bench.intention(scenario="pending-20-minutes")
    paying(bench, made, 1)
    state = bench.control("GET", "state")
    bench.control("DELETE", "state")
    bench.control("PUT", "state", state)
    bench.advance(1200)
    assert [said(obj) for obj in bench.told_objs] == [PAID]


def test_what_another_emulator_names_has_a_name_here() -> None:
    page = Path(__file__).parents[3] / "docs" / "sandbox" / "paymob.md"
    table = page.read_text().partition("## Coming from")[2].partition("## Chosen")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    names = re.findall(r"`([^`]+)`", " ".join(row.split("|")[2] for row in rows))
    assert len(names) == 16
    assert set(names) <= set(shipped())
