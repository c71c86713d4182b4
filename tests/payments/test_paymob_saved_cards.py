"""A card that Paymob keeps: saved on its page, offered there again, and charged while nobody is there."""

import pytest
from django.contrib.auth.models import User

import raseed
from raseed.core.errors import GatewayUnavailable
from raseed.core.states import State
from raseed.payments.models import Payment, SavedCard
from tests.bookshop.models import Book
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
    way,
)

__all__ = ["book", "keys", "sandbox", "sandbox_server", "shop", "way"]  # fixtures are found by name
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reader():
    return User.objects.create(username="salma")


@pytest.fixture
def card(shop, book, reader):
    checkout = shop.start(book, user=reader)
    shop.submit(checkout.url, **CARD, save_card="tokenize")
    shop.hear()
    assert_given_once(book, checkout.payment)
    return SavedCard.objects.get(owner=reader)


@pytest.fixture
def other():
    return Book.objects.create(title="Sugar Street", price_minor=PRICE)


def pay(shop, card, other, **options):
    options = {"purpose": "book-egp", "customer": {"phone": "01010101010"}} | options
    return raseed.pay_with_card(card, other, **options)


def test_charged_while_nobody_is_there(shop, card, other):
    checkout = pay(shop, card, other, off_session=True)
    shop.hear()
    assert_given_once(other, checkout.payment)
    assert shop.refused == 0


def test_a_decline_while_nobody_is_there_is_the_end(shop, card, other):
    """Nobody could try again on a page: there is none."""
    shop.sandbox.arm("declined")
    payment = pay(shop, card, other, off_session=True).payment
    shop.settle(1)
    assert now(payment).state == State.FAILED
    other.refresh_from_db()
    assert other.given == 0


def test_a_call_whose_answer_was_lost_charges_once(shop, card, other):
    shop.sandbox.fault("request", "error_after", match={"path": "*payments/pay*"}, status=502, times=1)
    with pytest.raises(GatewayUnavailable):
        pay(shop, card, other, off_session=True)
    shop.settle(2)
    payment = Payment.objects.order_by("pk").last()
    assert_given_once(other, payment)
    assert len([row for row in shop.sandbox.books("paymob")["payments"] if row["state"] == "paid"]) == 2


def lose_callbacks(shop):
    match = {"gateway": "paymob", "on": "delivery", "fault": "lose", "match": {}}
    shop.sandbox.control("POST", "faults", match)


def test_a_card_whose_callback_was_lost_is_found_by_asking(shop, book, reader):
    lose_callbacks(shop)
    checkout = shop.start(book, user=reader, save_card=True)
    shop.submit(checkout.url, **CARD, save_card="tokenize")
    raseed.check_payment(checkout.payment)
    assert_given_once(book, checkout.payment)
    assert SavedCard.objects.get(owner=reader).last4 == CARD["card_number"].replace(" ", "")[-4:]


def test_asking_brings_no_deleted_card_back(shop, book, reader):
    checkout = shop.start(book, user=reader, save_card=True)
    shop.submit(checkout.url, **CARD, save_card="tokenize")
    shop.hear()
    (card,) = raseed.saved_cards(reader)
    raseed.delete_card(card)
    raseed.check_payment(checkout.payment)
    assert raseed.saved_cards(reader) == []
