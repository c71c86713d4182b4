"""StaffAction: what a person did about a payment or a delivery, why, and what came of it. Append-only."""

from __future__ import annotations

from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import Q

from raseed.payments.models.choices import choices
from raseed.payments.models.delivery import Delivery
from raseed.payments.models.payment import Payment

#: The key of one filled-in form; the same key again is the same action.
LONGEST_KEY = 64


class Act(StrEnum):
    """What staff can do. Each has a permission, a page in the admin, and a place in a payment's story."""

    CHECK = "check"  # ask the gateway now
    RETRY = "retry"  # try again to give what is owed, or to take back after a refund
    REFUND = "refund"  # send money back through the gateway
    GIVE_BACK = "give_back"  # record that money was given back by hand
    ACCEPT = "accept"  # take money that is held or in review as good
    REJECT = "reject"  # turn it down
    MARK_PAID = "mark_paid"  # record money that came by hand, or that the gateway cannot prove
    CAPTURE = "capture"  # take money that is held at the gateway
    VOID = "void"  # let it go
    DISPUTE = "dispute"  # record how a dispute ended
    REPLAY = "replay"  # read a delivery again


class StaffAction(models.Model):
    """One action. It is written before anything happens; how it ended is added once, and nothing else.

    `is_done` is None while it runs, and stays so if the process dies: then nobody knows how it ended.
    """

    payment = models.ForeignKey(
        Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="staff_actions"
    )
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="staff_actions"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    who = models.CharField(max_length=150, help_text="the log-in name at that time, or the command")
    act = models.CharField(max_length=16, choices=choices(Act))
    reason = models.TextField(help_text="in that person's words")
    wanted = models.CharField(max_length=255, blank=True, default="", help_text="amount and other choices")
    key = models.CharField(max_length=LONGEST_KEY, unique=True)
    is_done = models.BooleanField(null=True, blank=True)
    outcome = models.TextField(blank=True, default="", help_text="what came of it, in words")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(act__in=sorted(act.value for act in Act)), name="raseed_staff_act_known"
            ),
        )
        indexes = (models.Index(fields=["-created_at"], name="raseed_staff_newest"),)

    def __str__(self) -> str:
        return f"{self.get_act_display()} by {self.who}"
