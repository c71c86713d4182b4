"""Everything of value in the sandbox's PayMongo, flat, for the control API."""

from __future__ import annotations

from collections.abc import Callable

from raseed.sandbox.paymongo import links, payments, sessions
from raseed.sandbox.paymongo.world import MODES, World, bare
from raseed.sandbox.store import Doc

#: what the control API calls a table
PLAIN = {
    "sources": "sources",
    "payment_intents": "intents",
    "payment_methods": "methods",
    "refunds": "refunds",
    "customers": "customers",
    "webhooks": "webhooks",
}


def books(world_of: Callable[[str], World], mode: str | None = None) -> Doc:
    """id, status, amount, currency, metadata and what belongs together; both modes unless `mode` says one."""
    names = (*PLAIN, "checkout_sessions", "links", "payments", "disputes")
    shown: Doc = {name: [] for name in names}
    for world in (world_of(name) for name in MODES if mode in (None, name)):
        for name, table in PLAIN.items():
            shown[name] += [flat(bare(document)) for document in world.table(table).values()]
        shown["checkout_sessions"] += [session(world, found) for found in world.table("sessions").values()]
        shown["links"] += [flat(links.view(world, found)) for found in world.table("links").values()]
        shown["payments"] += [payment(world, found) for found in world.table("payments").values()]
        shown["disputes"] += [dispute(found) for found in world.table("disputes").values()]
    return shown


def flat(document: Doc) -> Doc:
    """A document without its envelope."""
    return {**document["attributes"], "id": document["id"]}


def session(world: World, document: Doc) -> Doc:
    """A session with its total and the ids of its intents and payments."""
    made = [found["id"] for found in sessions.intents_of(world, document)]
    return {
        **flat(bare(document)),
        "amount": document["private"]["total"],
        "currency": "PHP",
        "payment_intent_id": made[-1] if made else None,
        "payment_intents": made,
        "payments": [found["id"] for found in sessions.paid_through(world, document)],
    }


def payment(world: World, document: Doc) -> Doc:
    """A payment with what it came through, how much of it went back, and whether it was told as failed."""
    shown = flat(payments.view(world, document))
    intent = world.table("intents").get(document["private"]["intent"] or "")
    return {
        **shown,
        "source_id": shown["source"]["id"],
        "checkout_session_id": intent["private"]["session"] if intent else None,
        "refunded_amount": payments.refunded(world, document),
        "told_failed": document["private"].get("told_failed", document["attributes"]["status"] == "failed"),
    }


def dispute(document: Doc) -> Doc:
    """A dispute with the payment that it is about, which the resource itself does not name."""
    return {**flat(bare(document)), "payment_id": document["private"]["payment"]}
