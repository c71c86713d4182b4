"""Every scenario by name: one purchase, and exactly what the shop saw of it."""

from __future__ import annotations

import pytest

from raseed.sandbox.scenarios.catalogue import shipped
from tests.sandbox.bench import Bench
from tests.sandbox.story import DAY, MINUTE, chosen, purchase

PAID = ["paid", "session"]
PAYMENT = "paid 10000 PHP"
FAILED = "failed 10000 PHP"
#: scenario: attempts to pay, what is told, what the books hold
PURCHASES: dict[str, tuple[int, list[str], list[str]]] = {
    "pays": (0, PAID, [PAYMENT]),
    "pays-before-answer": (0, PAID, [PAYMENT]),
    "pays-late": (0, PAID, [PAYMENT]),
    "declined": (3, ["failed"] * 3, [FAILED] * 3),
    "declined-then-paid": (3, ["failed", *PAID], [FAILED, PAYMENT]),
    "declined-3-then-paid": (5, [*["failed"] * 3, *PAID], [*[FAILED] * 3, PAYMENT]),
    "3ds-pass": (1, PAID, [PAYMENT]),
    "3ds-fail": (2, ["failed"] * 2, [FAILED] * 2),
    "decline-after-3ds": (2, ["failed"] * 2, [FAILED] * 2),
    "3ds-fail-then-paid": (2, ["failed", *PAID], [FAILED, PAYMENT]),
    "expired": (0, [], []),
    "expired-at-once": (1, [], []),
    "pending-20-minutes": (1, PAID, [PAYMENT]),
    "pending-then-declined": (1, ["failed"], [FAILED]),
    "paid-after-expiry": (1, PAID, [PAYMENT]),
    "pending-2-minutes": (1, PAID, [PAYMENT]),
    "declined-after-2-minutes": (1, ["failed"], [FAILED]),
    "pending-forever": (1, [], []),
    "pending-random": (1, PAID, [PAYMENT]),
    "no-webhook": (1, [], [PAYMENT]),
    "paid-webhook-lost": (1, [], [PAYMENT]),
    "duplicate-3": (1, ["paid"] * 3 + ["session"] * 3, [PAYMENT]),
    "duplicate-8-at-once": (1, ["paid"] * 8 + ["session"] * 8, [PAYMENT]),
    "duplicate-next-day": (1, PAID * 2, [PAYMENT]),
    # twelve retries each, as PayMongo has them; never with a right signature
    "invalid-signature": (1, ["paid!", "session!"] * 13, [PAYMENT]),
    "invalid-then-genuine": (1, ["paid!", "session", "paid"], [PAYMENT]),
    "wrong-secret": (1, ["paid!", "session!"] * 13, [PAYMENT]),
    "wrong-secret-then-genuine": (1, ["paid!", "session", "paid"], [PAYMENT]),
    "out-of-order": (1, ["session", "paid"], [PAYMENT]),
    "out-of-order-regression": (1, [*PAID, "failed"], [PAYMENT]),
    "delayed-2-minutes": (1, PAID, [PAYMENT]),
    "delayed-1-day": (1, PAID, [PAYMENT]),
    "redirect-before-webhook": (1, PAID, [PAYMENT]),
    "webhook-before-answer": (1, PAID, [PAYMENT]),
    "third-attempt": (1, PAID, [PAYMENT]),
    "webhook-held": (1, [], [PAYMENT]),
    "answer-lost-after-work": (1, PAID, [PAYMENT]),
    "connection-dropped": (1, PAID, [PAYMENT]),
    "hang": (1, PAID, [PAYMENT]),
    "unavailable": (1, PAID, [PAYMENT]),
    "rate-limited": (1, PAID, [PAYMENT]),
    "charge-answer-lost": (1, PAID, [PAYMENT]),
    "reads-fail": (1, PAID, [PAYMENT]),
    "reads-rate-limited": (1, PAID, [PAYMENT]),
    "reads-500-for-a-minute": (1, PAID, [PAYMENT]),
    "repeated-on-the-way": (1, PAID, [PAYMENT]),
    "wrong-amount-low": (1, PAID, [PAYMENT]),
    "wrong-amount-high": (1, PAID, [PAYMENT]),
    "wrong-amount-in-webhook": (1, PAID, [PAYMENT]),
    "wrong-currency": (1, PAID, [PAYMENT]),
    "paid-twice": (1, PAID * 2, [PAYMENT] * 2),
    "paid-twice-other-amount": (1, PAID * 2, [PAYMENT, "paid 5000 PHP"]),
    "dashboard-refund": (1, [*PAID, "refunded"], [PAYMENT]),
    "partial-refund": (1, [*PAID, "refunded"], [PAYMENT]),
    "partial-refunds": (1, [*PAID, *["refunded"] * 3], [PAYMENT]),
    "refund-before-payment": (1, ["refunded", *PAID], [PAYMENT]),
    "refund-webhook-lost": (1, PAID, [PAYMENT]),
    "refund-fails": (1, PAID, [PAYMENT]),
    "refund-pending-1-day": (1, PAID, [PAYMENT]),
    "void": (1, PAID, [PAYMENT]),  # PayMongo knows no voids
}


