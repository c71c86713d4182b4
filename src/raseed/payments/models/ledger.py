"""Posting: one balanced double-entry record. One row debits one account and credits another."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from raseed.core.money import Money
from raseed.payments.models.payment import Payment
from raseed.payments.models.refund import LONGEST_KEY, Refund


class Posting(models.Model):
    """Balanced by construction, and never changed: what turns out otherwise is another posting.

    Accounts: gateway:<account>, sales:<purpose>, wallet:<owner>, suspense, fees, receivable, by-hand. The
    same with `memo:` in front for money between other people's wallets. Without a payment it is a movement
    between wallets, or by hand, and then it has a `key`: the same key again is the same movement.
    """

    payment = models.ForeignKey(
        Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="postings"
    )
    refund = models.ForeignKey(
        Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="postings"
    )
    charge_ref = models.CharField(max_length=255, blank=True, default="")
    debit = models.CharField(max_length=80)
    credit = models.CharField(max_length=80)
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    memo = models.CharField(
        max_length=32,
        help_text="charge, fee, release, refund, credit or correction; transfer, pay in, pay out",
    )
    key = models.CharField(max_length=LONGEST_KEY, null=True, blank=True, unique=True)
    note = models.CharField(max_length=255, blank=True, default="", help_text="for people")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(minor__gt=0), name="raseed_posting_minor_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="raseed_posting_two_accounts"),
            models.CheckConstraint(
                condition=Q(payment__isnull=False) | Q(key__isnull=False), name="raseed_posting_has_cause"
            ),
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
