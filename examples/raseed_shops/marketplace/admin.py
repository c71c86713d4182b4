"""What staff see of the marketplace, to read only: the history of what came from outside, and contracts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from raseed_shops.marketplace.models import Contract, Event


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Nobody writes history."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(ReadOnly):
    """Webhooks and browsers, newest first."""

    list_display = (
        "received_at",
        "kind",
        "request_id",
        "address",
        "pending_id",
        "is_signed",
        "status",
        "outcome",
    )
    list_filter = ("kind", "status", "is_signed")
    search_fields = ("request_id", "pending_id", "offer_id")
    exclude = ("body",)
    readonly_fields = ("said",)

    @admin.display(description="what it said")
    def said(self, event: Event) -> str:
        """The body as text."""
        return bytes(event.body).decode("utf-8", "replace")


@admin.register(Contract)
class ContractAdmin(ReadOnly):
    """Contracts, and what paid them."""

    list_display = ("job", "status", "payment_id", "outgoing_payment_id", "completed_at")
    list_filter = ("status",)
