"""Carts before they are paid for: make one, find one, put a promo code on it."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from raseed_shops.puja.models import Booking, Cart, Promo

#: A cart with all that its price and its name are made of.
_WHOLE = ("package__puja", "promo")
_LONGEST_ID = 2**63 - 1


class NotActive(Exception):
    """The cart is not there, is somebody else's, or was paid for. In words for the customer."""


class Frozen(Exception):
    """The cart cannot be changed: it is being paid for, or was paid for. In words for the customer."""


class NoSuchPromo(Exception):
    """The code is unknown or used up. In words for the customer."""


def carts_of(user: Any) -> QuerySet[Cart]:
    """This user's carts, newest first."""
    seen = Cart.objects.exclude(status=Cart.Status.REMOVED)
    return seen.select_related(*_WHOLE).filter(user=user).order_by("-pk")


def active_of(user: Any) -> Cart | None:
    """The newest cart that is not a booking yet; also one that is being paid for."""
    return carts_of(user).exclude(status=Cart.Status.CONVERTED).first()


def cart_of(user: Any, name: str) -> Cart | None:
    """The user's cart by its number or its UUID; None for a name that is neither, or names none."""
    if name.isascii() and name.isdecimal():
        return carts_of(user).filter(pk=min(int(name), _LONGEST_ID)).first()
    try:
        return carts_of(user).filter(cart_id=uuid.UUID(name)).first()
    except ValueError:
        return None


def apply_promo(cart: Cart, code: str) -> Cart:
    """Put a code on the cart; an empty one takes it off. Raises Frozen or NoSuchPromo.

    The use is counted when a payment is started, and given back when that ends without money.
    """
    promo = Promo.objects.filter(code__iexact=code.strip()).first() if code else None
    if code and promo is None:
        raise NoSuchPromo(f"There is no promo code {code}.")
    if promo and promo.is_used_up:
        raise NoSuchPromo(f"The promo code {promo} is used up.")
    with transaction.atomic():
        locked = _locked(cart)
        locked.promo = promo
        locked.save(update_fields=["promo"])
    return locked


def remove(cart: Cart) -> None:
    """Put an unpaid cart out of sight. It stays a row: money may still come for it. Raises Frozen."""
    with transaction.atomic():
        locked = _locked(cart)
        locked.status = Cart.Status.REMOVED
        locked.save(update_fields=["status"])


def book_again(booking: Booking) -> Cart:
    """A cancelled booking's cart can be paid for once more; the same booking is confirmed then."""
    carts = Cart.objects.filter(pk=booking.cart_id, status=Cart.Status.CONVERTED)
    cancelled = Booking.objects.filter(pk=booking.pk, status=Booking.Status.CANCELLED)
    with transaction.atomic():
        if cancelled.select_for_update().exists():
            carts.update(status=Cart.Status.ACTIVE)
    return carts_of(booking.user).get(pk=booking.cart_id)


def _locked(cart: Cart) -> Cart:
    """The cart, which nobody else can start paying for now."""
    rows = Cart.objects.select_for_update(of=("self",)).select_related(*_WHOLE)
    locked = rows.filter(pk=cart.pk, status=Cart.Status.ACTIVE).first()
    if locked is None:
        raise Frozen("This cart is being paid for, or was paid for. It cannot be changed now.")
    return locked
