"""The letters of the temple. Each is queued with what it tells of; the worker sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse

import raseed
from raseed_shops.puja.people import office

if TYPE_CHECKING:
    from raseed_shops.puja.models import Booking, Cart


def booked(booking: Booking, payment: Any) -> None:
    """It is paid for and booked."""
    raseed.send_email(
        booking.user.email,
        f"Booked: {booking.cart} ({booking.book_id})",
        f"Namaste {_name(booking.user)},\n\n"
        f"we have received {payment.money} for “{booking.cart}”. Your booking is {booking.book_id}.\n\n"
        f"When: {_moment(booking)}\nWhere: {booking.address}\n\n"
        f"To look it up, or to choose another day:\n{_address(booking.get_absolute_url())}\n",
        key=f"puja-booked:{payment.reference}",
        payment=payment,
    )


def rescheduled(booking: Booking, change_id: int) -> None:
    """Another day or time, as its owner wished."""
    raseed.send_email(
        booking.user.email,
        f"Rescheduled: {booking.cart} ({booking.book_id})",
        f"Namaste {_name(booking.user)},\n\n"
        f"your booking {booking.book_id} is now for {_moment(booking)}.\n\n"
        f"{_address(booking.get_absolute_url())}\n",
        key=f"puja-rescheduled:{change_id}",
    )


def cancelled(booking: Booking, payment: Any) -> None:
    """All of the money went back."""
    raseed.send_email(
        booking.user.email,
        f"Cancelled: {booking.cart} ({booking.book_id})",
        f"Namaste {_name(booking.user)},\n\n"
        f"we have sent {payment.money} back to you, and your booking {booking.book_id} is cancelled. "
        "Your bank decides how soon the money shows.\n",
        key=f"puja-cancelled:{payment.reference}",
        payment=payment,
    )


def overdue(cart: Cart, payment: Any) -> None:
    """To the office: money came, and there is still no booking. One letter each, however often called."""
    for person in office():
        raseed.send_email(
            person.email,
            f"Paid, and no booking: cart {cart.pk}",
            f"{payment.money} came for “{cart}” at {payment.paid_at:%Y-%m-%d %H:%M} UTC (payment "
            f"{payment.reference}), and no booking could be made so far. It is tried again and again.\n\n"
            f"What goes wrong stands here:\n{_address(reverse('puja:office'))}\n",
            key=f"puja-overdue:{payment.reference}:{person.pk}",
            payment=payment,
        )


def _name(user: Any) -> str:
    return str(user.first_name or user.get_username())


def _moment(booking: Booking) -> str:
    return f"{booking.selected_date:%d %B %Y}, {booking.selected_time:%H:%M}"


def _address(path: str) -> str:
    return f"{settings.RASEED['SITE_URL']}{path}"
