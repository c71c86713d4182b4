"""Webhook endpoints: create, list, retrieve, update, enable, disable. They cannot be deleted.

https://developers.paymongo.com/reference/webhook-resource
"""

from __future__ import annotations

from raseed.sandbox.paymongo import events
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found, refused
from raseed.sandbox.paymongo.fields import Fields
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc

#: So many events in a row that used up their retries disable the endpoint.
EXHAUSTED_EVENTS = 3


def create(call: Call) -> Doc:
    world, fields = call.world, call.fields
    url = fields.url("url", required=True) or ""
    wanted = fields.choices("events", events.TYPES)
    _check_url(world, fields, url, own_id="")
    fields.done()
    return bare(make(world, url, wanted))


def make(world: World, url: str, wanted: list[str], secret_key: str = "") -> Doc:
    """Register an endpoint; without `secret_key` it gets a new one."""
    now = world.now()
    attributes: Doc = {
        "events": wanted,
        "livemode": world.livemode,
        "secret_key": secret_key or world.new_id("whsk"),
        "status": "enabled",
        "url": url,
        "created_at": now,
        "updated_at": now,
    }
    return world.add("webhooks", "hook", "webhook", attributes, exhausted=0)


def _check_url(world: World, fields: Fields, url: str, own_id: str) -> None:
    """An address may be registered once per mode; the error for it is not documented."""
    others = (w for w in world.table("webhooks").values() if w["id"] != own_id)
    if any(other["attributes"]["url"] == url for other in others):
        fields.wrong("parameter_invalid", "url", "The url passed is already registered.")


def list_all(call: Call) -> Doc:
    """Every endpoint, newest first; this list has no pages."""
    documents = [bare(webhook) for webhook in call.world.table("webhooks").values()]
    return {"has_more": False, "data": documents[::-1]}


def retrieve(call: Call) -> Doc:
    return bare(find(call.world, call.id))


def update(call: Call) -> Doc:
    world, webhook, fields = call.world, find(call.world, call.id), call.fields
    changes: Doc = {}
    if fields.given("url"):
        changes["url"] = fields.url("url", required=True) or ""
        _check_url(world, fields, changes["url"], own_id=call.id)
    if fields.given("events"):
        changes["events"] = fields.choices("events", events.TYPES)
    fields.done()
    world.touch(webhook, **changes)
    return bare(webhook)


def enable(call: Call) -> Doc:
    webhook = find(call.world, call.id)
    webhook["attributes"].pop("disabled_reason", None)
    webhook["private"]["exhausted"] = 0
    call.world.touch(webhook, status="enabled")
    return bare(webhook)


def disable(call: Call) -> Doc:
    webhook = find(call.world, call.id)
    if webhook["attributes"]["status"] == "enabled":
        call.world.touch(webhook, status="disabled", disabled_reason="disabled_by_merchant")
    return bare(webhook)


def find(world: World, webhook_id: str) -> Doc:
    """The endpoint, or ApiError (404)."""
    if webhook_id not in world.table("webhooks"):
        raise not_found("webhook", webhook_id)
    return world.table("webhooks")[webhook_id]


def delivered(world: World, webhook_id: str) -> None:
    """An event arrived, so the row of exhausted ones is broken."""
    if webhook_id in world.table("webhooks"):
        world.table("webhooks")[webhook_id]["private"]["exhausted"] = 0


def exhausted(world: World, webhook_id: str) -> None:
    """An event used up its retries; the third in a row disables the endpoint."""
    webhook = world.table("webhooks").get(webhook_id)
    if webhook is None:
        return
    webhook["private"]["exhausted"] += 1
    if webhook["private"]["exhausted"] >= EXHAUSTED_EVENTS and webhook["attributes"]["status"] == "enabled":
        world.touch(webhook, status="disabled", disabled_reason="max_retries_exceeded")


def must_have(secret_key: object) -> str:
    """A secret stated by hand. Raises ApiError (400)."""
    if not isinstance(secret_key, str) or not secret_key.isascii() or not 1 <= len(secret_key) <= 200:
        raise refused("parameter_invalid", "secret_key must be 1 to 200 ASCII characters.", "secret_key")
    return secret_key
