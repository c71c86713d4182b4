"""E-mails and webhooks that we send, and those that were given up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from raseed.payments.admin.read_only import ReadOnlyAdmin, badge, link
from raseed.payments.admin.redaction import redacted_text
from raseed.payments.admin.words import first_line
from raseed.payments.models import Notice, NoticeState

_TONES: dict[str, str] = {NoticeState.SENT: "good", NoticeState.FAILED: "bad"}

_STATES = {
    NoticeState.FAILED: "Given up: a person must look",
    NoticeState.WAITING: "Waiting to be sent",
    NoticeState.SENDING: "Being sent",
    NoticeState.SENT: "Sent",
}


class NoticeQuestion(admin.SimpleListFilter):
    """What became of them."""

    title = "what became of it"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Most urgent first."""
        return [(state.value, text) for state, text in _STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The notices in this state."""
        return queryset.filter(state=self.value()) if self.value() in set(NoticeState) else queryset


class NoticeAdmin(ReadOnlyAdmin):
    """Messages going out, newest first. Their secrets are not shown."""

    list_display = ("created_at", "kind", "recipient", "subject", "outcome", "tries", "of_payment", "trouble")
    list_filter = (NoticeQuestion, "kind")
    ordering = ("-pk",)
    search_fields = ("payment__reference__startswith", "recipient__exact", "key__exact")
    search_help_text = "A payment's reference, a whole address, or a whole key."
    fields = (
        "of_payment",
        "kind",
        "recipient",
        "subject",
        "body",
        "outcome",
        "trouble",
        "tries",
        "created_at",
        "sent_at",
        "next_try_at",
        "key",
        "message_id",
    )
    readonly_fields = ("of_payment", "outcome", "trouble", "message_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        """With the payment that each one names."""
        notices: QuerySet[Notice] = super().get_queryset(request)
        return notices.select_related("payment").defer("secret", "html")

    @admin.display(description="state", ordering="state")
    def outcome(self, notice: Notice) -> SafeString:
        """Where it stands."""
        return badge(notice.get_state_display(), _TONES.get(notice.state, "open"))

    @admin.display(description="payment")
    def of_payment(self, notice: Notice) -> SafeString | str:
        """What it tells of."""
        if notice.payment is None:
            return ""
        return link(self.admin_site, notice.payment, notice.payment.reference)

    @admin.display(description="error")
    def trouble(self, notice: Notice) -> str:
        """The first line of the last error."""
        return first_line(redacted_text(notice.error))
