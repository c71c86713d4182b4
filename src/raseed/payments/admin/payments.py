"""The list of payments, and the page that tells one payment's whole story."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from raseed.core.errors import ConfigurationError
from raseed.core.states import OPEN, RefundState, State
from raseed.payments import conf
from raseed.payments.admin.actions.pages import act_on_payment, offered
from raseed.payments.admin.evidence import evidence
from raseed.payments.admin.questions import AccountFilter, PaymentQuestion, PurposeFilter
from raseed.payments.admin.read_only import ReadOnlyAdmin, badge, may_view, page_url
from raseed.payments.admin.story import is_cut, load
from raseed.payments.admin.summary import held, is_overdue, standing, summary
from raseed.payments.admin.timeline import timeline
from raseed.payments.admin.words import duration, moment
from raseed.payments.models import Charge, Delivery, FulfilmentState, GatewayId, Payment, Refund

if TYPE_CHECKING:
    from django.db.models import Model

_TONES: dict[str, str] = {
    State.PAID: "good",
    State.FAILED: "bad",
    State.REVIEW: "wait",
    State.NEW: "open",
    State.PENDING: "open",
    State.AUTHORIZED: "open",
}


class _PaymentList(ChangeList):
    """One page of payments, and three queries for what they are shown with."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Payment]:
        payments: QuerySet[Payment] = super().get_queryset(request, exclude_parameters)
        return payments.prefetch_related("charges", "refunds", "fulfilments")


class PaymentAdmin(ReadOnlyAdmin):
    """Payments, newest first."""

    change_form_template = "admin/raseed/payment/page.html"
    list_display = ("bought", "amount", "standing", "times")
    list_filter = (
        PaymentQuestion,
        "state",
        AccountFilter,
        PurposeFilter,
        "first_channel",
        ("created_at", admin.DateFieldListFilter),
    )
    ordering = ("-created_at",)
    search_fields = ("reference",)
    search_help_text = (
        "Our reference (its beginning is enough), any id of the gateway's (checkout, charge, refund), "
        "the key of what is paid for, or the customer's log-in."
    )

    def get_urls(self) -> list[URLPattern]:
        """Django's, and a page for each action: outside ATOMIC_REQUESTS, because it may call a gateway."""
        view = transaction.non_atomic_requests(self.admin_site.admin_view(self.act))
        ours = path("<path:payment_id>/do/<slug:name>/", view, name="raseed_payment_act")
        return [ours, *super().get_urls()]

    def act(self, request: HttpRequest, payment_id: str, name: str) -> HttpResponse:
        """The page of one action."""
        return act_on_payment(self.admin_site, request, payment_id, name)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list brings the rows that its columns look at."""
        return _PaymentList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Payment], search_term: str
    ) -> tuple[QuerySet[Payment], bool]:
        """Exact ids, by their indexes; people paste what the gateway's dashboard shows."""
        term = search_term.strip()
        if not term:
            return queryset, False
        users = get_user_model()._default_manager.filter(**{get_user_model().USERNAME_FIELD: term})
        named = (
            Q(reference__startswith=term)
            | Q(gateway_ref=term)
            | Q(payable_key=term)
            | Q(pk__in=GatewayId.objects.filter(value=term).values("payment"))
            | Q(pk__in=Charge.objects.filter(ref=term).values("payment"))
            | Q(pk__in=Refund.objects.filter(ref=term).values("payment"))
            | Q(user__in=users.values("pk"))
        )
        return queryset.filter(named), False

    @admin.display(description="money", ordering="minor")
    def amount(self, payment: Payment) -> str:
        """The fixed amount."""
        return str(payment.money)

    @admin.display(description="state, concern", ordering="state")
    def standing(self, payment: Payment) -> SafeString:
        """The state and the concern, and what they do not tell: goods owed, money held or sent back."""
        notes = list(_beyond_the_state(payment))
        tone = "wait" if payment.attention or any(note.is_open for note in notes) else ""
        words = [payment.get_state_display(), payment.concern, *(note.words for note in notes)]
        return badge(", ".join(word for word in words if word), tone or _TONES.get(payment.state, ""))

    @admin.display(description="for, way, reference", ordering="payable_key")
    def bought(self, payment: Payment) -> SafeString:
        """What is paid for, as it was described at the start; purpose and key, account and method."""
        named = f"{payment.purpose} {payment.payable_key}, by {payment.account}, {payment.method}"
        return format_html(
            "{}<small>{}</small><small><code>{}</code></small>",
            payment.description or payment.payable_key,
            named,
            payment.reference,
        )

    @admin.display(description="started, paid, first word", ordering="created_at")
    def times(self, payment: Payment) -> SafeString:
        """When it was started, how long it took, and which channel said it first."""
        took = ""
        if payment.paid_at:
            after = duration(payment.paid_at - payment.created_at)
            took = f"paid after {after}, {payment.first_channel} first"
        return format_html("{}<small>{}</small>", moment(payment.created_at), took)

    def page(self, request: HttpRequest, payment: Payment, /) -> dict[str, Any]:
        """All that the page shows."""
        now = conf.now()
        load(payment)
        return {
            "title": f"{payment.money} for {payment.description or payment.payable_key}",
            "subtitle": payment.reference,
            "payment": payment,
            "tone": _TONES.get(payment.state, ""),
            "summary": summary(payment, now),
            "timeline": timeline(payment),
            "is_cut": is_cut(payment),
            "evidence": evidence(payment.facts.all()),
            "held": held(payment),
            "now": now,
            "payable": self._payable(request, payment),
            "actions": offered(self.admin_site, request, payment),
            "may_view_deliveries": may_view(request, Delivery),
        }

    def _payable(self, request: HttpRequest, payment: Payment) -> dict[str, str]:
        """The site's own row, with a link where it has a page that this person may see."""
        try:
            row: Model = payment.payable()
        except (ConfigurationError, ObjectDoesNotExist, ValidationError, ValueError):
            return {"text": f"{payment.purpose} {payment.payable_key} (no longer there)", "url": ""}
        text = f"{row._meta.verbose_name} {payment.payable_key}: {row}"
        seen = self.admin_site.is_registered(type(row)) and may_view(request, type(row))
        return {"text": text, "url": page_url(self.admin_site, row) if seen else ""}


class _Note(NamedTuple):
    """What a state does not tell; `is_open` where something is still to be done about it."""

    words: str
    is_open: bool


def _beyond_the_state(payment: Payment) -> Iterator[_Note]:
    if is_overdue(payment, conf.now()):
        yield _Note("time over", is_open=True)
    if payment.check_error and payment.state in OPEN:
        yield _Note("gateway silent", is_open=True)
    if any(refund.state == RefundState.SUCCEEDED for refund in payment.refunds.all()):
        yield _Note("refunded" if payment.is_fully_refunded else "partly refunded", is_open=False)
    if held(payment):
        yield _Note("held", is_open=True)
    given = standing(payment)
    if given and given.state == FulfilmentState.DUE:
        yield _Note("not given yet", is_open=True)
