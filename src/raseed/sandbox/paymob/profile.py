"""The merchant as answers show it. Of about a hundred members only those that somebody may read."""

from __future__ import annotations

from raseed.sandbox.paymob.countries import COUNTRIES
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc

SINCE = "2024-01-01T10:00:00.000001"


def merchant(world: World, prefix: str) -> Doc:
    """`order.merchant`."""
    settings = world.settings
    return {
        "id": settings["profile_id"],
        "created_at": SINCE,
        "phones": ["+201000000000"],
        "company_emails": None,
        "company_name": settings["company_name"],
        "state": "",
        "country": COUNTRIES[prefix].code,
        "city": "",
        "postal_code": "",
        "street": "",
    }


def shown(world: World) -> Doc:
    """`profile` of the answer to an authentication."""
    settings = world.settings
    user = {"id": settings["owner"], "username": "merchant", "first_name": "Test", "last_name": "Merchant"}
    about = merchant(world, settings["country"])
    return {**about, "user": user, "active": True, "profile_type": "Merchant"}


def seal(world: World) -> str:
    """The key under which this sandbox seals its tokens."""
    return f"sandbox {world.sandbox.ids.seed}"
