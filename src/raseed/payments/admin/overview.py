"""One page of plain counts: what needs a person, and what waits by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from raseed.payments import conf
from raseed.payments.admin import questions
from raseed.payments.admin.read_only import ReadOnlyAdmin, may_view
from raseed.payments.admin.summary import LATE, WORKER
from raseed.payments.flows.chores import next_due_at
from raseed.payments.models import Delivery, DeliveryState, Payment, RejectedDelivery

#: Counting stops here: "1000+" is as good an answer, and a large table stays quick.
MOST = 1000

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Need:
    """One line of the page: how many, of what, what to do about it, and the list that shows them."""

    count: str
    title: str
    meaning: str
    url: str
    tone: str = ""


class OverviewAdmin(ReadOnlyAdmin):
    """What needs me."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may view payments."""
        return may_view(request, Payment)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of counts."""
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)  # 403, as for every list
        now = conf.now()
        due_at = next_due_at()
        needs = [_of_payments(*row) for row in _NEEDS]
        waits = [_of_payments(*row) for row in _WAITS]
        if may_view(request, Delivery):
            needs.append(_stuck_deliveries())
            waits.append(_parked_deliveries())
        if may_view(request, RejectedDelivery):
            needs.append(_refused_requests())
        context = {
            **self.admin_site.each_context(request),
            "title": "What needs me",
            "opts": self.model._meta,
            "media": self.media,
            "needs": needs,
            "waits": waits,
            "late_since": due_at if due_at is not None and due_at < now - LATE else None,
            "worker": WORKER,
        }
        return TemplateResponse(request, "admin/raseed/overview/page.html", context)


_NEEDS = (
    ("review", "In review", "Something does not agree with what was opened. Accept, reject or refund."),
    ("held", "Money set apart", "It came late, twice, or in another amount. Accept it or send it back."),
    ("not-given", "Paid, but not given", "The customer paid and has not got what they paid for."),
    ("stuck", "Stuck", "The time to pay is over, or the gateway gives no answer."),
    ("person", "All that wait for a person", "The ones above, disputes, and others that were flagged."),
)
_WAITS = (
    ("open", "Waiting for the customer", "Open checkouts. Nothing needs to be done."),
    ("authorized", "Held at the gateway", "Reserved, not taken. Take it or let it go in time."),
    ("refunding", "Refunds under way", "The worker and the gateway see to them."),
)


def _of_payments(word: str, title: str, meaning: str) -> Need:
    rows = questions.asked(word, Payment.objects.all())
    url = f"{reverse('admin:raseed_payment_changelist')}?{urlencode({'question': word})}"
    return _need(rows, title, meaning, url)


def _of_deliveries(state: DeliveryState, title: str, meaning: str) -> Need:
    url = f"{reverse('admin:raseed_delivery_changelist')}?{urlencode({'state': state.value})}"
    return _need(Delivery.objects.filter(state=state), title, meaning, url)


def _stuck_deliveries() -> Need:
    meaning = "The gateway told of a payment that is not known here."
    return _of_deliveries(DeliveryState.STUCK, "Stuck deliveries", meaning)


def _parked_deliveries() -> Need:
    meaning = "Read again by themselves, until their payment appears."
    return _of_deliveries(DeliveryState.PARKED, "Parked deliveries", meaning)


def _refused_requests() -> Need:
    rows = RejectedDelivery.objects.filter(received_at__gte=conf.now() - _DAY)
    meaning = "Of the last day; they could not be verified. Many: is the webhook's secret right?"
    return _need(rows, "Refused requests", meaning, reverse("admin:raseed_rejecteddelivery_changelist"))


def _need(rows: Any, title: str, meaning: str, url: str) -> Need:
    count = rows[: MOST + 1].count()
    return Need(f"{MOST}+" if count > MOST else str(count), title, meaning, url, "wait" if count else "")
