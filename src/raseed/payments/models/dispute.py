"""Dispute: a customer asks their bank for the money back, and how that ended."""

from __future__ import annotations

from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import Q

from raseed.core.money import Money
from raseed.payments.models.choices import choices
from raseed.payments.models.payment import Payment


class DisputeState(StrEnum):
    """How a dispute stands."""

    OPEN = "open"  # the bank decides
    WON = "won"  # the money stays
    LOST = "lost"  # the money went back; a row of Refund says how much


class Dispute(models.Model):
    """One dispute of one charge. Losing it moves money like a refund, which is a row of its own."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    charge_ref = models.CharField(max_length=255, blank=True, help_text="empty where it was not stated")
    minor = models.BigIntegerField(null=True, blank=True, help_text="disputed, where that was stated")
    currency = models.CharField(max_length=3, blank=True, default="")
    state = models.CharField(max_length=4, choices=choices(DisputeState))
    reason = models.TextField(blank=True, default="", help_text="the last words about it")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["payment", "charge_ref"], name="raseed_dispute_once"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(s.value for s in DisputeState)),
                name="raseed_dispute_state_known",
            ),
        )

    def __str__(self) -> str:
        return f"dispute of {self.charge_ref or 'a charge'} ({self.state})"

    @property
    def money(self) -> Money | None:
        """What is disputed, or was lost."""
        return None if self.minor is None else Money(self.minor, self.currency)
