"""What paying for a cart does: it is frozen while a payment is open, and becomes one booking."""

import time
from typing import Any

from django.db.models import F, Q

import raseed
from raseed.core.errors import RefusedStart
from raseed_shops.puja import letters
from raseed_shops.puja.models import Booking, Cart, Change, Promo

ACCOUNT = "phonepe"
PURPOSE = "puja-cart"

#: What the API calls a way to pay → Raseed's method.
METHODS = {"PHONEPE": "phonepe"}

#: State of a payment → the word of the API; any other state is pending, for nothing is known for sure.
_STATUS = {
    "paid": "SUCCESS",
    "failed": "FAILED",
    "expired": "FAILED",
    "cancelled": "FAILED",
    "lapsed": "EXPIRED",
}

#: How long to wait for an answer that the worker is fetching this very moment: so many looks, so far apart.
_LOOKS, _PAUSE_SECONDS = 30, 0.1


class CartPayment(raseed.Purpose):
    """A cart becomes a booking. Money that comes late is taken if the cart can still be had."""

    payable = Cart
    label = "Puja"
    open_for_seconds = 1800  # a bank may take twenty minutes to say that money was taken
    late = "fulfil"

    def price(self, cart: Cart) -> raseed.Money:
        return raseed.Money.of(cart.total_price, "INR")

    def may_pay(self, user: Any, cart: Cart) -> bool:
        return bool(user == cart.user)

    def reserve(self, cart: Cart, payment: Any) -> None:
        if cart.status != Cart.Status.ACTIVE:
            raise RefusedStart("Active cart not found")
        if cart.promo_id:
            left = Promo.objects.filter(Q(limit=None) | Q(used__lt=F("limit")), pk=cart.promo_id)
            if not left.update(used=F("used") + 1):
                raise RefusedStart(
                    f"The promo code {cart.promo} is used up. Remove it to pay the full price."
                )
        _now(cart, Cart.Status.FROZEN)

    def release(self, cart: Cart, payment: Any) -> None:
        if cart.promo_id:
            Promo.objects.filter(pk=cart.promo_id).update(used=F("used") - 1)
        _now(cart, Cart.Status.ACTIVE)

    def fulfil(self, cart: Cart, payment: Any) -> Booking:
        _now(cart, Cart.Status.CONVERTED)
        booking, _ = Booking.objects.update_or_create(
            cart=cart,
            defaults={
                "user": cart.user,
                "payment_reference": payment.reference,
                "selected_date": cart.selected_date,
                "selected_time": cart.selected_time,
                "status": Booking.Status.CONFIRMED,
                "total_amount": payment.money.amount,
                "address": cart.package.puja.address,
            },
        )
        booking.note(Change.Kind.CONFIRMED)
        letters.booked(booking, payment)
        return booking

    def revoke(self, cart: Cart, payment: Any, refund: Any) -> None:
        if payment.is_paid:  # a part went back: a discount, and the booking stands
            return
        booking = Booking.objects.get(cart=cart)
        Booking.objects.filter(pk=booking.pk).update(status=Booking.Status.CANCELLED)
        booking.note(Change.Kind.CANCELLED)
        letters.cancelled(booking, payment)

    def overdue(self, cart: Cart, payment: Any) -> None:
        letters.overdue(cart, payment)


def _now(cart: Cart, status: str) -> None:
    cart.status = status
    cart.save(update_fields=["status"])


def start(cart: Cart, user: Any, method: str = "PHONEPE", next_page: str = "") -> raseed.Checkout:
    """Open a payment, or return to the one that is open. Raises what `raseed.start_payment` raises."""
    return raseed.start_payment(
        cart,
        purpose=PURPOSE,
        account=ACCOUNT,
        method=METHODS[method],
        user=user,
        next=next_page or cart.get_absolute_url(),
        customer={"name": user.get_full_name() or user.get_username(), "email": user.email},
    )


def status_of(payment: Any) -> str:
    """How a payment stands, in a word of the API."""
    return "REFUNDED" if payment.is_fully_refunded else _STATUS.get(str(payment.state), "PENDING")


def ask(payment: Any) -> Any:
    """The payment after PhonePe was asked; where the worker is asking this moment, after that answer."""
    for _ in range(_LOOKS):
        checked = raseed.check_payment(payment, "return")
        payment = checked.payment
        if checked.asked or status_of(payment) != "PENDING":
            break
        time.sleep(_PAUSE_SECONDS)
    return payment
