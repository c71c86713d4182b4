"""Who is who in the services shop: Django users in these groups."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

CLIENT, TECHNICIAN = "services client", "services technician"


def technicians() -> QuerySet[Any]:
    """Those who can be paid, by name."""
    return get_user_model().objects.filter(groups__name=TECHNICIAN, is_active=True).order_by("first_name")


def is_technician(user: Any) -> bool:
    """Technicians are paid, and deposit nothing."""
    return bool(user.groups.filter(name=TECHNICIAN).exists())
