"""Saved cards, as a plain list. Their tokens have no place here."""

from __future__ import annotations

from django.contrib import admin

from raseed.payments.admin.questions import AccountFilter
from raseed.payments.admin.read_only import ReadOnlyAdmin
from raseed.payments.models import SavedCard


class SavedCardAdmin(ReadOnlyAdmin):
    """Whose cards the gateways keep."""

    list_display = ("saved_at", "called", "owner", "account", "deleted_at")
    list_filter = (AccountFilter,)
    list_select_related = ("owner",)
    ordering = ("-saved_at", "-pk")
    search_fields = ("last4__exact",)
    search_help_text = "The last four digits of a card."
    fields = ("owner", "account", "brand", "masked", "expiry", "name", "saved_at", "chosen_at", "deleted_at")

    @admin.display(description="card", ordering="last4")
    def called(self, card: SavedCard) -> str:
        """What its owner calls it, or brand and last digits."""
        return str(card)
