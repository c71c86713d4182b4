"""PayMongo's part of the control API: the payer's and the dashboard's side, without a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.paymongo import actions, events, refusals, webhooks
from raseed.sandbox.paymongo.books import books, flat
from raseed.sandbox.paymongo.errors import ApiError
from raseed.sandbox.paymongo.fields import URL
from raseed.sandbox.paymongo.settings import DEFAULTS, merged
from raseed.sandbox.paymongo.world import MODES, World, WorldOf, bare
from raseed.sandbox.store import Doc


def control(
    world_of: WorldOf, method: str, path: Sequence[str], body: Doc, query: Mapping[str, str]
) -> object:
    """Carry out one control call. Raises ControlError."""
    try:
        match (method, *path):
            case ("GET", "books"):
                return books(world_of, query.get("mode"))
            case ("GET", "settings"):
                return world_of("test").settings
            case ("POST", "settings"):
                return _settings(world_of("test"), _stated(body))
            case ("POST", "webhooks"):
                return _webhook(world_of, body)
            case ("GET" | "POST" | "DELETE", "refusals"):
                return _refusals(world_of(_mode(body)), method, _stated(body))
            case ("POST", "extra-payment"):
                return actions.extra_payment(world_of, body)
            case ("POST", table, subject_id, action):
                return actions.act(world_of, table, subject_id, action, body)
    except ApiError as error:
        raise ControlError(str(error), error.status) from error
    raise ControlError("there is no such call.", status=404)


def _stated(body: Doc) -> Doc:
    """What the caller said, without what the control API added."""
    return {key: value for key, value in body.items() if key != "base_url"}


def _settings(world: World, changes: Doc) -> Doc:
    settings = merged(world.settings, changes)
    world.keep_settings(settings)
    return settings


def _refusals(world: World, method: str, body: Doc) -> Doc:
    if method == "POST":
        return refusals.state(world, body)
    if method == "DELETE":
        world.table("refusals").clear()
    return {"refusals": list(world.table("refusals").values())}


def _webhook(world_of: WorldOf, body: Doc) -> Doc:
    """Register an endpoint without a key. The same address again replaces what it asked for."""
    url, wanted = body.get("url"), body.get("events", list(events.TYPES))
    if not isinstance(url, str) or not URL.fullmatch(url):
        raise ControlError("url must be an http or https address.")
    if not isinstance(wanted, list) or not set(map(str, wanted)) <= set(events.TYPES):
        raise ControlError(f"events must be a list of {', '.join(events.TYPES)}.")
    world = world_of(_mode(body))
    secret = webhooks.must_have(body["secret_key"]) if "secret_key" in body else ""
    for webhook in world.table("webhooks").values():
        if webhook["attributes"]["url"] == url:
            kept = secret or webhook["attributes"]["secret_key"]
            webhook["attributes"].pop("disabled_reason", None)
            world.touch(webhook, events=wanted, secret_key=kept, status="enabled")
            return flat(bare(webhook))
    return flat(bare(webhooks.make(world, url, wanted, secret)))


def _mode(body: Doc) -> str:
    mode = body.get("mode", "test")
    if mode not in MODES:
        raise ControlError("mode must be 'test' or 'live'.")
    return str(mode)


def defaults(world: World, overrides: Doc) -> None:
    """Put the settings to the documented values, changed by what the sandbox was started with."""
    world.keep_settings(merged(DEFAULTS, overrides))
