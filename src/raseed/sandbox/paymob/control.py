"""Paymob's part of the control API: the payer's and the dashboard's side, without a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.paymob import actions, auth, forging, webhooks
from raseed.sandbox.paymob.books import books
from raseed.sandbox.paymob.errors import ApiError
from raseed.sandbox.paymob.settings import DEFAULTS, merged
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc


def control(world: World, method: str, path: Sequence[str], body: Doc, query: Mapping[str, str]) -> object:
    """Carry out one control call. Raises ControlError."""
    stated = {key: value for key, value in body.items() if key != "base_url"}
    try:
        match (method, *path):
            case ("GET", "books"):
                return books(world)
            case ("GET", "settings"):
                return world.settings
            case ("POST", "settings"):
                world.keep_settings(merged(world.settings, stated))
                return world.settings
            case ("POST", "webhooks"):
                return webhooks.register(world, stated)
            case ("POST", "forge"):
                return (forging.made_up if "body" in stated else forging.altered)(world, stated)
            case ("DELETE", "tokens"):
                return {"revoked": auth.revoke_all(world)}
            case ("POST", table, subject_id, action):
                return actions.act(world, table, subject_id, action.replace("-", "_"), stated)
    except ApiError as error:
        raise ControlError(str(error), error.status) from error
    raise ControlError("there is no such call.", status=404)


def defaults(world: World, overrides: Doc) -> None:
    """Put the settings to the documented values, changed by what the sandbox was started with."""
    world.keep_settings(merged(DEFAULTS, overrides))
