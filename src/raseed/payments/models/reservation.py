"""Reservation: what a payment sets aside while it is open, for purposes that do so."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import Q

from raseed.payments.models.choices import choices
from raseed.payments.models.payment import Payment


class ReservationState(StrEnum):
    """Whether the site holds the thing for this payment."""

    HELD = "held"  # set aside: the payment is open, or its money is here and nothing is given yet
    USED = "used"  # given
    RELEASED = "released"  # let go: the payment ended without giving anything


class Reservation(models.Model):
    """One per payment of a purpose that has `reserve`; committed together with the payment."""

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="reservation")
    state = models.CharField(max_length=8, choices=choices(ReservationState))
    tries = models.IntegerField(default=0)
    error = models.TextField(blank=True, default="", help_text="traceback of the last `release` that raised")
    next_try_at = models.DateTimeField(null=True, blank=True, help_text="when `release` is tried again")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=sorted(s.value for s in ReservationState)),
                name="raseed_reservation_state_known",
            ),
        )
        indexes = (
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="raseed_reservation_due",
            ),
        )

    def __str__(self) -> str:
        return f"reservation for payment {self.payment_id}: {self.state}"
