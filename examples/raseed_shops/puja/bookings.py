"""Bookings after they were paid for: find one, and move it to another day."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from raseed_shops.puja import letters
from raseed_shops.puja.models import Booking, Change


class NotBooked(Exception):
    """The booking is cancelled. In words for the customer."""


def bookings_of(user: Any) -> QuerySet[Booking]:
    """This user's bookings, newest first."""
    return (
        Booking.objects.select_related("cart__package__puja", "cart__promo", "user")
        .filter(user=user)
        .order_by("-pk")
    )


def reschedule(booking: Booking, day: date, at: time, reason: str) -> Booking:
    """Another day and time, with a letter about it. Raises NotBooked."""
    with transaction.atomic():
        locked = Booking.objects.select_for_update().get(pk=booking.pk)
        if locked.status != Booking.Status.CONFIRMED:
            raise NotBooked(f"Booking {locked} is cancelled and cannot be rescheduled.")
        if (locked.selected_date, locked.selected_time) == (day, at):
            return booking  # pressed twice
        locked.selected_date, locked.selected_time = day, at
        locked.save(update_fields=["selected_date", "selected_time"])
        change = locked.note(Change.Kind.RESCHEDULED, reason)
        letters.rescheduled(locked, change.pk)
    return bookings_of(locked.user).get(pk=locked.pk)