@pytest.mark.parametrize("name", PURCHASES)
def test_what_is_told_and_what_is_true(name: str) -> None:
    attempts, told, payments = PURCHASES[name]
    story = purchase(name, attempts)
    assert sorted(story.told) == sorted(told)
    if name != "refund-before-payment":
        assert story.told == told
    assert story.payments == payments


def test_every_scenario_is_here_and_they_are_many() -> None:
    assert set(PURCHASES) == {name for name, scenario in shipped().items() if scenario.group != "wallets"}
    assert len(PURCHASES) >= 32


#: scenario: when each webhook arrived, in seconds after the checkout was opened
MOMENTS = {
    "pays": [0, 0],
    "pays-late": [2400, 2400],
    "pending-20-minutes": [20 * MINUTE] * 2,
    "pending-then-declined": [20 * MINUTE],
    "pending-2-minutes": [2 * MINUTE] * 2,
    "out-of-order-regression": [0, 0, 5],
    "paid-after-expiry": [90 * MINUTE] * 2,
    "duplicate-next-day": [0, 0, DAY, DAY],
    "invalid-then-genuine": [0, 0, 2],
    "delayed-2-minutes": [2 * MINUTE] * 2,
    "delayed-1-day": [DAY] * 2,
    "redirect-before-webhook": [10, 10],
    "third-attempt": [2 + 4] * 2,
    "paid-twice": [0, 0, 10, 10],
}


@pytest.mark.parametrize("name", MOMENTS)
def test_when_it_is_told(name: str) -> None:
    assert purchase(name, PURCHASES[name][0]).told_after == MOMENTS[name]


def test_a_moment_by_chance_is_the_same_for_the_same_seed() -> None:
    first, second = (purchase("pending-random").told_after for _ in range(2))
    assert first == second
    assert 1 <= first[0] <= 120


OPENINGS: dict[str, list[int | str]] = {
    "answer-lost-after-work": [502, 200],
    "connection-dropped": ["dropped", 200],
    "hang": ["hung", 200],
    "unavailable": [503, 503, 200],
    "rate-limited": [429, 429, 200],
}


@pytest.mark.parametrize("name", PURCHASES)
def test_how_opening_goes(name: str) -> None:
    assert purchase(name, 0).opened == OPENINGS.get(name, [200])


@pytest.mark.parametrize(
    ("name", "told", "answered"),
    [
        ("wrong-amount-low", (5000, "PHP"), (5000, "PHP")),
        ("wrong-amount-high", (20_000, "PHP"), (20_000, "PHP")),
        ("wrong-amount-in-webhook", (100, "PHP"), (10_000, "PHP")),
        ("wrong-currency", (10_000, "USD"), (10_000, "USD")),
    ],
)
def test_what_amount_is_reported(name: str, told: tuple[int, str], answered: tuple[int, str]) -> None:
    story = purchase(name)
    assert story.amounts == {told}
    paid = story.session["attributes"]["payments"][0]["attributes"]
    assert (paid["amount"], paid["currency"]) == answered


