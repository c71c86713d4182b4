"""Loads everything about one payment, once, so that the pages' words are pure functions of loaded rows."""

from __future__ import annotations

from django.db.models import Prefetch, prefetch_related_objects

from raseed.payments.models import Delivery, Fulfilment, MemoryStep, Payment, PaymentFact, Refund, StaffAction

#: Rows of one kind shown at most: a gateway that never falls silent must not make the page unreadable.
LONGEST = 500


def load(payment: Payment) -> None:
    """Load all rows of this payment with a fixed number of queries. Bodies and kept answers stay behind."""
    facts = PaymentFact.objects.filter(pk__in=payment.facts.order_by("pk").values("pk")[:LONGEST])
    deliveries = Delivery.objects.filter(pk__in=payment.deliveries.order_by("pk").values("pk")[:LONGEST])
    prefetch_related_objects(
        [payment],
        Prefetch("facts", queryset=facts.select_related("user").order_by("pk")),
        Prefetch("deliveries", queryset=deliveries.defer("body").order_by("pk")),
        Prefetch("refunds", queryset=Refund.objects.select_related("user").order_by("pk")),
        Prefetch("fulfilments", queryset=Fulfilment.objects.order_by("pk")),
        Prefetch("staff_actions", queryset=StaffAction.objects.order_by("pk")),
        Prefetch("steps", queryset=MemoryStep.objects.defer("answer").order_by("pk")),
        "fulfilments__revocations",
        "reservation",
        "charges",
        "disputes",
        "postings",
        "gateway_ids",
    )


def is_cut(payment: Payment) -> bool:
    """There may be more facts or deliveries than are shown."""
    return len(payment.facts.all()) >= LONGEST or len(payment.deliveries.all()) >= LONGEST
