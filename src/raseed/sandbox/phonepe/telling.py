"""Telling the merchant: webhooks of version 2, callbacks of version 1.

The director hears every occurrence, whether anybody is told or not.
"""

from __future__ import annotations

import json

from raseed.sandbox.delivery import Delivery
from raseed.sandbox.phonepe import older_views, views
from raseed.sandbox.phonepe.vocabulary import (
    ATTEMPT_FAILED,
    CONFIRMED,
    FAILED,
    ORDER_COMPLETED,
    ORDER_FAILED,
    REFUND_EVENTS,
)
from raseed.sandbox.phonepe.world import MODE, NAME, World
from raseed.sandbox.store import Doc
from raseed.sandbox.wrapping import wrapped

#: What the director is told of an order that nobody paid in time; the webhook is an ordinary failure.
EXPIRED = "order.expired"


def completed(world: World, order: Doc) -> None:
    _order(world, order, ORDER_COMPLETED)


def failed(world: World, order: Doc) -> None:
    _order(world, order, ORDER_FAILED)


def regressed(world: World, order: Doc) -> None:
    """Say of an order that is paid that it failed; nothing happened, so the director hears nothing."""
    older = {**order, "state": FAILED, "failure": "TXN_AUTO_FAILED"}
    if order["version"] == "v2":
        _webhook(world, ORDER_FAILED, views.told_order(world, older))
    else:
        _callback(world, older, older_views.order_status(world, older), "payment")


def refund(world: World, refund: Doc) -> None:
    """A refund was accepted, completed or failed. The older API tells only of the end."""
    event = REFUND_EVENTS[refund["state"]]
    _occurred(world, event, refund["order"])
    order = world.table("orders")[refund["order"]]
    if order["version"] == "v2":
        _webhook(world, event, views.told_refund(world, refund))
    elif refund["state"] != CONFIRMED:
        _callback(
            world,
            {**refund, "merchant": order["merchant"]},
            older_views.refund_status(world, refund),
            "refund",
        )


def attempt_failed(world: World, order: Doc, attempt: Doc) -> None:
    """The order stays open. Its error codes are those of the attempt, as in PhonePe's sample."""
    payload = {**views.told_order(world, order), **views.failure(attempt["failure"])}
    _occurred(world, ATTEMPT_FAILED, order["id"])
    if order["version"] == "v2" and world.settings["attempt_events"]:
        _webhook(world, ATTEMPT_FAILED, payload)


def _order(world: World, order: Doc, event: str) -> None:
    _occurred(world, EXPIRED if order["failure"] == "ORDER_EXPIRED" else event, order["id"])
    if order["version"] == "v2":
        _webhook(world, event, views.told_order(world, order))
    else:
        _callback(world, order, older_views.order_status(world, order), "payment")


def _callback(world: World, row: Doc, status: Doc, about: str) -> None:
    """Version 1: the status, wrapped and signed, to the address that the call named."""
    if row["callback_url"]:
        body = json.dumps(wrapped("response", status), separators=(",", ":"))
        endpoint = f"{row['merchant']} {row['salt_index']}"
        _submit(world, endpoint, row["callback_url"], f"{about}.{status['code']}", body)


def _occurred(world: World, event: str, order_id: str) -> None:
    world.sandbox.occurred(NAME, event, json.dumps({"orderId": order_id}))


def forged(world: World, event: str, payload: Doc) -> None:
    """Send every endpoint what was never said; the hash of version 2 makes it look as good as any."""
    _webhook(world, event, payload)


def _webhook(world: World, event: str, payload: Doc) -> None:
    """One delivery to every endpoint that asked for the event."""
    body = json.dumps(_envelope(world, event, payload), ensure_ascii=False, separators=(",", ":"))
    for endpoint in list(world.table("webhooks").values()):
        if event in endpoint["events"]:
            _submit(world, endpoint["id"], endpoint["url"], event, body)


def _envelope(world: World, event: str, payload: Doc) -> Doc:
    named = {"event": event, "type": event.replace(".", "_").upper()}
    style = world.settings["envelope"]
    if style == "bare":
        return payload
    return {**{key: value for key, value in named.items() if style in (key, "both")}, "payload": payload}


def _submit(world: World, endpoint: str, url: str, event: str, body: str) -> None:
    delivery = Delivery(
        id=world.sandbox.ids.new("wp"),
        gateway=NAME,
        mode=MODE,
        endpoint=endpoint,
        url=url,
        event=event,
        event_id=world.sandbox.ids.text(),
        body=body,
        created_at=world.sandbox.clock.now(),
    )
    world.sandbox.deliveries.submit(delivery)
