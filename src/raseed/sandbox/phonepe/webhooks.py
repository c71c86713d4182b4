"""Webhook endpoints of version 2, which a merchant sets up in the dashboard: here by the control API."""

from __future__ import annotations

import re

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.phonepe.fields import URL
from raseed.sandbox.phonepe.vocabulary import EVENTS
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.store import Doc

#: https://developer.phonepe.com/payment-gateway/uat-testing-go-live/uat-checklist
USERNAME = re.compile(r"[A-Za-z0-9_]{5,20}")
PASSWORD = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9])[A-Za-z0-9]{8,20}")
USUAL = ("sandbox_hooks", "Sandbox123")


def register(world: World, body: Doc) -> Doc:
    """Add an endpoint; the same address again replaces what was said about it."""
    url, events = body.get("url"), body.get("events", list(EVENTS))
    username, password = body.get("username", USUAL[0]), body.get("password", USUAL[1])
    if not isinstance(url, str) or not URL.fullmatch(url):
        raise ControlError("url must be an http or https address.")
    if not isinstance(events, list) or not set(map(str, events)) <= set(EVENTS):
        raise ControlError(f"events must be a list of {', '.join(EVENTS)}.")
    if not isinstance(username, str) or not USERNAME.fullmatch(username):
        raise ControlError("username must be 5 to 20 letters, digits and underscores.")
    if not isinstance(password, str) or not PASSWORD.fullmatch(password):
        raise ControlError("password must be 8 to 20 letters and digits, with both among them.")
    table = world.table("webhooks")
    known = next((row["id"] for row in table.values() if row["url"] == url), None)
    endpoint_id = known or world.sandbox.ids.new("hook")
    table[endpoint_id] = {
        "id": endpoint_id,
        "url": url,
        "events": events,
        "username": username,
        "password": password,
    }
    return dict(table[endpoint_id])
