"""Notice: a message we send out, an e-mail or a signed webhook, retried until it is delivered."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from django.db import models
from django.db.models import Q

from raseed.payments.models.choices import choices
from raseed.payments.models.payment import Payment

#: A longer key cut short might be that of another notice.
LONGEST_KEY = 128


class NoticeKind(StrEnum):
    """How it travels."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class NoticeState(StrEnum):
    """Where a notice stands."""

    WAITING = "waiting"  # queued, or an attempt did not succeed; tried again at next_try_at
    SENDING = "sending"  # an attempt began; where it was cut off, another one follows after the lease
    SENT = "sent"  # accepted by the mail server or the receiver
    FAILED = "failed"  # given up: the last planned attempt did not succeed, or none can


class Notice(models.Model):
    """One message. Written in the transaction of what it tells of; sent by the worker, outside of any.

    The same `key` again is the same notice. `body` is the text of an e-mail, or a webhook's JSON byte for
    byte; `secret` signs a webhook, is encrypted, and is forgotten when it is delivered.
    """

    key = models.CharField(max_length=LONGEST_KEY, unique=True)
    kind = models.CharField(max_length=7, choices=choices(NoticeKind))
    payment = models.ForeignKey(
        Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="notices"
    )
    recipient = models.TextField(help_text="e-mail address, or where the webhook goes")
    subject = models.CharField(max_length=255, blank=True, default="", help_text="of a webhook: its type")
    body = models.TextField()
    html = models.TextField(blank=True, default="")
    secret = models.BinaryField(null=True, blank=True)
    state = models.CharField(max_length=7, choices=choices(NoticeState))
    tries = models.IntegerField(default=0)
    error = models.TextField(blank=True, default="", help_text="of the last attempt")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_number = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=sorted(k.value for k in NoticeKind)), name="raseed_notice_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(s.value for s in NoticeState)), name="raseed_notice_state_known"
            ),
        )
        indexes = (
            models.Index(
                fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="raseed_notice_due"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient} ({self.state})"

    @property
    def message_id(self) -> str:
        """The id it carries outside, the same in each attempt: a copy can be told by it. No dots in it."""
        return f"msg_{hashlib.sha256(self.key.encode()).hexdigest()[:32]}"
