"""Jobs, the offers made for them, the contracts that accepting makes, and the history of what happened."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from raseed_shops import clock


class Job(models.Model):
    """Work that a client wants done."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open for offers")
        ASSIGNED = "assigned", _("Waiting for payment")
        COMPLETE = "complete", _("Complete")

    client = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="jobs")
    title = models.CharField(max_length=120)
    description = models.TextField(max_length=2000, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("marketplace:job", args=[self.pk])


class Offer(models.Model):
    """What a freelancer would do a job for, and the wallet to pay, as it was typed and then checked."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="offers")
    freelancer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="offers")
    price = models.DecimalField(
        max_digits=8, decimal_places=2, validators=[MinValueValidator(Decimal("1.00"))]
    )
    message = models.TextField(max_length=2000, blank=True)
    wallet = models.CharField(max_length=2048)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "freelancer"], name="marketplace_one_offer_each")
        ]

    def __str__(self) -> str:
        return self.job.title

    def get_absolute_url(self) -> str:
        return self.job.get_absolute_url()


class Contract(models.Model):
    """An offer that was accepted. There is one per job, and it is completed by being paid."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("To be paid")
        COMPLETED = "completed", _("Paid")

    job = models.OneToOneField(Job, models.PROTECT, related_name="contract")
    offer = models.OneToOneField(Offer, models.PROTECT, related_name="contract")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    payment_id = models.CharField(max_length=62, blank=True, default="")
    outgoing_payment_id = models.CharField(max_length=2048, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now)
    completed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.job.title

    def get_absolute_url(self) -> str:
        return self.job.get_absolute_url()

    @property
    def is_due(self) -> bool:
        return self.status == self.Status.ACTIVE


class Event(models.Model):
    """One thing that came from outside: a webhook, or a browser back from a wallet. Never deleted.

    `outcome` is empty while it is being handled. `body` is what a webhook said; a browser's is not kept,
    because its address holds the consent.
    """

    class Kind(models.TextChoices):
        WEBHOOK = "webhook"
        FINISH = "payment-finish"

    kind = models.CharField(max_length=14, choices=Kind.choices)
    request_id = models.CharField(max_length=64)
    address = models.GenericIPAddressField(null=True)
    pending_id = models.CharField(max_length=64, blank=True, default="")
    offer_id = models.CharField(max_length=64, blank=True, default="")
    is_signed = models.BooleanField(default=False)
    outcome = models.CharField(max_length=200, blank=True, default="")
    status = models.PositiveSmallIntegerField(default=0)
    body = models.BinaryField(default=bytes)
    received_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["kind", "address", "received_at"], name="marketplace_event_recent")]

    def __str__(self) -> str:
        return f"[{self.kind}] {self.request_id}: {self.outcome or 'not handled'}"

    def end(self, outcome: str, status: int, **more: Any) -> None:
        """Write down what came of it."""
        self.outcome, self.status = outcome[:200], status
        for name, value in more.items():
            setattr(self, name, value)
        self.save()
