"""Payment: one checkout, for one customer, one payable, one account and one fixed amount."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q

from raseed.core.facts import Channel
from raseed.core.money import Money
from raseed.core.states import OPEN, REFUND_HOLDS_MONEY, RefundState, State
from raseed.payments.models.choices import choices
from raseed.payments.models.saved_card import SavedCard
from raseed.payments.models.wallet import LONGEST_OWNER, user_key


class Payment(models.Model):
    """One checkout. Its state is changed by `flows.apply_facts` and by nothing else."""

    reference = models.CharField(max_length=62, unique=True, help_text="our id, as the gateway carries it")
    account = models.CharField(max_length=64)
    purpose = models.CharField(max_length=64)
    payable_key = models.CharField(max_length=64, help_text="primary key of the payable, as text")
    occasion = models.CharField(max_length=64, blank=True, default="")
    method = models.CharField(max_length=32)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    minor = models.BigIntegerField(help_text="the fixed amount, in minor units")
    currency = models.CharField(max_length=3)
    capture_minor = models.BigIntegerField(
        null=True, blank=True, help_text="what we asked to capture; proofs are compared with it instead"
    )
    description = models.CharField(max_length=255, blank=True, default="")

    state = models.CharField(max_length=12, choices=choices(State), default=State.NEW.value)
    concern = models.CharField(max_length=12, blank=True, default="", help_text="why a person should look")
    attention = models.TextField(blank=True, default="", help_text="the same in words; empty: nothing to do")
    detail = models.TextField(blank=True, default="", help_text="the gateway's last words for people")
    first_channel = models.CharField(max_length=8, choices=choices(Channel), blank=True, default="")

    livemode = models.BooleanField(null=True, blank=True)
    gateway_ref = models.CharField(max_length=255, blank=True, default="")
    ids = models.JSONField(default=dict, blank=True, help_text="all other ids of the checkout at the gateway")
    client = models.JSONField(
        default=dict, blank=True, help_text="what a browser needs where there is no URL"
    )
    checkout_url = models.TextField(blank=True, default="")
    payer_wallet = models.TextField(blank=True, default="", help_text="wallet address of who pays")
    payee = models.TextField(
        blank=True, default="", help_text="wallet address that is paid; empty: the account itself"
    )
    wallet = models.CharField(
        max_length=LONGEST_OWNER,
        blank=True,
        default="",
        help_text="whose wallet it fills; empty: it is a sale",
    )
    saved_card = models.ForeignKey(
        SavedCard, null=True, blank=True, on_delete=models.SET_NULL, related_name="payments"
    )
    next_url = models.TextField(blank=True, default="", help_text="where the status page leads")

    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="our own deadline; afterwards an open payment lapses")
    paid_at = models.DateTimeField(null=True, blank=True)

    next_check_at = models.DateTimeField(null=True, blank=True, help_text="when the worker asks the gateway")
    check_channel = models.CharField(max_length=8, choices=choices(Channel), default=Channel.POLL.value)
    checked_at = models.DateTimeField(null=True, blank=True)
    hinted_at = models.DateTimeField(
        null=True, blank=True, help_text="last time that what nobody signed made us ask"
    )
    check_error = models.TextField(blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_number = models.BigIntegerField(default=0, help_text="fencing number of outside calls")
    version = models.BigIntegerField(default=0, help_text="grows with every change its customer can see")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["purpose", "payable_key", "occasion"],
                condition=Q(state__in=sorted(s.value for s in OPEN)),
                name="raseed_one_open_payment",
            ),
            models.CheckConstraint(condition=Q(minor__gt=0), name="raseed_payment_minor_positive"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(s.value for s in State)), name="raseed_payment_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.PAID.value) | Q(paid_at__isnull=False),
                name="raseed_payment_paid_has_time",
            ),
        )
        indexes = (
            models.Index(fields=["purpose", "payable_key"], name="raseed_payment_payable"),
            models.Index(
                fields=["next_check_at"],
                condition=Q(next_check_at__isnull=False),
                name="raseed_payment_due",
            ),
            models.Index(
                fields=["account"], condition=Q(state=State.NEW.value), name="raseed_payment_opening"
            ),
            models.Index(fields=["-created_at"], name="raseed_payment_newest"),
            models.Index(
                fields=["account", "hinted_at"],
                condition=Q(hinted_at__isnull=False),
                name="raseed_payment_hinted",
            ),
        )
        permissions = (
            ("check_payment", "Can ask the gateway about a payment now"),
            ("retry_payment", "Can have what is owed for a payment tried again"),
            ("refund_payment", "Can refund a payment"),
            ("rule_payment", "Can accept or reject money in review, and say how a dispute ended"),
            ("mark_paid", "Can mark a payment as paid by hand"),
            ("capture_payment", "Can take or let go money that is held at the gateway"),
            ("replay_delivery", "Can have a delivery read again"),
        )

    def __str__(self) -> str:
        return f"{self.reference} ({self.money}, {self.state})"

    @property
    def money(self) -> Money:
        """The fixed amount."""
        return Money(self.minor, self.currency)

    @property
    def expected(self) -> Money:
        """What proofs are compared with: the fixed amount, or the part of held money that we asked for."""
        return self.money if self.capture_minor is None else Money(self.capture_minor, self.currency)

    @property
    def thing(self) -> dict[str, str]:
        """What is paid for, as a filter of payments and fulfilments: purpose, payable and occasion."""
        return {"purpose": self.purpose, "payable_key": self.payable_key, "occasion": self.occasion}

    @property
    def is_paid(self) -> bool:
        """The gateway proved that the money came, and not all of it went back."""
        return self.state == State.PAID and not self.is_fully_refunded

    @property
    def is_fully_refunded(self) -> bool:
        """Everything that came went back. Money under a wrong identity matters only where no other came."""
        charges = list(self.charges.all())
        refs = {c.ref for c in self._agreed(charges) or charges}
        left = sum(c.minor for c in charges if c.ref in refs) - self._sent_back(refs, RefundState.SUCCEEDED)
        return bool(refs) and left <= 0

    @property
    def collected_minor(self) -> int:
        """All that came under the right identity in the agreed currency, in minor units."""
        return sum(c.minor for c in self._agreed(self.charges.all()))

    def collected(self) -> Money:
        """All that came, before refunds."""
        return Money(self.collected_minor, self.currency)

    def refunded(self) -> Money:
        """All that went back of what `collected` counts."""
        return Money(self._sent_back(self._agreed_refs(), RefundState.SUCCEEDED), self.currency)

    def refundable(self) -> Money:
        """What may still be sent back of it; refunds under way are taken off."""
        held = self._sent_back(self._agreed_refs(), *REFUND_HOLDS_MONEY)
        return Money(self.collected_minor - held, self.currency)

    def _agreed(self, charges: Iterable[Any]) -> list[Any]:
        """Charges under the right identity in the agreed currency: only those can be added up."""
        return [c for c in charges if c.counts and c.currency == self.currency]

    def _agreed_refs(self) -> set[str]:
        return {c.ref for c in self._agreed(self.charges.all())}

    def _sent_back(self, charge_refs: set[str], *states: RefundState) -> int:
        return sum(r.minor for r in self.refunds.all() if r.charge_ref in charge_refs and r.state in states)

    @property
    def is_memorandum(self) -> bool:
        """Somebody else is paid: the money never passes us, and is only noted."""
        return bool(self.payee)

    @property
    def wallet_owner(self) -> str:
        """Whose wallet may take money of this payment: the one it fills, else the payer's; else nobody's."""
        if self.wallet or self.is_memorandum or self.user_id is None:
            return self.wallet
        return user_key(self.user_id)

    def purpose_object(self) -> Any:
        """The site's Purpose for this payment. Raises ConfigurationError if it is no longer configured."""
        from raseed.payments import conf

        return conf.current().purpose(self.purpose)

    def payable(self) -> Any:
        """The site's own row that is paid for. Raises its DoesNotExist if it is gone."""
        return self.purpose_object().payable._default_manager.get(pk=self.payable_key)

    def created(self) -> models.Model | None:
        """What paying created (what `Purpose.fulfil` returned); None where nothing was, or it is gone."""
        given = self.fulfilments.filter(state="done").exclude(created_key="").first()
        if given is None:
            return None
        found: models.Model | None = (
            apps.get_model(given.created_label)._default_manager.filter(pk=given.created_key).first()
        )
        return found

    def status_url(self) -> str:
        """The signed, unguessable page on which its customer sees how it stands (site-relative)."""
        from django.urls import reverse

        from raseed.payments.tokens import status_token

        return reverse("raseed:status", args=[status_token(self.reference)])


class GatewayId(models.Model):
    """An id by which a gateway knows a payment: how deliveries without our reference find it."""

    account = models.CharField(max_length=64)
    value = models.CharField(max_length=255)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="gateway_ids")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "value"], name="raseed_gateway_id_once"),)

    def __str__(self) -> str:
        return self.value
