"""No unpaid booking, at any moment, under any crash: the temple dies after each of its statements."""

import os
import signal
from datetime import date, time
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

import raseed
from raseed import testing
from raseed_shops import settings as shop
from raseed_shops.puja.models import Booking, Cart, Package, Promo, Puja
from raseed_shops.puja.payments import PURPOSE
from tests.payments.books import assert_books

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

#: More statements than any journey here has; one that never comes is a journey that was not killed.
MOST_STATEMENTS = 80
#: Each journey has more, so that what was killed was the journey.
FEWEST_STATEMENTS = 8


@pytest.fixture(autouse=True)
def temple(settings, transactional_db):
    settings.ROOT_URLCONF = shop.ROOT_URLCONF
    settings.RASEED = {
        **shop.RASEED,
        "SITE_URL": "https://shop.example",
        "CLOCK": "raseed.testing.clock",
        "ACCOUNTS": {**shop.RASEED["ACCOUNTS"], "phonepe": {"GATEWAY": "tests.shops.fakes.FakePhonePe"}},
    }
    yield
    assert_books()
    testing.reset()


@pytest.fixture
def cart():
    """Meera's, with the one use there is of a code."""
    user = get_user_model().objects.create_user("meera", "meera@example.com", "meera")
    puja = Puja.objects.create(name="Satyanarayan Puja", address="Varanasi")
    package = Package.objects.create(puja=puja, name="Complete", price=Decimal("999.00"))
    promo = Promo.objects.create(code="ONCE", percent=10, limit=1)
    return lambda: Cart.objects.create(
        user=user,
        package=package,
        promo=promo,
        selected_date=date(2030, 5, 17),
        selected_time=time(10, 30),
    )


def start(cart):
    return raseed.start_payment(
        cart, purpose=PURPOSE, account="phonepe", method="phonepe", user=cart.user
    ).payment


def died_after(statements, act):
    """Run it in a child that is killed after so many statements. False: it ended before."""
    connection.close()
    child = os.fork()
    if child == 0:
        left = [statements]

        def count(execute, *args):
            done = execute(*args)
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        try:
            with connection.execute_wrapper(count):
                act()
            os._exit(0)
        finally:
            os._exit(3)  # it raised: the test is wrong
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), f"the child ended with {status}"
    return status == signal.SIGKILL


def assert_nothing_is_half_done():
    """Every booking is paid for; a cart is frozen exactly while its payment is open; codes are counted."""
    for booking in Booking.objects.select_related("cart"):
        payment = raseed.payments_for(PURPOSE).get(reference=booking.payment_reference)
        assert payment.is_paid
        assert booking.cart.status == Cart.Status.CONVERTED
    for one in Cart.objects.all():
        open_ones = raseed.payments_of(one, purpose=PURPOSE).filter(state__in=["new", "pending"])
        assert (one.status == Cart.Status.FROZEN) == open_ones.exists()
    for promo in Promo.objects.all():
        in_use = Cart.objects.filter(promo=promo).exclude(status=Cart.Status.ACTIVE)
        assert promo.used == in_use.count()


def test_while_a_payment_is_started(cart):
    for statements in range(1, MOST_STATEMENTS):
        one = cart()
        was_killed = died_after(statements, lambda one=one: start(one))
        assert_nothing_is_half_done()
        assert not Booking.objects.exists()
        testing.travel(3600)
        testing.work()  # the payment that nobody opened lapses, and the cart is free again
        one.refresh_from_db()
        assert (one.status, Promo.objects.get().used) == (Cart.Status.ACTIVE, 0)
        if not was_killed:
            assert statements > FEWEST_STATEMENTS
            return
    pytest.fail("it was killed every time")


def test_while_the_money_is_confirmed(cart):
    for statements in range(1, MOST_STATEMENTS):
        Promo.objects.update(used=0, limit=1)
        Cart.objects.filter(status=Cart.Status.CONVERTED).update(promo=None)
        one = cart()
        payment = start(one)
        testing.pay(payment)
        was_killed = died_after(statements, lambda payment=payment: testing.deliver(payment))
        assert_nothing_is_half_done()
        testing.deliver(payment)  # no answer, so that it is sent again
        assert [booking.payment_reference for booking in Booking.objects.filter(cart=one)] == [
            payment.reference
        ]
        assert_nothing_is_half_done()
        if not was_killed:
            assert statements > FEWEST_STATEMENTS
            return
    pytest.fail("it was killed every time")


def test_while_a_booking_is_tried_again(cart, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr("raseed_shops.puja.letters.booked", lambda *_: 1 / 0)
        one = cart()
        payment = start(one)
        testing.pay(payment)
        testing.deliver(payment)
    assert not Booking.objects.exists()
    for statements in range(1, MOST_STATEMENTS):
        testing.travel(3600)  # the lease of who died, and the pause
        was_killed = died_after(statements, testing.work)
        assert Booking.objects.count() <= 1
        assert all(b.payment_reference == payment.reference for b in Booking.objects.all())
        if not was_killed or Booking.objects.exists():
            break
    testing.travel(3600)
    testing.work()
    assert Booking.objects.get().cart == one
    assert payment.created() == Booking.objects.get()
