"""Paymob as a shop meets it, over HTTP: its pages, its callbacks and signed returns, asking."""

from urllib.parse import urlsplit

import pytest
from django.test import RequestFactory

import raseed
from raseed.core.states import State
from raseed.payments.models import Refund
from tests.payments.paymob_shop import (
    CARD,
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


def test_a_purchase_on_the_page(shop, book, way):
    checkout = shop.start(book)
    assert ("/iframes/" in checkout.url) is (way == "older")
    back = shop.submit(checkout.url, **CARD)
    assert back.status_code == 303
    assert now(checkout.payment).state == State.PENDING
    shop.hear()
    assert_given_once(book, checkout.payment)
    assert now(checkout.payment).first_channel == "webhook"
    assert shop.refused == 0


def test_the_signed_return_is_first(shop, book, way, client):
    """No callback and no question is needed: what the browser brings is signed."""
    shop.sandbox.fault("request", "error_before", match={"path": "*transactions*"}, status=503, times=99)
    checkout = shop.start(book)
    shop.sandbox.arm("no-webhook")
    location = urlsplit(shop.submit(checkout.url, **CARD).headers["location"])
    if way == "older":  # the dashboard's own address: the webhook's view leads on
        answer = shop.view(RequestFactory().get(f"{location.path}?{location.query}"))
    else:
        answer = client.get(f"{location.path}?{location.query}")
    assert (answer.status_code, answer["Location"]) == (303, checkout.payment.status_url())
    assert_given_once(book, checkout.payment)
    assert now(checkout.payment).first_channel == "return"


def test_three_d_secure_that_fails_and_then_passes_is_one_order(shop, book):
    checkout = shop.start(book)
    asks = {**CARD, "card_number": "5123 4500 0000 0008"}
    page = shop.submit(checkout.url, **asks).headers["location"]
    shop.submit(page, action="decline")
    shop.hear()
    assert now(checkout.payment).state == State.PENDING
    assert now(checkout.payment).detail == "The bank's check of the card's owner failed."
    page = shop.submit(checkout.url, **asks).headers["location"]
    shop.submit(page, action="confirm", otp="1234")
    shop.hear()
    assert_given_once(book, checkout.payment)


def test_a_mobile_wallet(shop, book):
    checkout = shop.start(book, "wallet")
    shop.submit(checkout.url, action="confirm", mpin="123456", otp="123456")
    shop.hear()
    assert_given_once(book, checkout.payment)


def test_a_wallet_whose_owner_declines_has_ended(shop, book):
    """Its page was for one attempt: the next click opens another."""
    payment = shop.start(book, "wallet").payment
    shop.sandbox.decline()
    shop.hear()
    assert now(payment).state == State.FAILED
    assert shop.start(book, "wallet").payment.pk != payment.pk


def test_a_kiosk_is_paid_three_days_later(shop, book):
    checkout = shop.start(book, "kiosk")
    assert checkout.url is None
    assert checkout.client["bill_number"].isdigit()
    shop.hear()
    assert now(checkout.payment).state == State.PENDING
    shop.hear(3 * 24 * 3600)
    assert now(checkout.payment).state == State.PENDING
    shop.sandbox.pay()
    shop.hear()
    assert_given_once(book, checkout.payment)


def test_cash_is_collected_by_a_courier(shop, book):
    checkout = shop.start(book, "cash")
    assert checkout.client == {"order": now(checkout.payment).gateway_ref}
    shop.sandbox.pay()
    shop.hear()
    assert_given_once(book, checkout.payment)


@pytest.mark.parametrize(
    "scenario",
    [
        "pays",
        "pays-before-answer",
        "no-webhook+pays",
        "paid-webhook-lost+pays",
        "duplicate-3+pays",
        "duplicate-8-at-once+pays",
        "duplicate-next-day+pays",
        "invalid-signature+pays",
        "invalid-then-genuine+pays",
        "wrong-secret+pays",
        "out-of-order+declined-then-paid+pays",
        "out-of-order-regression+pays",
        "delayed-2-minutes+pays",
        "webhook-before-answer+pays",
        "reads-500-for-a-minute+pays",
        "reads-rate-limited+pays",
        "declined-then-paid+pays",
        "pending-2-minutes+pays",
    ],
)
def test_paid_whatever_happens_on_the_way(shop, book, scenario):
    shop.sandbox.arm(scenario)
    payment = shop.start(book).payment
    shop.settle(5)
    assert_given_once(book, payment)


class TestInOman:
    """A thousandth is the smallest unit, and the keys tell the country."""

    @pytest.fixture(params=["intention"])
    def way(self, request):
        return request.param

    @pytest.fixture
    def keys(self):
        return {"SECRET_KEY": "omn_sk_test_shop", "PUBLIC_KEY": "omn_pk_test_shop"}

    def test_paid_and_refunded_in_part(self, shop, book):
        shop.purpose = "book-omr"
        checkout = shop.start(book)
        assert str(checkout.payment.money) == "OMR 49.900"
        shop.submit(checkout.url, **CARD)
        shop.hear()
        assert_given_once(book, checkout.payment)
        raseed.request_refund(now(checkout.payment), raseed.Money.of("10.001", "OMR"), key="part")
        shop.settle(2)
        assert [refund.minor for refund in Refund.objects.filter(state="succeeded")] == [10_001]
