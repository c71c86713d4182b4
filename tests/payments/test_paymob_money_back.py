"""Paymob after the payment: refunds, voids, captures, kept cards, and callbacks that somebody changed."""

import pytest

import raseed
from raseed.core.errors import GatewayUnavailable, RefusedCapture
from raseed.core.states import State
from raseed.payments.models import Charge, Payment, PaymentFact, Refund
from tests.payments.paymob_shop import (
    CARD,
    PRICE,
    assert_given_once,
    book,
    keys,
    now,
    sandbox,
    sandbox_server,
    shop,
)

__all__ = ["book", "keys", "sandbox", "sandbox_server", "shop", "way"]  # fixtures are found by name
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["intention"])
def way(request):
    return request.param


@pytest.fixture
def paid(shop, book):
    payment = shop.start(book).payment
    shop.sandbox.pay()
    shop.hear()
    assert_given_once(book, payment)
    return now(payment)


@pytest.mark.parametrize("scenario", ["answer-lost-after-work+pays", "connection-dropped+pays"])
def test_an_order_whose_answer_was_lost_is_found_again(shop, book, scenario):
    """By our own reference, when it is asked; the parked callback is then read."""
    shop.sandbox.arm(scenario)
    with pytest.raises(GatewayUnavailable):
        shop.start(book)
    payment = Payment.objects.get()
    shop.settle(4)
    assert_given_once(book, payment)
    assert now(payment).gateway_ref


