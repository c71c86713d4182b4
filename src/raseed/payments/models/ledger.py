"""Posting: one balanced double-entry record. One row debits one account and credits another."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from raseed.core.money import Money
from raseed.payments.models.payment import Payment
from raseed.payments.models.refund import Refund


class Posting(models.Model):
    """Balanced by construction. Accounts: gateway:<account>, sales:<purpose>, suspense, fees.

    The same with `memo:` in front for money between other people's wallets.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="postings")
    refund = models.ForeignKey(
        Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="postings"
    )
    charge_ref = models.CharField(max_length=255)
    debit = models.CharField(max_length=80)
    credit = models.CharField(max_length=80)
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    memo = models.CharField(max_length=32, help_text="charge, fee, release, refund or correction")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(minor__gt=0), name="raseed_posting_minor_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="raseed_posting_two_accounts"),
        )
        indexes = (
            models.Index(fields=["debit", "currency"], name="raseed_posting_debit"),
            models.Index(fields=["credit", "currency"], name="raseed_posting_credit"),
        )

    def __str__(self) -> str:
        return f"{self.debit} ← {self.money} ← {self.credit}"

    @property
    def money(self) -> Money:
        """The amount that moved from `credit` to `debit`."""
        return Money(self.minor, self.currency)
