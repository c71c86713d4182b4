"""Bookings: one's own, and another day for one of them."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from raseed_shops.puja import bookings
from raseed_shops.puja.api.shapes import BookingAnswer, MomentAsked
from raseed_shops.puja.api.views import PujaView, asked, found
from raseed_shops.puja.models import Booking


class Bookings(PujaView):
    """One's bookings, newest first."""

    def get(self, request: Request) -> Response:
        return Response(BookingAnswer(bookings.bookings_of(request.user), many=True).data)


class OneBooking(PujaView):
    """A booking, by its number or by its BK- name."""

    def get(self, request: Request, name: str) -> Response:
        return Response(BookingAnswer(_booking(request, name)).data)


class Reschedule(PujaView):
    """Another day and time. Its owner gets a letter."""

    def post(self, request: Request, name: str) -> Response:
        booking, said = _booking(request, name), asked(MomentAsked, request)
        moved = bookings.reschedule(booking, said["selected_date"], said["selected_time"], said["reason"])
        return Response(BookingAnswer(moved).data)


def _booking(request: Request, name: str) -> Booking:
    mine = bookings.bookings_of(request.user)
    by = (
        {"pk": min(int(name), 2**63 - 1)}
        if name.isascii() and name.isdecimal()
        else {"book_id": name.upper()}
    )
    booking: Booking = found(mine.filter(**by).first(), "booking")
    return booking
