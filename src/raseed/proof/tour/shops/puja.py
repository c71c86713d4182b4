"""The temple: a devotee puts a puja into a cart and pays for it, and the cart becomes a booking."""

from __future__ import annotations

import re
from random import Random
from urllib.parse import urlsplit

from raseed.payments.models import Notice, Payment
from raseed.proof.tour.browser import Browser, Page
from raseed.proof.tour.shops.base import Given, Offer
from raseed.proof.tour.stage import Stage
from raseed.proof.tour.tills.phonepe import PhonePeTill
from raseed_shops.puja.models import Booking, Cart, Change, Package

PURPOSE = "puja-cart"
DAY, TIME = "2030-05-17", "10:30"


class Temple:
    """Implements `shops.base.Shop`. Meera books for herself."""

    name = "puja"
    gives_with_money = False

    def __init__(self, stage: Stage) -> None:
        self.url = stage.local.shop_url
        self.customer = self._log_in(stage.browser("meera"), "Meera")
        environment = stage.local.environment
        self.till = PhonePeTill(
            stage.control,
            webhook_url=f"{self.url}/api/payments/webhook/phonepe/",
            username=environment["RASEED_DEMO_PHONEPE_WEBHOOK_USERNAME"],
            password=environment["RASEED_DEMO_PHONEPE_WEBHOOK_PASSWORD"],
        )

    def _log_in(self, browser: Browser, first_name: str) -> Browser:
        browser.press(browser.get(f"{self.url}/login/"), first_name)
        return browser

    def publish(self, random: Random) -> Offer:
        package = random.choice(list(Package.objects.select_related("puja").order_by("pk")))
        page = self.customer.get(f"{self.url}{package.puja.get_absolute_url()}")
        chosen = {"package": str(package.pk), "selected_date": DAY, "selected_time": TIME}
        cart = self.customer.press(page, "Put it into the cart", chosen)
        key = re.fullmatch(r"/puja/cart/(\d+)/", urlsplit(cart.url).path)
        assert key, cart.text  # noqa: S101 a page that says why not
        return Offer(PURPOSE, key[1], str(package))

    def address(self, offer: Offer, what: str = "") -> str:
        """The page of a cart, or one below it."""
        return f"{self.url}/puja/cart/{offer.key}/{what}"

    def press_pay(self, offer: Offer) -> Page:
        """With or without a button on the page: what counts is what the shop does with the press."""
        page = self.customer.get(self.address(offer))
        return self.customer.send(page, self.address(offer, "pay/"), page.token())

    def use_code(self, offer: Offer, code: str) -> Page:
        """Put a promo code on the cart."""
        page = self.customer.get(self.address(offer))
        return self.customer.send(page, self.address(offer, "promo/"), {**page.token(), "promo_code": code})

    def booking_page(self, offer: Offer) -> Page | None:
        """The page of what the cart became."""
        booking = Booking.objects.filter(cart_id=offer.key).first()
        return self.customer.get(f"{self.url}{booking.get_absolute_url()}") if booking else None

    def try_to_use(self, offer: Offer) -> bool:
        """Look whether the booking can still be moved, which a devotee can do with one that stands."""
        page = self.booking_page(offer)
        return page is not None and any("Reschedule" in form.buttons for form in page.forms)

    def offer_again(self, offer: Offer) -> None:
        """A booking whose money went back is cancelled; its devotee may book it again."""
        page = self.booking_page(offer)
        if page is not None:
            self.customer.press(page, "Book it again")

    def given(self, offer: Offer, payment: Payment | None) -> Given:
        cart = Cart.objects.get(pk=offer.key)
        bookings = list(Booking.objects.filter(cart=cart))
        kinds = list(Change.objects.filter(booking__cart=cart).values_list("kind", flat=True))
        is_booked = [booking.status for booking in bookings] == ["CONFIRMED"]
        odd = [] if len(bookings) < 2 else [f"a cart became {len(bookings)} bookings"]
        if is_booked and cart.status != Cart.Status.CONVERTED:
            odd.append(f"a cart with a booking is {cart.status}")
        if is_booked and payment is not None:
            odd += _odd_booking(bookings[0], payment)
        return Given(is_booked, kinds.count("confirmed"), kinds.count("cancelled"), tuple(odd))


def _odd_booking(booking: Booking, payment: Payment) -> list[str]:
    """What a booking says of its payment, and whether its devotee was told once."""
    odd = []
    seen = (booking.payment_reference, booking.total_amount)
    if seen != (payment.reference, payment.money.amount):
        odd.append(f"the booking says {seen} of its payment {payment}")
    letters = Notice.objects.filter(key=f"puja-booked:{payment.reference}")
    states = [str(state) for state in letters.values_list("state", flat=True)]
    return odd if states == ["sent"] else [*odd, f"the letters about {booking} are {states}"]
