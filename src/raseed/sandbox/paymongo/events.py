"""Events: one per occurrence, delivered to every enabled endpoint that asked for its type.

The envelope is that of https://developers.paymongo.com/docs/webhooks as captured in 2025.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

from raseed.sandbox.delivery import Delivery
from raseed.sandbox.paymongo.world import NAME, World
from raseed.sandbox.store import Doc

#: https://developers.paymongo.com/docs/webhooks and https://docs.paymongo.com/docs/developer-tools-webhooks-events
TYPES = (
    "source.chargeable",
    "payment.paid",
    "payment.failed",
    "payment.refunded",
    "payment.refund.updated",
    "link.payment.paid",
    "checkout_session.payment.paid",
    "qrph.expired",
    "subscription.activated",
    "subscription.past_due",
    "subscription.unpaid",
    "subscription.updated",
    "subscription.invoice.created",
    "subscription.invoice.finalized",
    "subscription.invoice.updated",
    "subscription.invoice.paid",
    "subscription.invoice.payment_failed",
    "payment_intent.succeeded",
    "payment_intent.awaiting_payment_method",
    "refund.succeeded",
    "dispute.created",
    "dispute.resolved",
    "qr.paid",
    "qr.expired",
    "payout.deposited",
    "payout.returned",
)


def emit(world: World, event_type: str, resource: Doc) -> None:
    """Tell every endpoint about `resource`, as it is at this moment."""
    now = world.now()
    event: Doc = {
        "id": world.new_id("evt"),
        "type": "event",
        "attributes": {
            "type": event_type,
            "livemode": world.livemode,
            "data": copy.deepcopy(resource),
            "previous_data": {},
            "pending_webhooks": 1,
            "created_at": now,
            "updated_at": now,
        },
    }
    body = json.dumps({"data": event}, ensure_ascii=False, separators=(",", ":"))
    world.sandbox.occurred(NAME, event_type, body)
    for webhook in list(world.table("webhooks").values()):
        attributes = webhook["attributes"]
        if attributes["status"] == "enabled" and event_type in attributes["events"]:
            world.sandbox.deliveries.submit(_delivery(world, webhook, event, body))


def _delivery(world: World, webhook: Doc, event: Doc, body: str) -> Delivery:
    return Delivery(
        id=world.new_id("wp"),
        gateway=NAME,
        mode=world.mode,
        endpoint=webhook["id"],
        url=webhook["attributes"]["url"],
        event=event["attributes"]["type"],
        event_id=str(event["id"]),
        body=body,
        created_at=world.sandbox.clock.now(),
    )


def emit_new_name(world: World, event_type: str, resource: Callable[[], Doc]) -> None:
    """An event of 2026 that says what an older one says too; only where the settings ask for it."""
    if world.settings["event_names"] == "both":
        emit(world, event_type, resource())


def restate(document: object, *, minor: int | None, currency: str | None) -> object:
    """The same document with another amount or currency wherever the resource itself states one."""
    if isinstance(document, list):
        return [restate(item, minor=minor, currency=currency) for item in document]
    if not isinstance(document, dict):
        return document
    changed: Doc = {}
    for key, value in document.items():
        if key in ("amount", "original_amount") and type(value) is int and minor is not None:
            changed[key] = minor
        elif key == "currency" and isinstance(value, str) and currency is not None:
            changed[key] = currency
        elif key in ("refunds", "taxes", "line_items", "metadata"):  # not what was paid
            changed[key] = value
        else:
            changed[key] = restate(value, minor=minor, currency=currency)
    return changed
