"""Charge: one movement of money to us at the gateway."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from raseed.core.money import Money
from raseed.payments.models.payment import Payment


class Charge(models.Model):
    """One movement of money. `held` money sits in suspense; `counts` is False under a wrong identity."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="charges")
    account = models.CharField(max_length=64)
    ref = models.CharField(max_length=255)
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    fee_minor = models.BigIntegerField(null=True, blank=True)
    counts = models.BooleanField(default=True)
    held = models.BooleanField(default=False)
    concern = models.CharField(max_length=12, blank=True, default="")
    occurred_at = models.DateTimeField(null=True, blank=True, help_text="the gateway's own time; shown only")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["account", "ref"], name="raseed_charge_once"),
            models.CheckConstraint(condition=Q(minor__gt=0), name="raseed_charge_minor_positive"),
        )

    def __str__(self) -> str:
        return f"{self.ref} ({self.money})"

    @property
    def money(self) -> Money:
        """The amount that moved."""
        return Money(self.minor, self.currency)
