"""Who may see a payment without holding its signed link."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from raseed.core.errors import ConfigurationError
from raseed.payments.models import Payment


def may_see(user: Any, payment: Payment) -> bool:
    """What the purpose says; nobody where the purpose or the thing itself is gone."""
    try:
        return bool(payment.purpose_object().may_see(user, payment.payable()))
    except (ConfigurationError, ObjectDoesNotExist):
        return False
