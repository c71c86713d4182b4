"""The devotees' pages: choose a puja, look at the cart, pay, and what was booked. Paying is `pay`."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import raseed
from raseed.core.errors import RefusedStart
from raseed_shops.puja import bookings, carts, payments
from raseed_shops.puja.forms import Choice, Reschedule
from raseed_shops.puja.models import Booking, Cart, Puja
from raseed_shops.puja.people import works_here


@require_safe
def puja_list(request: HttpRequest) -> HttpResponse:
    """What can be booked; and for who is logged in, the carts that are not paid for yet."""
    waiting = carts.carts_of(request.user.pk or 0).exclude(status=Cart.Status.CONVERTED)
    offered = Puja.objects.prefetch_related("packages").order_by("pk")
    context = {"pujas": offered, "carts": waiting, "works_here": works_here(request.user)}
    return render(request, "puja/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def puja_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One puja: choose a package, a day and a time, and it is in the cart."""
    chosen = get_object_or_404(Puja, pk=pk)
    form = Choice(chosen, request.POST or None)
    if request.method == "POST" and request.user.is_authenticated and form.is_valid():
        return redirect(Cart.objects.create(user=request.user, **form.cleaned_data))
    return render(request, "puja/puja.html", {"puja": chosen, "form": form})


@login_required
@require_safe
def cart_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What is in the cart, what it costs, and where its payment stands."""
    cart = _cart(request, pk)
    payment = raseed.latest_payment(cart, purpose=payments.PURPOSE)
    booking = Booking.objects.filter(cart=cart).first()
    context = {
        "cart": cart,
        "payment": payment,
        "booking": booking,
        "is_free": cart.status == Cart.Status.ACTIVE,
    }
    return render(request, "puja/cart.html", context)


@login_required
@require_POST
def promo(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a promo code on the cart; an empty one takes it off."""
    cart = _cart(request, pk)
    try:
        carts.apply_promo(cart, request.POST.get("promo_code", "")[:40].replace("\0", ""))
    except (carts.NoSuchPromo, carts.Frozen) as refused:
        messages.error(request, str(refused))
    return redirect(cart)


@login_required
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw the cart away."""
    cart = _cart(request, pk)
    try:
        carts.remove(cart)
    except carts.Frozen as refused:
        messages.error(request, str(refused))
        return redirect(cart)
    return redirect("puja:list")


@login_required
@require_POST
def pay(request: HttpRequest, pk: int) -> HttpResponse:
    """Off to PhonePe. What may not be paid raseed refuses, and a middleware tells the customer why."""
    cart = _cart(request, pk)
    try:
        checkout = payments.start(cart, request.user, next_page=reverse("puja:bookings"))
    except RefusedStart as refused:
        if type(refused) is not RefusedStart:
            raise
        messages.error(request, str(refused))  # the shop's own words, such as about the code
        return redirect(cart)
    return redirect(checkout.url or cart)


@login_required
@require_safe
def booking_list(request: HttpRequest) -> HttpResponse:
    """What I have booked."""
    return render(request, "puja/bookings.html", {"bookings": bookings.bookings_of(request.user)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def booking_page(request: HttpRequest, book_id: str) -> HttpResponse:
    """One booking, its history, and a form for another day."""
    booking = get_object_or_404(bookings.bookings_of(request.user), book_id=book_id)
    moment = {"selected_date": booking.selected_date, "selected_time": booking.selected_time}
    form = Reschedule(request.POST or None, initial=moment)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            bookings.reschedule(booking, said["selected_date"], said["selected_time"], said["reason"])
        except bookings.NotBooked as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, "Your booking was moved. A letter about it is on its way to you.")
        return redirect(booking)
    is_open = booking.cart.status == Cart.Status.CONVERTED
    context = {
        "booking": booking,
        "form": form,
        "changes": booking.changes.order_by("pk"),
        "may_repeat": is_open,
    }
    return render(request, "puja/booking.html", context)


@login_required
@require_POST
def book_again(request: HttpRequest, book_id: str) -> HttpResponse:
    """The cart of a cancelled booking can be paid for once more."""
    booking = get_object_or_404(bookings.bookings_of(request.user), book_id=book_id)
    return redirect(carts.book_again(booking))


def _cart(request: HttpRequest, pk: int) -> Cart:
    """The cart, if it is this user's. Raises Http404."""
    return get_object_or_404(carts.carts_of(request.user), pk=pk)
