"""The temple's pages: choose, pay, the booking, another day; the office, its counters and its letters."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

import raseed
from raseed import testing
from raseed_shops.puja.counters import counters
from raseed_shops.puja.models import Booking, Cart, Package, Promo
from raseed_shops.puja.payments import PURPOSE
from tests.shops.devotee import Devotee

WHEN = {"selected_date": "2140-06-20", "selected_time": "10:30"}


@pytest.fixture
def meera(people: dict[str, User]) -> Client:
    return logged_in(people["meera"])


@pytest.fixture
def office(people: dict[str, User]) -> Client:
    return logged_in(people["tara"])


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def put_into_cart(meera: Client, price: str = "999.00") -> Cart:
    package = Package.objects.get(price=price)
    answer = meera.post(package.puja.get_absolute_url(), {"package": package.pk, **WHEN})
    assert answer.status_code == 302, answer.content
    return Cart.objects.get(pk=answer["Location"].strip("/").rpartition("/")[2])


def payment_of(cart: Cart) -> Any:
    return raseed.latest_payment(cart, purpose=PURPOSE)


def pay(meera: Client, cart: Cart) -> Any:
    """Press pay, pay at the fake PhonePe, and let the shop hear of it."""
    assert meera.post(f"/puja/cart/{cart.pk}/pay/").status_code == 302
    payment = payment_of(cart)
    testing.pay(payment)
    testing.deliver(payment)
    return payment_of(cart)


def test_from_the_list_to_the_booking_and_to_another_day(meera: Client) -> None:
    assert "Satyanarayan Puja" in text(meera, "/puja/")
    cart = put_into_cart(meera)
    page = text(meera, cart.get_absolute_url())
    assert "Pay ₹999.00 with PhonePe" in page
    payment = pay(meera, cart)
    booking = Booking.objects.get()
    assert payment.created() == booking
    assert booking.book_id in text(meera, payment.status_url())
    assert booking.book_id in text(meera, "/puja/bookings/")
    assert booking.book_id in text(meera, cart.get_absolute_url())
    moved = meera.post(
        booking.get_absolute_url(),
        {"selected_date": "2140-07-01", "selected_time": "17:45", "reason": "Trip"},
    )
    assert moved.status_code == 302
    page = text(meera, booking.get_absolute_url())
    assert "1 July 2140" in page
    assert "Trip" in page
    testing.work()
    told = [letter.subject for letter in mail.outbox]
    assert told == [f"Booked: {cart} ({booking})", f"Rescheduled: {cart} ({booking})"]
    assert {recipient for letter in mail.outbox for recipient in letter.to} == {"meera@example.com"}


def test_a_form_says_what_is_wrong_and_a_past_day_is_refused_where_settings_say_so(
    meera: Client, settings: Any
) -> None:
    settings.PUJA_TAKES_PAST_DATES = False
    package = Package.objects.get(price="999.00")
    for wrong in ({"selected_date": "2001-01-01"}, {"selected_time": "noon"}, {"package": "0"}):
        answer = meera.post(package.puja.get_absolute_url(), {"package": package.pk, **WHEN, **wrong})
        assert answer.status_code == 200
        assert "errorlist" in answer.content.decode()
    assert not Cart.objects.exists()


def test_a_code_on_the_page(meera: Client) -> None:
    cart = put_into_cart(meera)
    meera.post(f"/puja/cart/{cart.pk}/promo/", {"promo_code": "discount10"})
    assert "₹899.10" in text(meera, cart.get_absolute_url())
    meera.post(f"/puja/cart/{cart.pk}/promo/", {"promo_code": "nothing"})
    assert "There is no promo code nothing." in text(meera, cart.get_absolute_url())
    meera.post(f"/puja/cart/{cart.pk}/promo/", {"promo_code": ""})
    assert "Pay ₹999.00 with PhonePe" in text(meera, cart.get_absolute_url())


def test_a_code_that_somebody_else_used_up_is_told_in_words(meera: Client) -> None:
    cart = put_into_cart(meera)
    Promo.objects.create(code="LAST", percent=10, limit=1)
    meera.post(f"/puja/cart/{cart.pk}/promo/", {"promo_code": "LAST"})
    Promo.objects.filter(code="LAST").update(used=1)
    answer = meera.post(f"/puja/cart/{cart.pk}/pay/")
    assert answer["Location"] == cart.get_absolute_url()
    assert "The promo code LAST is used up." in text(meera, cart.get_absolute_url())
    assert payment_of(cart) is None
    cart.refresh_from_db()
    assert cart.status == "ACTIVE"


def test_a_cart_is_thrown_away_but_not_while_it_is_paid_for(meera: Client) -> None:
    cart, frozen = put_into_cart(meera), put_into_cart(meera, "500.00")
    meera.post(f"/puja/cart/{frozen.pk}/pay/")
    for each in (cart, frozen):
        assert meera.post(f"/puja/cart/{each.pk}/remove/").status_code == 302
    assert meera.get(cart.get_absolute_url()).status_code == 404
    assert "stays as it is" in text(meera, frozen.get_absolute_url())


def test_what_is_anothers_is_not_there(meera: Client, people: dict[str, User]) -> None:
    cart = put_into_cart(meera)
    pay(meera, cart)
    booking = Booking.objects.get()
    arjun = logged_in(people["arjun"])
    assert arjun.get(cart.get_absolute_url()).status_code == 404
    assert arjun.get(booking.get_absolute_url()).status_code == 404
    for path in ("pay/", "promo/", "remove/"):
        assert arjun.post(f"{cart.get_absolute_url()}{path}").status_code == 404
    assert Client().get(booking.get_absolute_url()).status_code == 302
    assert arjun.get("/puja/office/").status_code == 403


def test_a_refund_cancels_and_the_same_booking_can_be_had_again(meera: Client, office: Client) -> None:
    cart = put_into_cart(meera)
    payment = pay(meera, cart)
    booking = Booking.objects.get()
    assert office.post(f"/puja/office/refund/{payment.pk}/").status_code == 302
    testing.work()
    testing.deliver(payment)
    testing.work()
    assert "Cancelled" in text(meera, booking.get_absolute_url())
    meera.post(f"{booking.get_absolute_url()}again/")
    pay(meera, cart)
    assert Booking.objects.get().book_id == booking.book_id
    kinds = list(booking.changes.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["confirmed", "cancelled", "confirmed"]


def test_the_office_sees_what_waits_and_is_told_once_after_five_minutes(
    meera: Client, office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay(meera, put_into_cart(meera))
    with monkeypatch.context() as broken:
        broken.setattr("raseed_shops.puja.letters.booked", lambda *_: 1 / 0)
        cart = put_into_cart(meera)
        payment = pay(meera, cart)
        now = counters()
        assert (now.created, now.waiting, now.failed) == (1, 0, 1)
        assert "ZeroDivisionError" in text(office, "/puja/office/")
        assert "is being prepared" in text(meera, payment.status_url())
        for seconds in (11, 21, 41, 81):
            testing.travel(seconds)
            testing.work()
        assert not [letter for letter in mail.outbox if letter.subject.startswith("Paid, and no booking")]
        for _ in range(3):
            testing.travel(400)
            testing.work()
    alerts = [letter for letter in mail.outbox if letter.subject.startswith("Paid, and no booking")]
    assert [letter.to for letter in alerts] == [["tara@example.com"]]
    assert payment.reference in alerts[0].body
    testing.travel(3600)
    testing.work()
    assert (counters().created, counters().failed) == (2, 0)


def test_every_page_works_without_scripts_and_has_one_heading(meera: Client, office: Client) -> None:
    cart, other = put_into_cart(meera), put_into_cart(meera, "500.00")
    pay(meera, cart)
    booking = Booking.objects.get()
    paths = ["/puja/", cart.package.puja.get_absolute_url(), other.get_absolute_url(), "/puja/bookings/"]
    for client, path in [
        *((meera, each) for each in [*paths, booking.get_absolute_url()]),
        (office, "/puja/office/"),
    ]:
        page = text(client, path)
        assert "<script" not in page
        assert len(re.findall("<h1", page)) == 1
        assert "Pujas" in page


def test_phonepe_itself_leads_back_to_a_page_that_says_booked(devotee: Devotee) -> None:
    cart = devotee.cart()
    devotee.process(cart)
    devotee.sandbox.pay()
    payment = payment_of(Cart.objects.get(pk=cart["id"]))
    token = payment.status_url().strip("/").rpartition("/")[2]
    client = logged_in(User.objects.get(username="meera"))
    assert client.get("/payments/return/", {"payment": token})["Location"] == payment.status_url()
    assert Booking.objects.get().book_id in text(client, payment.status_url())