def test_refunded_in_two_parts(shop, paid):
    for key in ("one", "two"):
        raseed.request_refund(paid, raseed.Money(PRICE // 2, "EGP"), key=key)
    shop.settle(6)
    assert list(Refund.objects.order_by("pk").values_list("state", "is_external")) == [
        ("succeeded", False),
        ("succeeded", False),
    ]
    assert now(paid).is_fully_refunded
    assert sum(row["refunded"] for row in shop.sandbox.books("paymob")["payments"]) == PRICE


@pytest.mark.parametrize("fault", ["error_after", "error_before"])
def test_a_lost_answer_is_told_by_the_total_and_nothing_is_sent_twice(shop, paid, fault):
    shop.sandbox.fault("request", fault, match={"path": "*refund*"}, status=502, times=1)
    raseed.request_refund(paid, raseed.Money(10_000, "EGP"), key="lost")
    shop.settle(10)
    assert Refund.objects.get().state == "succeeded"
    assert [row["amount"] for row in shop.sandbox.books("paymob")["refunds"]] == [10_000]


def test_a_refund_that_is_refused_with_200(shop, book):
    shop.sandbox.arm("refund-fails")
    payment = shop.start(book).payment
    shop.sandbox.pay()
    shop.hear()
    raseed.request_refund(payment, raseed.Money(10_000, "EGP"), key="no")
    shop.settle(2)
    assert Refund.objects.get().state == "failed"
    assert now(payment).refundable().minor == PRICE


def test_two_refunds_made_in_the_dashboard(shop, paid):
    """The same transaction, the same signature: only the total differs."""
    for minor in (3_000, 6_900):
        shop.sandbox.refund(minor=minor)
        shop.hear()
    told = [(refund.minor, refund.state, refund.is_external) for refund in Refund.objects.order_by("pk")]
    assert told == [(3_000, "succeeded", True), (6_900, "succeeded", True)]
    assert now(paid).refundable().minor == PRICE - 9_900


@pytest.mark.parametrize("told", ["parent", "child", "both"])
def test_a_refund_is_counted_once_whoever_tells_it(shop, paid, told):
    shop.sandbox.control("POST", "paymob/settings", {"refund_callbacks": told})
    raseed.request_refund(paid, raseed.Money(3_000, "EGP"), key="ours")
    shop.settle(1)
    shop.sandbox.refund(minor=6_900)
    shop.settle(2)
    assert sorted(Refund.objects.values_list("minor", "is_external")) == [(3_000, False), (6_900, True)]


@pytest.mark.parametrize("scenario", ["void", "dashboard-refund", "refund-webhook-lost", "partial-refunds"])
def test_all_of_it_goes_back_at_the_gateway(shop, book, scenario):
    shop.sandbox.arm(f"{scenario}+pays")
    payment = shop.start(book).payment
    shop.settle(8)
    if scenario == "refund-webhook-lost":
        shop.hear(24 * 3600)
        shop.settle(1)
    assert now(payment).is_fully_refunded
    assert {refund.is_void for refund in Refund.objects.all()} == {scenario == "void"}
    book.refresh_from_db()
    assert (book.given, book.revoked) == (1, Refund.objects.count())


def test_the_refund_is_told_before_the_payment(shop, book):
    """Nothing is given for money that is back before we hear of it."""
    shop.sandbox.arm("refund-before-payment+pays")
    payment = shop.start(book).payment
    shop.settle(5)
    assert now(payment).is_fully_refunded
    assert [charge.minor for charge in Charge.objects.all()] == [PRICE]


def test_held_money_is_captured(shop, book):
    checkout = shop.start(book, "card_hold")
    shop.submit(checkout.url, **CARD)
    shop.hear()
    assert now(checkout.payment).state == State.AUTHORIZED
    raseed.capture(now(checkout.payment))
    assert_given_once(book, checkout.payment)
    shop.settle(1)
    raseed.request_refund(now(checkout.payment), raseed.Money(10_000, "EGP"), key="some")
    shop.settle(2)
    assert [refund.state for refund in Refund.objects.all()] == ["succeeded"]
    assert_given_once(book, checkout.payment)


def test_a_part_of_held_money(shop, book):
    payment = shop.start(book, "card_hold").payment
    shop.sandbox.pay()
    shop.hear()
    raseed.capture(now(payment), raseed.Money(30_000, "EGP"))
    shop.settle(1)
    assert_given_once(book, payment, 30_000)


def taken_in_part(shop, book):
    payment = shop.start(book, "card_hold").payment
    shop.sandbox.pay()
    shop.hear()
    raseed.capture(now(payment), raseed.Money(30_000, "EGP"))
    return payment


def assert_taken(payment, *parts):
    after = now(payment)
    assert (after.state, after.attention, after.collected().minor) == (State.PAID, "", sum(parts))
    assert sorted(charge.minor for charge in Charge.objects.all()) == sorted(parts)
    assert not Charge.objects.filter(held=True).exists()
    assert after.expected.minor == sum(parts)


@pytest.mark.parametrize("told", ["parent", "child", "both"])
def test_the_rest_of_held_money_is_taken_later(shop, book, told):
    """Paymob lets a hold be captured in parts; each is a charge of its own, and none a second payment."""
    shop.sandbox.control("POST", "paymob/settings", {"refund_callbacks": told})
    payment = taken_in_part(shop, book)
    shop.settle(1)
    for part in (10_000, None):
        raseed.capture(now(payment), part and raseed.Money(part, "EGP"))
        shop.settle(1)
    assert_taken(payment, 30_000, 10_000, PRICE - 40_000)
    with pytest.raises(RefusedCapture, match="no money"):
        raseed.capture(now(payment))


def test_more_than_is_left_is_refused_and_nothing_is_sent(shop, book):
    payment = taken_in_part(shop, book)
    with pytest.raises(RefusedCapture, match="is held"):
        raseed.capture(now(payment), raseed.Money(PRICE - 30_000 + 1, "EGP"))
    shop.settle(1)
    assert_taken(payment, 30_000)


@pytest.mark.parametrize("told", ["parent", "child"])
def test_a_part_whose_answer_was_lost_is_taken_once(shop, book, told):
    """Whether it is looked up, or was told before anybody looks."""
    shop.sandbox.control("POST", "paymob/settings", {"refund_callbacks": told})
    payment = taken_in_part(shop, book)
    lost = {"gateway": "paymob", "on": "request", "fault": "drop_after", "match": {"call": "capture"}}
    shop.sandbox.control("POST", "faults", {**lost, "times": 1})
    with pytest.raises(GatewayUnavailable):
        raseed.capture(now(payment), raseed.Money(10_000, "EGP"))
    if told == "child":
        shop.hear()
    raseed.capture(now(payment), raseed.Money(10_000, "EGP"))  # the same again
    shop.settle(1)
    assert_taken(payment, 30_000, 10_000)
    raseed.capture(now(payment))
    shop.settle(1)
    assert_taken(payment, 30_000, 10_000, PRICE - 40_000)


def test_more_than_we_asked_for_is_for_a_person(shop, book):
    """Somebody takes the rest in the dashboard: no second payment, but more than was asked for."""
    payment = taken_in_part(shop, book)
    (hold,) = [row for row in shop.sandbox.books("paymob")["payments"] if row["is_auth"]]
    shop.sandbox.control("POST", f"paymob/transactions/{hold['id']}/capture", {"amount": 10_000})
    raseed.check_payment(now(payment))
    assert now(payment).state == State.PAID
    assert now(payment).attention.startswith("more money came than was agreed")


def test_after_money_went_back_no_more_is_taken(shop, book):
    payment = taken_in_part(shop, book)
    raseed.request_refund(now(payment), raseed.Money(10_000, "EGP"), key="some")
    shop.settle(2)
    with pytest.raises(RefusedCapture, match="went back"):
        raseed.capture(now(payment))


def test_held_money_is_let_go(shop, book):
    payment = shop.start(book, "card_hold").payment
    shop.sandbox.pay()
    shop.hear()
    raseed.void(now(payment))
    shop.settle(1)
    assert (now(payment).state, Charge.objects.count()) == (State.CANCELLED, 0)


def test_a_split_callback(shop, book):
    checkout = shop.start(book)
    shop.sandbox.arm("no-webhook")
    shop.sandbox.pay()
    order = now(checkout.payment).gateway_ref
    shop.sandbox.control("POST", f"paymob/orders/{order}/split", {})
    shop.hear()
    assert_given_once(book, checkout.payment)


def test_a_card_that_is_kept_tells_its_token_once(shop, book):
    checkout = shop.start(book)
    shop.submit(checkout.url, **CARD, save_card="tokenize")
    shop.hear()
    assert_given_once(book, checkout.payment)
    (fact,) = PaymentFact.objects.filter(kind="card_saved")
    assert fact.raw["masked_pan"].endswith("2346")
    (card,) = shop.sandbox.books("paymob")["cards"]
    assert card["token"] not in str(list(PaymentFact.objects.values()))


@pytest.mark.parametrize(
    "changes",
    [
        {"order": {"merchant_order_id": "another"}},
        {"refunded_amount_cents": PRICE, "is_refunded": False},
        {"is_live": True},
        {"is_refund": True, "parent_transaction": 1},
    ],
    ids=str,
)
def test_a_genuine_signature_over_changed_members(shop, paid, changes):
    """They make us ask, and the answer is what it was."""
    (row,) = shop.sandbox.books("paymob")["payments"]
    shop.sandbox.control("POST", "paymob/forge", {"transaction": row["id"], "changes": changes})
    shop.settle(1)
    assert (now(paid).state, Refund.objects.count(), now(paid).attention) == (State.PAID, 0, "")
    assert Charge.objects.count() == 1
