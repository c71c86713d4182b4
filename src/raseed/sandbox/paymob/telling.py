"""Telling the merchant: TRANSACTION and TOKEN callbacks to the address that the key or the integration names.

The director hears every occurrence, whether anybody is told or not.
"""

from __future__ import annotations

import json

from raseed.sandbox.delivery import Delivery
from raseed.sandbox.paymob import integrations, saved, views
from raseed.sandbox.paymob.countries import COUNTRIES
from raseed.sandbox.paymob.vocabulary import (
    CAPTURE,
    LATER_KINDS,
    PAID,
    PENDING,
    REFUND,
    TOLD_AUTHORIZED,
    TOLD_CAPTURED,
    TOLD_DECLINED,
    TOLD_PAID,
    TOLD_PENDING,
    TOLD_REFUNDED,
    TOLD_TOKEN,
    TOLD_VOIDED,
    VOID,
)
from raseed.sandbox.paymob.world import NAME, World
from raseed.sandbox.store import Doc

ACTED = {REFUND: TOLD_REFUNDED, VOID: TOLD_VOIDED, CAPTURE: TOLD_CAPTURED}
EXPIRED = "order.expired"


def changed(world: World, row: Doc) -> None:
    """A payer's attempt came to its end."""
    event = TOLD_DECLINED
    if row["state"] == PAID:
        event = TOLD_AUTHORIZED if row["is_auth"] else TOLD_PAID
    occurred(world, event, row["order"])
    _transaction(world, row, event)


def waiting(world: World, row: Doc) -> None:
    """An attempt waits for its bank, or is to be paid somewhere else."""
    occurred(world, TOLD_PENDING, row["order"])
    told = world.settings["pending_callbacks"]
    if told == "all" or (told == "waiting" and row["kind"] in LATER_KINDS):
        _transaction(world, row, TOLD_PENDING)


def acted(world: World, parent: Doc, child: Doc) -> None:
    """A refund, void or capture. The parent is sent again with its new totals, the child, or both."""
    event = TOLD_PENDING if child["state"] == PENDING else ACTED[child["action"]]
    occurred(world, event, parent["order"])
    told = world.settings["refund_callbacks"]
    if told in ("parent", "both"):
        _transaction(world, parent, event)
    if told in ("child", "both"):
        _transaction(world, child, event)


def refused(world: World, child: Doc) -> None:
    """A refund was refused: nothing changed, so its parent has nothing to tell."""
    occurred(world, TOLD_REFUNDED, child["order"])
    if world.settings["refund_callbacks"] != "parent":
        _transaction(world, child, TOLD_REFUNDED)


def token(world: World, row: Doc, card: Doc) -> None:
    """A card was saved."""
    order = world.table("orders")[str(row["order"])]
    created_at = COUNTRIES[order["country"]].moment(card["created_at"])
    body = {"type": "TOKEN", "obj": saved.shown(world, card, order, created_at)}
    submit(world, address(world, row), TOLD_TOKEN, body)


def expired(world: World, order: Doc) -> None:
    """Nobody is told."""
    occurred(world, EXPIRED, order["id"])


def occurred(world: World, event: str, number: int) -> None:
    world.sandbox.occurred(NAME, event, json.dumps({"order": number}))


def _transaction(world: World, row: Doc, event: str) -> None:
    submit(world, address(world, row), event, enveloped(views.transaction(world, row)))


def enveloped(obj: Doc) -> Doc:
    """The body of a TRANSACTION callback."""
    return {
        "type": "TRANSACTION",
        "obj": obj,
        "issuer_bank": None,
        "transaction_processed_callback_responses": "",
    }


def address(world: World, row: Doc) -> str:
    """What the payment key says, else what its integration says; a child is told where its parent is."""
    if row["parent"] is not None:
        return address(world, world.table("transactions")[str(row["parent"])])
    claims = world.table("keys").get(row["key"], {}).get("claims", {})
    return str(claims.get("notification_url") or integrations.callbacks(world, row["integration"])["url"])


def submit(world: World, url: str, event: str, body: Doc) -> None:
    """One delivery; none where no address is known."""
    if not url:
        return
    delivery = Delivery(
        id=world.sandbox.ids.new("cb"),
        gateway=NAME,
        mode="live" if body.get("obj", {}).get("is_live") else "test",
        endpoint=url,
        url=url,
        event=event,
        event_id=world.sandbox.ids.text(),
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        created_at=world.now(),
    )
    world.sandbox.deliveries.submit(delivery)
