"""What adapters remember: steps of a payment that must happen once, and tokens of an account."""

from __future__ import annotations

from django.db import models

from raseed.payments.models.payment import Payment


class MemoryStep(models.Model):
    """An outside call: begun, and (once it is known) its answer, encrypted."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=128)
    begun_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.BinaryField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["payment", "step"], name="raseed_step_once"),)

    def __str__(self) -> str:
        return f"{self.step} ({'answered' if self.answered_at else 'begun'})"


class AccountToken(models.Model):
    """A short-lived token shared by all processes; one of them refreshes it ahead of expiry."""

    account = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    value = models.BinaryField(null=True, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "name"], name="raseed_account_token_once"),)

    def __str__(self) -> str:
        return f"{self.name} of {self.account}"
