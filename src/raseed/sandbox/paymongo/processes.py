"""Webhook processes: one per event and endpoint, with what became of it; and sending one again.

`GET /v1/webhooks/{id}/processes` and `POST /v1/webhook_processes/{id}/retry` are known to exist; what they
show was not found, so the attributes are our choice.
"""

from __future__ import annotations

import json

from raseed.sandbox.delivery import Delivery
from raseed.sandbox.paymongo import webhooks
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found, wrong_state
from raseed.sandbox.paymongo.paging import page
from raseed.sandbox.paymongo.world import NAME, World
from raseed.sandbox.store import Doc

STATUSES = {
    "waiting": "pending",
    "held": "pending",
    "sending": "pending",
    "delivered": "success",
    "failed": "failed",
    "lost": "failed",
    "missed": "failed",
}


def list_all(call: Call) -> Doc:
    """The endpoint's deliveries, newest first."""
    webhook = webhooks.find(call.world, call.id)
    found = [view(delivery) for delivery in _of(call.world) if delivery.endpoint == webhook["id"]]
    return page(found, call.query, "webhook process", dict)


def retry(call: Call) -> Doc:
    """Send it again, with the same event id and bytes; refused while the endpoint is disabled."""
    world = call.world
    delivery = next((found for found in _of(world) if found.id == call.id), None)
    if delivery is None:
        raise not_found("webhook process", call.id)
    if webhooks.find(world, delivery.endpoint)["attributes"]["status"] != "enabled":
        raise wrong_state("resource_failed_state", "Webhook", delivery.endpoint, "is disabled")
    if delivery.is_open:
        world.sandbox.deliveries.release(delivery.id) if delivery.state != "sending" else None
    else:  # back into the queue, with a whole row of retries
        delivery.state, delivery.due_at, delivery.retries = "waiting", None, 0
        world.sandbox.deliveries.submit(delivery)
    return view(delivery)


def _of(world: World) -> list[Delivery]:
    """This mode's deliveries, oldest first."""
    return [d for d in world.sandbox.deliveries.all() if (d.gateway, d.mode) == (NAME, world.mode)]


def view(delivery: Delivery) -> Doc:
    attempts = delivery.attempts
    attributes: Doc = {
        "event_id": delivery.event_id,
        "event_type": delivery.event,
        "webhook_id": delivery.endpoint,
        "url": delivery.url,
        "livemode": delivery.mode == "live",
        "status": STATUSES[delivery.state],
        "attempts": len(attempts),
        "last_response_status": attempts[-1]["status"] if attempts else None,
        "payload": json.loads(delivery.body),
        "created_at": int(delivery.created_at),
    }
    return {"id": delivery.id, "type": "webhook_process", "attributes": attributes}
