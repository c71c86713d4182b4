"""How many paid carts have become bookings, and which wait: for the office's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import raseed
from raseed_shops.puja.models import Booking, Cart
from raseed_shops.puja.payments import PURPOSE


@dataclass(frozen=True)
class Waiting:
    """Money came for this cart, and there is no booking. `error`: how the last attempt ended."""

    cart: Cart
    payment: Any
    error: str


@dataclass(frozen=True)
class Counters:
    """Bookings made; paid carts whose booking is being made; paid carts of which an attempt has failed."""

    created: int
    waiting: int
    failed: int
    unbooked: tuple[Waiting, ...]


def counters() -> Counters:
    """As it stands now."""
    unbooked = tuple(filter(None, map(_waiting, _unbooked())))
    failed = sum(bool(each.error) for each in unbooked)
    return Counters(Booking.objects.count(), len(unbooked) - failed, failed, unbooked)


def _unbooked() -> Any:
    """Paid payments of carts that no payment has turned into a booking, oldest first."""
    paid = raseed.payments_for(PURPOSE).filter(state="paid")
    return paid.exclude(fulfilments__state__in=["done", "revoked"]).order_by("pk")


def _waiting(payment: Any) -> Waiting | None:
    """None where the money went back, or another payment has made the booking."""
    cart = Cart.objects.select_related("package__puja").get(pk=payment.payable_key)
    if payment.is_fully_refunded or cart.status == Cart.Status.CONVERTED:
        return None
    owed = payment.fulfilments.filter(state="due").first()
    lines = owed.error.strip().splitlines() if owed else []
    return Waiting(cart, payment, lines[-1] if lines else payment.attention)
