"""Sources, the older way to pay with GCash and GrabPay.

pending -> chargeable -> paid; pending -> cancelled | expired. Only `chargeable` has an event.
https://developers.paymongo.com/reference/the-sources-object
"""

from __future__ import annotations

from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found
from raseed.sandbox.paymongo.events import emit
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc

TYPES = ("gcash", "grab_pay")
#: GCash takes at most this per payment; more ends as AMOUNT_EXCEED_LIMIT.
#: https://developers.paymongo.com/docs/ewallet-errors
GCASH_LIMIT_MINOR = 10_000_000


def create(call: Call) -> Doc:
    world, fields, now = call.world, call.fields, call.world.now()
    attributes: Doc = {
        "amount": fields.integer("amount", minimum=world.minimum("sources")),
        "billing": fields.billing(),
        "currency": fields.choice("currency", ("PHP",)),
        "description": fields.text("description"),
        "livemode": world.livemode,
        "redirect": {"checkout_url": "", "failed": None, "success": None},
        "statement_descriptor": fields.text("statement_descriptor"),
        "status": "pending",
        "type": fields.choice("type", TYPES, label="source_type"),
        "metadata": fields.metadata(),
        "created_at": now,
        "updated_at": now,
    }
    redirect = fields.nested("redirect", required=True)
    if redirect is not None:
        attributes["redirect"]["failed"] = redirect.url("failed", required=True)
        attributes["redirect"]["success"] = redirect.url("success", required=True)
    fields.done()
    source = world.add("sources", "src", "source", attributes)
    attributes["redirect"]["checkout_url"] = f"{call.base_url}/sources?id={source['id']}"
    world.set_alarm(world.settings["source_open_seconds"], "expire_source", source["id"])
    answer = bare(source)
    if "auto_authorize" in call.scenario:  # the answer still shows the source as it was made
        authorize(world, source)
    return answer


def retrieve(call: Call) -> Doc:
    return bare(find(call.world, call.id))


def find(world: World, source_id: str) -> Doc:
    """The source, or ApiError (404)."""
    if source_id not in world.table("sources"):
        raise not_found("source", source_id)
    return world.table("sources")[source_id]


def authorize(world: World, source: Doc) -> bool:
    """The payer agrees: the wallet is debited and the money held for the merchant. False: it would not."""
    attributes = source["attributes"]
    if attributes["status"] != "pending":
        return False
    if attributes["type"] == "gcash" and attributes["amount"] > GCASH_LIMIT_MINOR:
        fail(world, source)
        return False
    world.touch(source, status="chargeable")
    emit(world, "source.chargeable", bare(source))
    return True


def fail(world: World, source: Doc) -> bool:
    """The payer declines. There is no event for it. False: it was no longer pending."""
    return _end(world, source, "cancelled")


def expire(world: World, source: Doc) -> bool:
    """The payer took too long. There is no event for it. False: it was no longer pending."""
    return _end(world, source, "expired")


def _end(world: World, source: Doc, status: str) -> bool:
    if source["attributes"]["status"] != "pending":
        return False
    world.touch(source, status=status)
    return True
