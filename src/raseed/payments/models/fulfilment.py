"""Fulfilment: giving what was paid for, once; and Revocation: taking it back, once per refund."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import Q

from raseed.payments.models.choices import choices
from raseed.payments.models.payment import Payment
from raseed.payments.models.refund import Refund


class FulfilmentState(StrEnum):
    """Where a fulfilment stands."""

    DONE = "done"  # given
    DUE = "due"  # owed: the site's code raised, or it was put off; tried again at next_try_at
    CANCELLED = "cancelled"  # never given, and no longer owed: the money went back
    REVOKED = "revoked"  # given, and taken back after a full refund


#: While one of these exists, nothing is given again for the same purpose, payable and occasion.
ACTIVE = (FulfilmentState.DONE, FulfilmentState.DUE)


class Fulfilment(models.Model):
    """One per purpose, payable and occasion while it is not revoked: a database constraint."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="fulfilments")
    purpose = models.CharField(max_length=64)
    payable_key = models.CharField(max_length=64)
    occasion = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=10, choices=choices(FulfilmentState))
    created_label = models.CharField(max_length=100, blank=True, default="", help_text="what fulfil returned")
    created_key = models.CharField(max_length=64, blank=True, default="")
    tries = models.IntegerField(default=0)
    error = models.TextField(blank=True, default="", help_text="traceback of the last attempt")
    next_try_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    fulfilled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["purpose", "payable_key", "occasion"],
                condition=Q(state__in=[state.value for state in ACTIVE]),
                name="raseed_fulfilled_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(s.value for s in FulfilmentState)),
                name="raseed_fulfilment_state_known",
            ),
        )
        indexes = (
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="raseed_fulfilment_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} of {self.payable_key}: {self.state}"


class Revocation(models.Model):
    """The site's `revoke` for one refund: once, with the same retries as fulfilment."""

    refund = models.OneToOneField(Refund, on_delete=models.PROTECT, related_name="revocation")
    fulfilment = models.ForeignKey(Fulfilment, on_delete=models.PROTECT, related_name="revocations")
    state = models.CharField(max_length=10, choices=choices(FulfilmentState))
    tries = models.IntegerField(default=0)
    error = models.TextField(blank=True, default="")
    next_try_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["due", "done"]), name="raseed_revocation_state_known"
            ),
        )
        indexes = (
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="raseed_revocation_due",
            ),
        )

    def __str__(self) -> str:
        return f"revocation for refund {self.refund_id}: {self.state}"
