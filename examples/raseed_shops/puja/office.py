"""The office's page: how many bookings there are, and which paid carts wait for theirs."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

import raseed
from raseed_shops.puja.counters import counters
from raseed_shops.puja.models import Booking
from raseed_shops.puja.payments import PURPOSE
from raseed_shops.puja.people import works_here


@login_required
@require_safe
def office(request: HttpRequest) -> HttpResponse:
    """Counters, what waits and why, and the newest bookings."""
    if not works_here(request.user):
        raise PermissionDenied
    newest = Booking.objects.select_related("user", "cart__package__puja").order_by("-pk")[:50]
    return render(request, "puja/office.html", {"counters": counters(), "bookings": newest})


@login_required
@require_POST
def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Send all of a payment back; a booking it made is cancelled when the money has gone."""
    if not works_here(request.user):
        raise PermissionDenied
    payment = raseed.payments_for(PURPOSE).filter(pk=pk).first()
    if payment is None:
        raise Http404("there is no such payment")
    refunded = raseed.request_refund(payment, reason="requested_by_customer", user=request.user)
    messages.success(request, f"₹{refunded.money.amount:,} is on its way back.")
    return redirect("puja:office")
