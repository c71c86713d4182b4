"""Who may do what in the clinic. Patients, staff and the owner are Django users in these groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raseed_shops.clinic.models import Owed, Receipt

PATIENT, STAFF, OWNER = "clinic patient", "clinic staff", "clinic owner"


def works_here(user: Any) -> bool:
    """Staff and the owner see every bill, take payments at the desk, and refund. So do superusers."""
    if not getattr(user, "is_authenticated", False):
        return False
    return bool(user.is_superuser or user.groups.filter(name__in=[STAFF, OWNER]).exists())


def may_see(user: Any, owed: Owed | Receipt) -> bool:
    """A patient sees what is theirs and nothing else."""
    return bool(user == owed.patient or works_here(user))
