"""Refunds, postings and wallets, as plain lists."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from raseed.core.money import Money
from raseed.core.states import RefundState
from raseed.payments.admin.questions import AccountFilter
from raseed.payments.admin.read_only import ReadOnlyAdmin, badge, link
from raseed.payments.admin.redaction import redacted_text
from raseed.payments.admin.words import first_line
from raseed.payments.models import Posting, Refund, Wallet

_TONES: dict[str, str] = {
    RefundState.SUCCEEDED: "good",
    RefundState.FAILED: "bad",
    RefundState.UNKNOWN: "wait",
}


class RefundAdmin(ReadOnlyAdmin):
    """Money going back, newest first."""

    list_display = ("created_at", "amount", "outcome", "of_payment", "account", "is_external", "trouble")
    list_filter = ("state", "is_external", "is_void", AccountFilter)
    ordering = ("-created_at", "-pk")
    search_fields = ("payment__reference__startswith", "ref__exact", "charge_ref__exact")
    search_help_text = "A payment's reference, or the gateway's id of the refund or of the charge."
    fields = (
        "of_payment",
        "amount",
        "outcome",
        "reason",
        "user",
        "charge_ref",
        "ref",
        "is_external",
        "is_void",
        "created_at",
        "sent_at",
        "settled_at",
        "tries",
        "next_try_at",
        "trouble",
    )
    readonly_fields = ("of_payment", "amount", "outcome", "trouble")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        """With the payment that each one names."""
        refunds: QuerySet[Refund] = super().get_queryset(request)
        return refunds.select_related("payment", "user")

    @admin.display(description="money", ordering="minor")
    def amount(self, refund: Refund) -> str:
        """The amount that goes back."""
        return str(refund.money)

    @admin.display(description="state", ordering="state")
    def outcome(self, refund: Refund) -> SafeString:
        """Where it stands."""
        return badge(refund.get_state_display(), _TONES.get(refund.state, "open"))

    @admin.display(description="payment")
    def of_payment(self, refund: Refund) -> SafeString | str:
        """Whose money it is."""
        return link(self.admin_site, refund.payment, refund.payment.reference)

    @admin.display(description="error")
    def trouble(self, refund: Refund) -> str:
        """The first line of the last error."""
        return first_line(redacted_text(refund.error))


class WalletAdmin(ReadOnlyAdmin):
    """Who has how much; the history is in the postings of the wallet's account."""

    list_display = ("owner", "amount", "below", "created_at")
    list_display_links = None
    list_filter = ("currency",)
    ordering = ("owner", "currency")
    search_fields = ("owner__exact",)
    search_help_text = "The owner's key, such as auth.user:7."

    @admin.display(description="balance", ordering="balance_minor")
    def amount(self, wallet: Wallet) -> str:
        """What its owner has."""
        return str(wallet.balance)

    @admin.display(description="may go below zero by")
    def below(self, wallet: Wallet) -> str:
        """The limit, where there is one."""
        return str(Money(wallet.overdraft_minor, wallet.currency)) if wallet.overdraft_minor else ""


class PostingAdmin(ReadOnlyAdmin):
    """The ledger, newest first: each row moves an amount from one account to another."""

    list_display = ("created_at", "amount", "movement", "of_payment", "charge_ref")
    list_display_links = None
    list_filter = ("memo", "currency")
    ordering = ("-created_at", "-pk")
    search_fields = ("payment__reference__startswith", "charge_ref__exact", "debit__exact", "credit__exact")
    search_help_text = "A payment's reference, a charge, or the name of a ledger account (suspense)."
    fields = ("created_at", "amount", "movement", "of_payment", "charge_ref", "refund", "key", "user")
    readonly_fields = ("amount", "movement", "of_payment")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Posting]:
        """With the payment that each one names."""
        postings: QuerySet[Posting] = super().get_queryset(request)
        return postings.select_related("payment")

    @admin.display(description="money", ordering="minor")
    def amount(self, posting: Posting) -> str:
        """How much moved."""
        return str(posting.money)

    @admin.display(description="from → to, why", ordering="debit")
    def movement(self, posting: Posting) -> str:
        """From which ledger account to which, and why."""
        return f"{posting.credit} → {posting.debit} ({posting.memo})"

    @admin.display(description="payment or note")
    def of_payment(self, posting: Posting) -> SafeString | str:
        """Whose money it is; between wallets or by hand: what was noted."""
        if posting.payment is None:
            return posting.note
        return link(self.admin_site, posting.payment, posting.payment.reference)
