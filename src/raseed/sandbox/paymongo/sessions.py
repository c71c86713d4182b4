"""Checkout sessions, version 1: a hosted page with a choice of methods; the intent is made at once.

`status` is only `active` or `expired`, and stays `active` after payment.
https://developers.paymongo.com/reference/checkout-session-resource and captures of 2023 and 2025.
"""

from __future__ import annotations

import base64
import copy

from raseed.sandbox.paymongo import intents, payments
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found, wrong_state
from raseed.sandbox.paymongo.fields import NO_BILLING, Fields
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc

#: Values met in `payment_method_types`; the page offers those of `paying.PAYABLE`.
METHODS = (
    "card", "gcash", "paymaya", "grab_pay", "shopee_pay", "billease", "dob", "dob_ubp", "brankas",
    "brankas_bdo", "brankas_landbank", "brankas_metrobank", "qrph", "atome",
)  # fmt: skip


def create(call: Call) -> Doc:
    world, fields, now = call.world, call.fields, call.world.now()
    items = [_line_item(item) for item in fields.nested_list("line_items")]
    total = sum(item["amount"] * item["quantity"] for item in items)
    attributes: Doc = {
        "billing": fields.billing() or copy.deepcopy(NO_BILLING),
        "billing_information_fields_editable": fields.text("billing_information_fields_editable")
        or "enabled",
        "cancel_url": fields.url("cancel_url"),
        "checkout_url": "",
        "client_key": "",
        "customer_email": fields.text("customer_email"),
        "description": fields.text("description"),
        "line_items": items,
        "livemode": world.livemode,
        "merchant": None,
        "payment_method_types": fields.choices("payment_method_types", METHODS),
        "reference_number": fields.text("reference_number"),
        "send_email_receipt": fields.flag("send_email_receipt", default=False),
        "show_description": fields.flag("show_description", default=True),
        "show_line_items": fields.flag("show_line_items", default=True),
        "status": "active",
        "success_url": fields.url("success_url"),
        "created_at": now,
        "updated_at": now,
        "metadata": fields.metadata(),
    }
    descriptor = fields.text("statement_descriptor")
    if not fields.problems:
        fields.limits("amount", total, world.minimum("checkout_sessions"))
    fields.done()
    session = world.add("sessions", "cs", "checkout_session", attributes, statement_descriptor=descriptor)
    session["private"].update(intent=intents.make(world, session, total, "PHP")["id"])
    attributes["client_key"] = f"{session['id']}_client_{world.sandbox.ids.text()}"
    fragment = base64.b64encode(f"pk_{world.mode}_sandbox".encode()).decode()
    attributes["checkout_url"] = f"{call.base_url}/checkout/{attributes['client_key']}#{fragment}"
    return view(world, session)


def _line_item(item: Fields) -> Doc:
    return {
        "amount": item.integer("amount", minimum=1),
        "currency": item.choice("currency", ("PHP",)),
        "description": item.text("description"),
        "images": item.texts("images"),
        "name": item.text("name", required=True),
        "quantity": item.integer("quantity", minimum=1),
    }


def retrieve(call: Call) -> Doc:
    return view(call.world, find(call.world, call.id))


def expire(call: Call) -> Doc:
    """End a session that is not paid; its intent is cancelled. What a paid one answers is our choice."""
    world, session = call.world, find(call.world, call.id)
    if "paid_at" in session["attributes"]:
        raise wrong_state("resource_failed_state", "Checkout session", call.id, "has already been paid")
    if session["attributes"]["status"] == "expired":
        raise wrong_state("resource_failed_state", "Checkout session", call.id, "has already expired")
    world.touch(session, status="expired")
    world.touch(intent_of(world, session), status="cancelled", next_action=None)
    return view(world, session)


def find(world: World, session_id: str) -> Doc:
    """The session, or ApiError (404)."""
    if session_id not in world.table("sessions"):
        raise not_found("checkout session", session_id)
    return world.table("sessions")[session_id]


def intent_of(world: World, session: Doc) -> Doc:
    return world.table("intents")[session["private"]["intent"]]


def view(world: World, session: Doc) -> Doc:
    """The session as the API shows it, with its intent and its payments inside."""
    shown, intent = bare(session), intent_of(world, session)
    shown["attributes"]["payment_intent"] = intents.view(world, intent)
    shown["attributes"]["payments"] = [payments.view(world, p) for p in intents.paid_through(world, intent)]
    return shown


def is_payable(world: World, session: Doc) -> bool:
    """Whether a payer can still choose a method."""
    open_states = ("awaiting_payment_method", "awaiting_next_action")
    return (
        session["attributes"]["status"] == "active"
        and intent_of(world, session)["attributes"]["status"] in open_states
    )
