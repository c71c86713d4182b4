"""Who is who at the temple: devotees book for themselves, the office sees everything."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

OFFICE = "temple office"


def works_here(user: Any) -> bool:
    """Whether the office's page is for this user."""
    if not getattr(user, "is_authenticated", False):
        return False
    return bool(user.is_superuser or user.groups.filter(name=OFFICE).exists())


def office() -> QuerySet[Any]:
    """Those who are told when something needs a person."""
    people: QuerySet[Any] = get_user_model()._default_manager.filter(groups__name=OFFICE, is_active=True)
    return people.exclude(email="").order_by("pk")
