"""Reading for sites and pages: nothing here writes."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from raseed.payments.models import Payment


def payments_of(payable: Any, *, purpose: str) -> QuerySet[Payment]:
    """All payments for this payable and purpose, newest first."""
    return Payment.objects.filter(purpose=purpose, payable_key=str(payable.pk)).order_by("-pk")


def find_payment(reference: str) -> Payment | None:
    """The payment of this reference, or None. It is no proof: check whose it is before showing it."""
    return Payment.objects.filter(reference=reference).first()


def latest_payment(payable: Any, *, purpose: str) -> Payment | None:
    """The newest payment for this payable and purpose, or None."""
    return payments_of(payable, purpose=purpose).first()
