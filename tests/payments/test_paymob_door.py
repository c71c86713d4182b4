"""Paymob's signed events at the door: in any order, doubled, changed, or brought to another's address."""

import random

import pytest
from django.test import RequestFactory

import raseed
from raseed import testing
from raseed.core.states import State
from raseed.payments.models import Charge, Delivery, Fulfilment, Payment, PaymentFact, Refund
from tests.bookshop.models import Book
from tests.gateways import paymob_account as pm
from tests.payments.books import assert_books
from tests.payments.paymob_server import ACCOUNT, PaymobServer, came_back, card_told, posted

pytestmark = pytest.mark.django_db(transaction=True)

PRICE = 49_900


@pytest.fixture
def server(settings):
    server = PaymobServer()
    accounts = {**settings.RASEED["ACCOUNTS"], "paymob": {**ACCOUNT, "HTTP": server}}
    settings.RASEED = {**settings.RASEED, "ACCOUNTS": accounts}
    return server


@pytest.fixture
def start(server):
    def begin(method="card"):
        book = Book.objects.create(title="Palace Walk", price_minor=PRICE)
        return raseed.start_payment(book, purpose="book-egp", account="paymob", method=method).payment

    return begin


def now(payment):
    return Payment.objects.get(pk=payment.pk)


def work(times=1):
    for _ in range(times):
        testing.travel(30)
        testing.work()


def assert_paid_once(payment, refunded=0):
    payment = now(payment)
    assert (payment.state, payment.attention) == (State.PAID, "")
    assert [charge.minor for charge in Charge.objects.filter(payment=payment)] == [PRICE]
    assert payment.refunded().minor == refunded
    assert Fulfilment.objects.filter(payment=payment).count() == 1
    assert Book.objects.get(pk=payment.payable_key).given == 1
    assert_books()


@pytest.mark.parametrize("seed", range(6))
def test_an_orders_events_in_any_order_and_doubled(server, start, seed):
    """Declined, then paid, a card kept, two partial refunds told by the payment and by themselves."""
    payment = start()
    told = server.tell
    failed = told(payment, pm.declined(), number=1)
    waits = told(payment, pm.waiting(), number=2)
    paid = told(payment, number=2)
    first = told(payment, pm.refunded(3_000), number=2)
    child = told(payment, pm.child("is_refund", 6_900), number=3, parent_transaction=paid["id"])
    second = told(payment, pm.refunded(9_900), number=2)
    events = [
        lambda document=document: posted(document) for document in (failed, waits, paid, first, child, second)
    ]
    events += [lambda: card_told(payment), lambda: came_back(paid, payment)]
    events *= 2
    random.Random(seed).shuffle(events)
    assert {event() for event in events} <= {200, 303}
    work(2)
    assert_paid_once(payment, refunded=9_900)
    assert PaymentFact.objects.filter(payment=payment, kind="card_saved").count() == 1


def test_a_void_that_is_told_before_the_payment(server, start):
    """The payment was ended by the void; the money that is told after it is asked about, and is back."""
    payment = start()
    paid = server.tell(payment)
    voided = server.tell(payment, is_voided=True)
    assert posted(voided) == posted(paid) == 200
    work()
    assert now(payment).is_fully_refunded
    assert Book.objects.get().given == 0
    assert_books()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_all_of_it_comes_and_goes(server, start, order):
    payment = start()
    events = [server.tell(payment), server.tell(payment, pm.refunded(PRICE))]
    for number in order:
        assert posted(events[number]) == 200
    work()
    assert now(payment).is_fully_refunded
    assert Book.objects.get().given == Book.objects.get().revoked
    assert_books()


def test_only_the_full_refund_is_ever_told(server, start):
    """It came and went before we heard of either: nothing is given."""
    payment = start()
    assert posted(server.tell(payment, pm.refunded(PRICE))) == 200
    work()
    assert now(payment).is_fully_refunded
    assert (Book.objects.get().given, Charge.objects.count()) == (0, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"order": {"id": 1, "merchant_order_id": None}},
        {"owner": 1},
        {"integration_id": 1},
        {"amount_cents": 1},
        {"currency": "USD"},
    ],
    ids=str,
)
def test_a_genuine_payment_that_is_not_this_one(server, start, changes):
    payment = start()
    document = {**server.tell(payment), **changes}
    server.transactions.clear()
    assert posted(document) == 200
    work()
    assert now(payment).state != State.PAID
    assert Book.objects.get().given == 0


