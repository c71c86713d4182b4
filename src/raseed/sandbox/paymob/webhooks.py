"""Callback addresses, stated for each integration in the dashboard: here by the control API."""

from __future__ import annotations

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.paymob.fields import URL
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc


def register(world: World, body: Doc) -> Doc:
    """State where callbacks of one integration go, or of all; what was stated before is replaced."""
    number = body.get("integration")
    if number is not None and (type(number) is not int or number < 1):
        raise ControlError("integration must be the number of one, or missing for all.")
    for name in ("url", "response_url"):
        value = body.get(name, "")
        if not isinstance(value, str) or (value and not URL.fullmatch(value)):
            raise ControlError(f"{name} must be an http or https address.")
    if not body.get("url") and not body.get("response_url"):
        raise ControlError("url says where callbacks go, response_url where the payer's browser goes.")
    name = "*" if number is None else str(number)
    row = {"id": name, "url": body.get("url", ""), "response_url": body.get("response_url", "")}
    world.table("webhooks")[name] = row
    return dict(row)
