"""Requests that could not be verified. Anyone may have sent them: everything in them is shown as text."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from raseed.payments.admin.deliveries import shown
from raseed.payments.admin.questions import AccountFilter
from raseed.payments.admin.read_only import ReadOnlyAdmin
from raseed.payments.models import RejectedDelivery


class RejectedDeliveryAdmin(ReadOnlyAdmin):
    """Refused requests, newest first."""

    change_form_template = "admin/raseed/rejecteddelivery/page.html"
    list_display = ("received_at", "account", "reason", "digest")
    list_filter = (AccountFilter, ("received_at", admin.DateFieldListFilter))
    ordering = ("-received_at",)
    search_fields = ("digest__exact",)
    search_help_text = "A whole digest (SHA-256 of the body)."

    def get_queryset(self, request: HttpRequest) -> QuerySet[RejectedDelivery]:
        """Without the bodies."""
        rejected: QuerySet[RejectedDelivery] = super().get_queryset(request)
        return rejected.defer("head")

    def page(self, request: HttpRequest, rejected: RejectedDelivery, /) -> dict[str, Any]:
        """The page of one refused request."""
        return {
            "title": "Refused request",
            "subtitle": None,
            "rejected": rejected,
            # A genuine body with a bad signature may carry secrets: they are masked, or it is not shown.
            "head": shown(bytes(rejected.head), rejected.account, is_encrypted=rejected.is_encrypted),
        }


class RejectedMinuteAdmin(ReadOnlyAdmin):
    """How many requests were refused in each minute; of many, only some are kept."""

    list_display = ("minute_at", "account", "count")
    list_display_links = None
    list_filter = (AccountFilter,)
    ordering = ("-minute_at",)
    fields = ("minute_at", "account", "count", "hinted_at")
