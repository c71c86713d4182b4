"""What a temple offers, the carts that are paid for, and the bookings that paying creates."""

from __future__ import annotations

import secrets
import uuid
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse

from raseed_shops import clock

CENT = Decimal("0.01")


def new_book_id() -> str:
    """Such as BK-449034CB: short enough to be told by telephone."""
    return f"BK-{secrets.token_hex(4).upper()}"


class Puja(models.Model):
    """A puja that can be booked, and where it is performed."""

    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")
    address = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("puja:puja", args=[self.pk])


class Package(models.Model):
    """How much of a puja is wanted, and its price in rupees."""

    puja = models.ForeignKey(Puja, models.CASCADE, related_name="packages")
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")
    price = models.DecimalField(
        max_digits=8, decimal_places=2, validators=[MinValueValidator(Decimal("1.00"))]
    )

    def __str__(self) -> str:
        return f"{self.puja.name}, {self.name}"


class Promo(models.Model):
    """A code that makes a cart cheaper. `used` counts open payments and bookings, up to `limit`."""

    code = models.CharField(max_length=40, unique=True)
    percent = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(90)])
    limit = models.PositiveIntegerField(null=True, blank=True, help_text="empty: as often as one likes")
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(limit=None) | models.Q(used__lte=models.F("limit")),
                name="puja_promo_within_its_limit",
            ),
        )

    def __str__(self) -> str:
        return self.code

    @property
    def is_used_up(self) -> bool:
        return self.limit is not None and self.used >= self.limit


class Cart(models.Model):
    """What somebody wants to book. It is `FROZEN` while a payment for it is open, and kept when removed."""

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        FROZEN = "FROZEN"
        CONVERTED = "CONVERTED"
        REMOVED = "REMOVED"

    class Kind(models.TextChoices):
        PUJA = "PUJA"

    cart_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="carts")
    service_type = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PUJA)
    package = models.ForeignKey(Package, models.PROTECT, related_name="+")
    promo = models.ForeignKey(Promo, models.PROTECT, null=True, blank=True, related_name="+")
    selected_date = models.DateField()
    selected_time = models.TimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return str(self.package)

    def get_absolute_url(self) -> str:
        return reverse("puja:cart", args=[self.pk])

    @property
    def total_price(self) -> Decimal:
        """What is to be paid, in rupees."""
        percent = 100 - (self.promo.percent if self.promo else 0)
        return (self.package.price * percent / 100).quantize(CENT, ROUND_HALF_UP)


class Booking(models.Model):
    """What a paid cart became. A cart has one at most, also after a refund: the database sees to it."""

    class Status(models.TextChoices):
        CONFIRMED = "CONFIRMED", "Confirmed"
        CANCELLED = "CANCELLED", "Cancelled"

    book_id = models.CharField(max_length=11, unique=True, default=new_book_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="bookings")
    cart = models.OneToOneField(Cart, models.PROTECT, related_name="booking")
    payment_reference = models.CharField(max_length=62)
    selected_date = models.DateField()
    selected_time = models.TimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.CONFIRMED)
    total_amount = models.DecimalField(max_digits=8, decimal_places=2)
    address = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.book_id

    def get_absolute_url(self) -> str:
        return reverse("puja:booking", args=[self.book_id])

    def note(self, kind: str, reason: str = "") -> Change:
        """Put it into the booking's history, with the day and the time it is for now."""
        moment = {"selected_date": self.selected_date, "selected_time": self.selected_time}
        return Change.objects.create(booking=self, kind=kind, reason=reason, **moment)


class Change(models.Model):
    """One thing that happened to a booking; together they are its history."""

    class Kind(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        RESCHEDULED = "rescheduled", "Rescheduled"
        CANCELLED = "cancelled", "Cancelled"

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    selected_date = models.DateField()
    selected_time = models.TimeField()
    reason = models.CharField(max_length=500, blank=True, default="")
    made_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.booking}: {self.kind}"
