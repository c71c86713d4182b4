"""Checkout sessions: a hosted page with a choice of methods.

Version 1 makes its intent at once; version 2 makes one for every attempt, when the payer chooses.
`status` is only `active` or `expired`, and stays `active` after payment.
https://developers.paymongo.com/reference/checkout-session-resource and captures of 2023 and 2025.
"""

from __future__ import annotations

import base64
import copy

from raseed.sandbox.paymongo import account, intents, payments
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found, wrong_state
from raseed.sandbox.paymongo.fields import NO_BILLING, Fields
from raseed.sandbox.paymongo.vocabulary import METHODS
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc


def create(call: Call, *, version: int = 1) -> Doc:
    world, fields = call.world, call.fields
    items = [_line_item(item) for item in fields.nested_list("line_items")]
    total = sum(item["amount"] * item["quantity"] for item in items)
    attributes = {**_given(fields), "line_items": items}
    descriptor = fields.text("statement_descriptor")
    if version == 2:
        attributes["pass_on_fees"] = fields.flag("pass_on_fees", default=False)
    if not fields.problems:
        fields.limits("amount", total, world.minimum("checkout_sessions"))
    fields.done()
    account.check(world, attributes["payment_method_types"])
    session = make(world, call.base_url, attributes, total, descriptor=descriptor, version=version)
    return view(world, session)


def _given(fields: Fields) -> Doc:
    return {
        "billing": fields.billing() or copy.deepcopy(NO_BILLING),
        "billing_information_fields_editable": fields.text("billing_information_fields_editable")
        or "enabled",
        "cancel_url": fields.url("cancel_url"),
        "customer_email": fields.text("customer_email"),
        "description": fields.text("description"),
        "payment_method_types": fields.choices("payment_method_types", METHODS),
        "reference_number": fields.text("reference_number"),
        "send_email_receipt": fields.flag("send_email_receipt", default=False),
        "show_description": fields.flag("show_description", default=True),
        "show_line_items": fields.flag("show_line_items", default=True),
        "success_url": fields.url("success_url"),
        "metadata": fields.metadata(),
    }


def _line_item(item: Fields) -> Doc:
    return {
        "amount": item.integer("amount", minimum=1),
        "currency": item.choice("currency", ("PHP",)),
        "description": item.text("description"),
        "images": item.texts("images"),
        "name": item.text("name", required=True),
        "quantity": item.integer("quantity", minimum=1),
    }


def make(
    world: World,
    base_url: str,
    given: Doc,
    total: int,
    *,
    descriptor: str | None = None,
    version: int = 1,
    link_id: str | None = None,
) -> Doc:
    """Keep a session over `total` centavos; `given` holds what the merchant chose."""
    now = world.now()
    attributes: Doc = {
        **given,
        "checkout_url": "",
        "client_key": "",
        "livemode": world.livemode,
        "merchant": None,
        "status": "active",
        "created_at": now,
        "updated_at": now,
    }
    private: Doc = {"total": total, "version": version, "intents": [], "statement_descriptor": descriptor}
    session = world.add("sessions", "cs", "checkout_session", attributes, link=link_id, **private)
    attributes["client_key"] = f"{session['id']}_client_{world.sandbox.ids.text()}"
    fragment = base64.b64encode(f"pk_{world.mode}_sandbox".encode()).decode()
    attributes["checkout_url"] = f"{base_url}/checkout/{attributes['client_key']}#{fragment}"
    if version == 1:
        _add_intent(world, session)
    return session


def _add_intent(world: World, session: Doc) -> Doc:
    attributes, private = session["attributes"], session["private"]
    terms = intents.Terms(
        amount=private["total"],
        currency="PHP",
        methods=attributes["payment_method_types"],
        description=attributes["description"],
        statement_descriptor=private["statement_descriptor"],
        metadata=attributes["metadata"],
        session_id=session["id"],
    )
    intent = intents.make(world, terms)
    private["intents"].append(intent["id"])
    return intent


def create_v2(call: Call) -> Doc:
    return create(call, version=2)


def retrieve(call: Call) -> Doc:
    return view(call.world, find(call.world, call.id))


def expire(call: Call) -> Doc:
    """End a session that is not paid; its intents are cancelled. What a paid one answers is our choice."""
    world, session = call.world, find(call.world, call.id)
    if "paid_at" in session["attributes"]:
        raise wrong_state("resource_failed_state", "Checkout session", call.id, "has already been paid")
    if session["attributes"]["status"] == "expired":
        raise wrong_state("resource_failed_state", "Checkout session", call.id, "has already expired")
    world.touch(session, status="expired")
    for intent in intents_of(world, session):
        world.touch(intent, status="cancelled", next_action=None)
    return view(world, session)


def find(world: World, session_id: str) -> Doc:
    """The session, or ApiError (404)."""
    if session_id not in world.table("sessions"):
        raise not_found("checkout session", session_id)
    return world.table("sessions")[session_id]


def intents_of(world: World, session: Doc) -> list[Doc]:
    """The session's intents, oldest first; of version 1 there is always one."""
    return [world.table("intents")[intent_id] for intent_id in session["private"]["intents"]]


def latest_intent(world: World, session: Doc) -> Doc | None:
    made = intents_of(world, session)
    return made[-1] if made else None


def intent_to_pay(world: World, session: Doc) -> Doc:
    """The intent for an attempt that begins now; in version 2 a new one, which ends older attempts."""
    made = intents_of(world, session)
    if session["private"]["version"] == 1:
        return made[0]
    for intent in made:
        intent["private"]["attempt"] = None
    return _add_intent(world, session)


def paid_through(world: World, session: Doc) -> list[Doc]:
    """The payments, failed ones included, oldest first."""
    return [p for intent in intents_of(world, session) for p in intents.paid_through(world, intent)]


def view(world: World, session: Doc) -> Doc:
    """The session as the API shows it, with its latest intent and its payments inside."""
    shown, intent = bare(session), latest_intent(world, session)
    shown["attributes"]["payment_intent"] = intents.view(world, intent) if intent else None
    shown["attributes"]["payments"] = [payments.view(world, p) for p in paid_through(world, session)]
    return shown


def is_payable(world: World, session: Doc) -> bool:
    """Whether a payer can still choose a method."""
    closed = ("processing", "awaiting_capture", "succeeded", "cancelled")
    return session["attributes"]["status"] == "active" and not any(
        intent["attributes"]["status"] in closed for intent in intents_of(world, session)
    )
