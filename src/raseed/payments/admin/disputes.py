"""Disputes, as a plain list; what a person does about one is done on its payment's page."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from raseed.payments.admin.read_only import ReadOnlyAdmin, badge, link
from raseed.payments.admin.redaction import redacted_text
from raseed.payments.models import Dispute, DisputeState

_TONES: dict[str, str] = {DisputeState.WON: "good", DisputeState.LOST: "bad", DisputeState.OPEN: "wait"}


class DisputeAdmin(ReadOnlyAdmin):
    """Customers who asked their bank for the money back, newest first."""

    list_display = ("opened_at", "amount", "outcome", "of_payment", "charge_ref", "closed_at")
    list_filter = ("state",)
    ordering = ("-opened_at", "-pk")
    search_fields = ("payment__reference__startswith", "charge_ref__exact")
    search_help_text = "A payment's reference, or the gateway's id of the charge."
    fields = ("of_payment", "amount", "outcome", "charge_ref", "words", "user", "opened_at", "closed_at")
    readonly_fields = ("of_payment", "amount", "outcome", "words")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        """With the payment that each one names."""
        disputes: QuerySet[Dispute] = super().get_queryset(request)
        return disputes.select_related("payment", "user")

    @admin.display(description="money", ordering="minor")
    def amount(self, dispute: Dispute) -> str:
        """What is disputed, or was lost."""
        return str(dispute.money or "not stated")

    @admin.display(description="state", ordering="state")
    def outcome(self, dispute: Dispute) -> SafeString:
        """How it stands."""
        return badge(dispute.get_state_display(), _TONES[dispute.state])

    @admin.display(description="payment")
    def of_payment(self, dispute: Dispute) -> SafeString | str:
        """Whose money it is about."""
        return link(self.admin_site, dispute.payment, dispute.payment.reference)

    @admin.display(description="last words about it")
    def words(self, dispute: Dispute) -> str:
        """The gateway's, or those of the person who said how it ended."""
        return redacted_text(dispute.reason)
