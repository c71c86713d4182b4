"""PaymentFact: every fact that said something new, and what it changed. Append-only: the history."""

from __future__ import annotations

from enum import StrEnum

from django.conf import settings
from django.db import models

from raseed.core.facts import Channel, FactKind, Weight
from raseed.core.money import Money
from raseed.core.states import State
from raseed.payments.models.choices import choices
from raseed.payments.models.delivery import Delivery
from raseed.payments.models.payment import Payment


class Ruling(StrEnum):
    """What our own side decides about a payment; recorded like a fact."""

    LAPSED = "lapsed"  # our own deadline passed, or another checkout took its place
    ACCEPTED = "accepted"  # a person took the money as good
    REJECTED = "rejected"  # a person turned it down
    MARKED_PAID = "marked_paid"  # a person vouched for money that no gateway proved
    GIVEN_BACK = "given_back"  # a person gave money back by hand


#: Decisions after which everything stood as before.
IDLE = ("ask", "record")


class PaymentFact(models.Model):
    """One fact or ruling. It is a move where `to_state` differs from `from_state`."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="facts")
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="facts"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(max_length=16, choices=choices(FactKind) + choices(Ruling))
    channel = models.CharField(max_length=8, choices=choices(Channel))
    weight = models.CharField(max_length=5, choices=choices(Weight))
    decision = models.CharField(max_length=6, help_text="move, record, review or ask")
    reason = models.TextField(blank=True, default="")
    from_state = models.CharField(max_length=12, choices=choices(State))
    to_state = models.CharField(max_length=12, choices=choices(State))
    gateway_ref = models.CharField(max_length=255, blank=True, default="")
    charge_ref = models.CharField(max_length=255, blank=True, default="")
    refund_ref = models.CharField(max_length=255, blank=True, default="")
    minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    detail = models.TextField(blank=True, default="", help_text="the gateway's words")
    raw = models.JSONField(default=dict, blank=True)
    secret = models.BinaryField(
        null=True, blank=True, help_text="members of raw that are needed once more, encrypted"
    )
    occurred_at = models.DateTimeField(null=True, blank=True, help_text="the gateway's own time; shown only")
    digest = models.CharField(max_length=64, help_text="of all that it says; the same news is kept once")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["payment", "channel", "digest"], name="raseed_fact_once"),
        )
        indexes = (
            # Retention looks for these only; what moved something stays, and pays for no index.
            models.Index(
                fields=["created_at"], condition=models.Q(decision__in=IDLE), name="raseed_fact_idle"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}: {self.from_state} → {self.to_state}"

    @property
    def money(self) -> Money | None:
        """The amount it states, if it states one."""
        return None if self.minor is None else Money(self.minor, self.currency)

    @property
    def is_move(self) -> bool:
        """It changed the state."""
        return self.from_state != self.to_state
