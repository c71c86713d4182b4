"""What the merchant's account may do: its payment methods and features, as the settings say.

PayMongo answers `organization_not_allowed` for the rest; which call names what is our choice.
https://docs.paymongo.com/docs/payment-acceptance-errors-pipm
"""

from __future__ import annotations

from collections.abc import Iterable

from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import refused
from raseed.sandbox.paymongo.world import World

#: Made up, and the same for every merchant.
ORGANIZATION_ID = "org_sandboxMerchant000000001"


def check(
    world: World, methods: Iterable[str], *, capture: str = "", currency: str = "", vault: bool = False
) -> None:
    """Raise ApiError (400) for a method or a feature that the account does not have."""
    may = world.settings["capabilities"]
    for method in methods:
        if method not in may:
            raise not_allowed(f"use {method}")
    wanted = {"manual_capture": capture == "manual", "card_vaulting": vault, "usd": currency == "USD"}
    for feature, is_wanted in wanted.items():
        if is_wanted and feature not in world.settings["features"]:
            raise not_allowed(f"use {feature}")


def not_allowed(what: str) -> Exception:
    return refused("organization_not_allowed", f"The account is not allowed to {what}.")


def capabilities(call: Call) -> list[str]:
    """The account's payment methods: a bare list, as integrators' code reads it."""
    return list(call.world.settings["capabilities"])