@pytest.mark.parametrize(("name", "status"), [("reads-fail", 503), ("reads-rate-limited", 429)])
def test_five_questions_fail_and_the_sixth_does_not(name: str, status: int) -> None:
    assert purchase(name).read == [status] * 5 + [200]


@pytest.mark.parametrize(
    ("name", "refunds"),
    [
        ("dashboard-refund", [10_000]),
        ("partial-refund", [2500]),
        ("partial-refunds", [2500, 2500, 5000]),
        ("refund-before-payment", [10_000]),
        ("refund-webhook-lost", [10_000]),
        ("no-webhook", []),
    ],
)
def test_what_is_refunded(name: str, refunds: list[int]) -> None:
    assert purchase(name).refunds == refunds


@pytest.mark.parametrize("name", ["expired", "expired-at-once"])
def test_an_expired_checkout_can_not_be_paid(bench: Bench, name: str) -> None:
    session = chosen(bench, name)
    bench.advance(MINUTE)
    assert bench.got(f"/v1/checkout_sessions/{session['id']}")["attributes"]["status"] == "expired"
    bench.control("POST", f"checkouts/{session['id']}/pay", status=409)


def test_told_before_the_answer(bench: Bench) -> None:
    bench.hook()
    assert bench.shop.events == []
    chosen(bench, "pays-before-answer")
    assert sorted(bench.shop.events) == ["checkout_session.payment.paid", "payment.paid"]  # nobody flushed


def test_a_charge_whose_answer_is_lost(bench: Bench) -> None:
    source = bench.source(description="sandbox:charge-answer-lost")
    bench.control("POST", f"checkouts/{source['id']}/pay")
    assert bench.charge(source).status_code == 502
    assert [p["status"] for p in bench.control("GET", "paymongo/books")["payments"]] == ["paid"]
    assert bench.api("GET", "/v1/payments").status_code == 200


def test_what_is_held_can_be_released(bench: Bench) -> None:
    bench.hook(events=["payment.paid"])
    session = chosen(bench, "webhook-held")
    bench.control("POST", f"checkouts/{session['id']}/pay")
    held = bench.flush()[0]
    assert (held["state"], bench.shop.events) == ("held", [])
    bench.control("POST", f"deliveries/{held['id']}/release")
    assert bench.shop.events == ["payment.paid"]


# -- cards on the page -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "asks", "paid"),
    [
        ("3ds-pass", True, True),
        ("3ds-fail", True, False),
        ("decline-after-3ds", True, False),
        ("declined", False, False),
        ("no-webhook", False, True),
    ],
)
def test_a_good_card_on_the_page_comes_out_as_the_scenario_wants(
    bench: Bench, name: str, asks: bool, paid: bool
) -> None:
    session = chosen(bench, name)
    answer = bench.submit(
        session["attributes"]["checkout_url"], method="card", card_number="4343 4343 4343 4345"
    )
    bank = answer.headers.get("location", "")
    assert ("/sources?id=" in bank) is asks
    if asks:
        bench.submit(bank, action="authorize")
    books = bench.control("GET", "paymongo/books")
    assert [p["status"] for p in books["payments"]] == (["paid"] if paid else ["failed"])


def test_a_wallet_on_the_page_is_declined_once(bench: Bench) -> None:
    session = chosen(bench, "declined-then-paid")
    for _ in range(2):
        wallet = bench.submit(session["attributes"]["checkout_url"], method="gcash").headers["location"]
        bench.submit(wallet, action="authorize")
    books = bench.control("GET", "paymongo/books")
    assert [p["status"] for p in books["payments"]] == ["failed", "paid"]
