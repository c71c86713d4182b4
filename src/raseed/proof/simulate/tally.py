"""What a world was made of: how often what was done, and how its payments ended."""

from __future__ import annotations

from collections.abc import Sequence

from raseed.core.states import RefundState
from raseed.payments.models import Charge, Delivery, Dispute, Payment, Refund, RejectedDelivery

CALLS = ("GET ", "POST ", "PUT ", "PATCH ", "DELETE ")


def tally(choices: Sequence[str]) -> dict[str, int]:
    """Counts of choices, by what they are called in the trace, and of rows."""
    payments, refunds = Payment.objects.all(), Refund.objects.filter(state=RefundState.SUCCEEDED)
    return {
        "calls to gateways": sum(choice.startswith(CALLS) for choice in choices),
        "calls given up": sum(choice.endswith("waits no longer") for choice in choices),
        "webhooks let in": sum(choice.startswith("webhook") for choice in choices),
        "webhooks refused": RejectedDelivery.objects.count(),
        "copies": sum(copies - 1 for copies in Delivery.objects.values_list("copies", flat=True)),
        "sweeps": choices.count("sweep"),
        "deaths": sum("(killed at" in choice for choice in choices),
        "paid": payments.filter(state="paid").count(),
        "in review": payments.filter(state="review").count(),
        "ended unpaid": payments.filter(state__in=["failed", "expired", "cancelled", "lapsed"]).count(),
        "charges": Charge.objects.count(),
        "paid twice": payments.filter(concern="double").count(),
        "for a person": payments.exclude(attention="").count(),
        "refunds by us": refunds.filter(is_external=False).count(),
        "refunds at the gateway": refunds.filter(is_external=True).count(),
        "disputes": Dispute.objects.count(),
    }