def test_a_digit_moved_makes_no_second_charge(server, start):
    payment = start()
    paid = server.tell(payment)
    moved = {**paid, "id": paid["id"] // 10, "integration_id": int(f"{paid['id'] % 10}{pm.CARD}")}
    assert pm.signature(moved) == pm.signature(paid)
    assert posted(paid) == posted(moved) == 200
    work()
    assert_paid_once(payment)


def test_another_reference_in_a_genuine_callback_pays_nobody_else(server, start):
    """The other one's opening has no answer: its reference is all by which it could be found."""
    payment, victim = start(), start()
    Payment.objects.filter(pk=victim.pk).update(gateway_ref="", ids={})
    paid = server.tell(payment)
    named = {**paid, "order": {**paid["order"], "merchant_order_id": victim.reference}}
    assert posted(named) == 200
    work()
    assert now(victim).state == State.PENDING
    assert_paid_once(payment)


def test_a_signed_return_of_another_order_pays_nothing_here(server, start):
    payment, other = start(), start()
    paid = server.tell(other)
    assert came_back(paid, payment) == 303
    assert (now(payment).state, now(other).state) == (State.PENDING, State.PENDING)
    Payment.objects.filter(pk=payment.pk).update(gateway_ref="", ids={})
    testing.travel(10)
    assert came_back(paid, payment) == 303
    assert (now(payment).state, now(payment).gateway_ref) == (State.PENDING, "")
    assert came_back(paid, other) == 303
    assert_paid_once(other)


def test_a_return_that_was_changed_only_makes_us_ask(server, start):
    payment = start()
    failed = server.tell(payment, pm.declined())
    assert came_back(failed, payment, success="true") == 303
    assert now(payment).state == State.PENDING
    assert set(PaymentFact.objects.filter(channel="return").values_list("kind", flat=True)) <= {
        "attempt_failed",
        "opened",
    }


def test_a_browser_at_the_webhooks_address_is_led_to_its_page(server, start):
    payment = start()
    query = pm.returned(server.tell(payment)).query_string.decode()
    view = raseed.webhook(account="paymob")
    for _ in range(2):
        answer = view(RequestFactory().get(f"/hook/?{query}"))
        assert (answer.status_code, answer["Location"]) == (303, payment.status_url())
    assert now(payment).first_channel == "return"
    assert_paid_once(payment)
    assert Delivery.objects.get().copies == 2
    assert view(RequestFactory().head(f"/hook/?{query}")).status_code == 405


def test_a_callback_of_another_integration_is_asked_about(server, start):
    """A new integration that nobody entered: what it says is asked, and the answer counts."""
    payment = start()
    assert posted(server.tell(payment, integration_id=4_999_999)) == 200
    assert now(payment).state == State.PENDING
    work()
    assert_paid_once(payment)


def test_a_card_is_kept_before_its_payment_is_known(server, start):
    payment = start()
    ref = payment.gateway_ref
    Payment.objects.filter(pk=payment.pk).update(gateway_ref="", ids={})
    payment.gateway_ids.all().delete()
    payment.gateway_ref = ref
    assert card_told(payment) == 200
    assert not PaymentFact.objects.filter(kind="card_saved").exists()
    server.tell(payment)
    work(4)
    assert_paid_once(payment)
    assert PaymentFact.objects.filter(payment=payment, kind="card_saved").count() == 1


def test_no_token_is_stored_in_the_clear(server, start):
    payment = start()
    card_told(payment)
    body = bytes(Delivery.objects.get().body)
    assert pm.CARD_TOKEN.encode() not in body
    assert pm.CARD_TOKEN not in str(list(PaymentFact.objects.values()))


def test_a_refund_of_ours_is_told_by_everybody_and_counted_once(server, start):
    payment = start()
    paid = server.tell(payment)
    posted(paid)
    assert_paid_once(payment)
    posted(server.tell(payment, pm.refunded(2_000)))
    posted(server.tell(payment, pm.child("is_refund", 2_000), number=3, parent_transaction=paid["id"]))
    work(2)
    assert_paid_once(payment, refunded=2_000)
    assert Refund.objects.count() == 1
