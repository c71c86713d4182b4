"""The letters to patients. Each is queued with what it tells of; the worker sends it."""

from typing import Any

from django.conf import settings

import raseed
from raseed_shops.clinic.models import Owed, Receipt


def paid(owed: Owed, payment: Any, receipt: Receipt) -> None:
    """It is paid; the receipt is behind the link."""
    raseed.send_email(
        owed.patient.email,
        f"Paid: {owed.title}",
        f"Dear {owed.patient.first_name},\n\n"
        f"we have received your payment of {payment.money} for “{owed.title}”. Thank you.\n\n"
        f"{receipt}, to read and to print:\n{_address(receipt.get_absolute_url())}\n\n"
        "Your dental clinic\n",
        key=f"clinic-paid:{payment.reference}",
        payment=payment,
    )


def refunded(owed: Owed, payment: Any, refund: Any) -> None:
    """Money went back, all of it or a part."""
    whole = "" if payment.is_paid else " It is cancelled, and you owe nothing for it."
    raseed.send_email(
        owed.patient.email,
        f"Refunded: {owed.title}",
        f"Dear {owed.patient.first_name},\n\n"
        f"we have sent {refund.money} of your payment for “{owed.title}” back.{whole} Your bank or wallet "
        "decides how soon it shows.\n\n"
        f"{_address(owed.get_absolute_url())}\n\n"
        "Your dental clinic\n",
        key=f"clinic-refunded:{payment.reference}:{refund.pk}",
        payment=payment,
    )


def _address(path: str) -> str:
    return f"{settings.RASEED['SITE_URL']}{path}"
