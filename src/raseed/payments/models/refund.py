"""Refund: money going back, asked for by us or made at the gateway."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from raseed.core.money import Money
from raseed.core.states import RefundState
from raseed.payments.books import is_gateways
from raseed.payments.models.choices import choices
from raseed.payments.models.payment import Payment

#: A longer key cut short might be that of another refund.
LONGEST_KEY = 128


class Refund(models.Model):
    """One refund. `key` is ours: the same key again is the same refund. `ref` is the gateway's."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    account = models.CharField(max_length=80, help_text="through which it went; or by-hand, or a wallet")
    charge_ref = models.CharField(max_length=255)
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=choices(RefundState))
    is_void = models.BooleanField(default=False)
    is_external = models.BooleanField(default=False, help_text="made at the gateway, not through us")
    key = models.CharField(max_length=LONGEST_KEY)
    ref = models.CharField(max_length=255, null=True, blank=True)
    reason = models.CharField(max_length=255, blank=True, default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    tries = models.IntegerField(default=0)
    error = models.TextField(blank=True, default="")
    next_try_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_number = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["payment", "key"], name="raseed_refund_key_once"),
            models.UniqueConstraint(
                fields=["account", "ref"], condition=Q(ref__isnull=False), name="raseed_refund_ref_once"
            ),
            models.CheckConstraint(condition=Q(minor__gt=0), name="raseed_refund_minor_positive"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(s.value for s in RefundState)), name="raseed_refund_state_known"
            ),
        )
        indexes = (
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="raseed_refund_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.money} ({self.state})"

    @property
    def is_at_gateway(self) -> bool:
        """The gateway counts it: it did not go back by hand, nor into a wallet."""
        return is_gateways(self.account)

    @property
    def money(self) -> Money:
        """The amount that goes back."""
        return Money(self.minor, self.currency)
