"""Orders of both versions, and what of them is told.

An order: id, version, merchant, reference (the merchant's own id), amount, state, created_at and expire_at
(milliseconds), meta, back (where the browser goes), and how it may be paid.
"""

from __future__ import annotations

from raseed.sandbox.phonepe.errors import refused
from raseed.sandbox.phonepe.vocabulary import CARD_TYPES, COMPLETED, FAILED, MODES, PENDING
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.store import Doc


def make(world: World, version: str, merchant: str, reference: str, amount: int, **more: object) -> Doc:
    """A new order, open for `seconds`; `more` replaces what stands here."""
    seconds = int(str(more.pop("seconds", world.settings["order_seconds"])))
    now = world.now_ms()
    order: Doc = {
        "id": world.new_id("OMO" if version == "v2" else "T", "orders"),
        "version": version,
        "merchant": merchant,
        "reference": reference,
        "amount": amount,
        "state": PENDING,
        "created_at": now,
        "expire_at": now + seconds * 1000,
        "meta": {},
        "modes": list(MODES),
        "card_types": list(CARD_TYPES),
        "may_retry": True,
        "message": "",
        "back": {"url": "", "mode": "REDIRECT"},
        "callback_url": "",
        "salt_index": "1",
        "token": world.sandbox.ids.text(40),
        "failure": "",
        "attempts": [],
        "refunds": [],
        **more,
    }
    world.table("orders")[order["id"]] = order
    world.table("names")[named(version, merchant, reference)] = {"order": order["id"]}
    world.table("pages")[order["token"]] = {"order": order["id"]}
    world.set_alarm(seconds, "expire", order["id"])
    return order


def named(version: str, merchant: str, reference: str) -> str:
    """The key of the table `names`: the older API has its own world of merchants."""
    return f"{version} {merchant} {reference}"


def known(world: World, version: str, merchant: str, reference: str) -> Doc | None:
    """The order that a merchant calls so."""
    row = world.table("names").get(named(version, merchant, reference))
    return world.table("orders").get(row["order"]) if row and "order" in row else None


def find(world: World, reference: str) -> Doc:
    """The version 2 order that the merchant calls so, or ApiError (400)."""
    order = known(world, "v2", world.settings["merchant_id"], reference)
    if order is None:
        raise refused("MERCHANT_ORDER_MAPPING_NOT_FOUND", f"No entry found for {reference}")
    return order


def by_token(world: World, token: str) -> Doc | None:
    """The order whose page has this token."""
    row = world.table("pages").get(token)
    return world.table("orders").get(row["order"]) if row else None


def attempts(world: World, order: Doc) -> list[Doc]:
    """The attempts at an order, oldest first."""
    return [world.table("attempts")[attempt_id] for attempt_id in order["attempts"]]


def is_over(world: World, order: Doc) -> bool:
    """Whether no new attempt can be made."""
    return bool(order["state"] != PENDING or world.now_ms() >= order["expire_at"])


def paid(world: World, order: Doc) -> list[Doc]:
    """The attempts that took money; more than one only where a test asked for it."""
    return [row for row in attempts(world, order) if row["state"] == COMPLETED]


def refunded(world: World, order: Doc) -> int:
    """What of an order went back, or is on its way."""
    refunds = [world.table("refunds")[refund_id] for refund_id in order["refunds"]]
    return sum(refund["amount"] for refund in refunds if refund["state"] != FAILED)
