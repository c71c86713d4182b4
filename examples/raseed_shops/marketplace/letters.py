"""The letters about a payment, one to each party. Queued with it; the worker sends them."""

from __future__ import annotations

from typing import Any

from django.conf import settings

import raseed
from raseed_shops.marketplace.models import Contract


def paid(contract: Contract, payment: Any) -> None:
    """The money is in the freelancer's wallet: say so to both."""
    job, freelancer = contract.job, contract.offer.freelancer
    address = f"{settings.RASEED['SITE_URL']}{job.get_absolute_url()}"
    proof = f"Payment: {payment.reference}\nTransaction: {contract.outgoing_payment_id or 'not named'}\n"
    raseed.send_email(
        job.client.email,
        f"You paid for “{job.title}”",
        f"Dear {job.client.first_name},\n\nyour payment of {payment.money} reached the wallet of "
        f"{freelancer.first_name}. The job is complete.\n\n{proof}\n{address}\n",
        key=f"marketplace-paid-client:{payment.reference}",
        payment=payment,
    )
    raseed.send_email(
        freelancer.email,
        f"You were paid for “{job.title}”",
        f"Dear {freelancer.first_name},\n\n{job.client.first_name} paid {payment.money} into your wallet. "
        f"The job is complete.\n\n{proof}\n{address}\n",
        key=f"marketplace-paid-freelancer:{payment.reference}",
        payment=payment,
    )
