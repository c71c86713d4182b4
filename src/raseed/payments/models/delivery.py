"""Deliveries: webhook requests, stored as they came; and a bounded trace of those we refused."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.utils import timezone

from raseed.payments.models.choices import choices
from raseed.payments.models.payment import Payment


class DeliveryState(StrEnum):
    """What has become of a verified delivery."""

    READ = "read"  # its facts were applied
    DUE = "due"  # reading failed or was put off; it is read again at next_read_at
    PARKED = "parked"  # names a payment of ours that is not known yet
    FOREIGN = "foreign"  # about something else on the same account; never a burden for staff
    STUCK = "stuck"  # read again as often as planned without success: a person must look


class Delivery(models.Model):
    """One verified webhook request. Copies are counted, not stored."""

    account = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, help_text="SHA-256 of method, query without signature, and body")
    state = models.CharField(max_length=8, choices=choices(DeliveryState))
    payment = models.ForeignKey(
        Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    method = models.CharField(max_length=8)
    path = models.TextField()
    query = models.JSONField(default=dict, blank=True)
    headers = models.JSONField(default=dict, blank=True, help_text="harmless ones only; no credentials")
    body = models.BinaryField(null=True, help_text="null: let go, as RETENTION_DAYS has it")
    is_encrypted = models.BooleanField(default=False)
    facts_summary = models.CharField(max_length=255, blank=True, default="")
    received_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    copies = models.IntegerField(default=1)
    tries = models.IntegerField(default=0)
    next_read_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(fields=["account", "digest"], name="raseed_delivery_once"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(s.value for s in DeliveryState)),
                name="raseed_delivery_state_known",
            ),
        )
        indexes = (
            models.Index(
                fields=["next_read_at"],
                condition=Q(next_read_at__isnull=False),
                name="raseed_delivery_due",
            ),
            models.Index(fields=["-received_at"], name="raseed_delivery_newest"),
        )

    def __str__(self) -> str:
        received_at = timezone.localtime(self.received_at)
        return f"{self.facts_summary or 'delivery'} at {received_at:%Y-%m-%d %H:%M:%S}"


class DeliveryRef(models.Model):
    """An id named by a delivery that has found no payment yet; gone once it has."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="refs")
    account = models.CharField(max_length=64)
    value = models.CharField(max_length=255)

    class Meta:
        indexes = (models.Index(fields=["account", "value"], name="raseed_delivery_ref"),)

    def __str__(self) -> str:
        return self.value


class RejectedDelivery(models.Model):
    """A request that could not be verified: digest and first 4 KiB, for people; never read."""

    account = models.CharField(max_length=64)
    reason = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    head = models.BinaryField(help_text="the first 4 KiB of the body")
    is_encrypted = models.BooleanField(default=False)
    received_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "rejected deliveries"
        indexes = (models.Index(fields=["-received_at"], name="raseed_rejected_newest"),)

    def __str__(self) -> str:
        return self.reason


class RejectedMinute(models.Model):
    """How many requests were refused in one minute; beyond a few, only this number grows."""

    account = models.CharField(max_length=64)
    minute_at = models.DateTimeField()
    count = models.IntegerField(default=1)
    hinted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["account", "minute_at"], name="raseed_rejected_minute_once"),
        )

    def __str__(self) -> str:
        return f"{self.account}: {self.count}"
