"""Payment intents as checkout sessions make them.

awaiting_payment_method -> awaiting_next_action -> succeeded, or back after a failed attempt; cancelled
when the session expires. https://developers.paymongo.com/docs/statuses-messages-webhook-events
"""

from __future__ import annotations

from raseed.sandbox.paymongo import payments
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc


def make(world: World, session: Doc, amount: int, currency: str) -> Doc:
    """The intent of a checkout session."""
    made, now = session["attributes"], world.now()
    methods = made["payment_method_types"]
    attributes: Doc = {
        "amount": amount,
        "capture_type": "automatic",
        "client_key": "",
        "currency": currency,
        "description": made["description"],
        "livemode": world.livemode,
        "original_amount": amount,
        "statement_descriptor": session["private"]["statement_descriptor"] or world.settings["business_name"],
        "status": "awaiting_payment_method",
        "last_payment_error": None,
        "payment_method_allowed": list(methods),
        "payments": [],
        "next_action": None,
        "payment_method_options": {"card": {"request_three_d_secure": "any"}} if "card" in methods else None,
        "metadata": made["metadata"],
        "setup_future_usage": None,
        "created_at": now,
        "updated_at": now,
    }
    intent = world.add(
        "intents", "pi", "payment_intent", attributes, session=session["id"], attempt=None, payments=[]
    )
    attributes["client_key"] = f"{intent['id']}_client_{world.sandbox.ids.text()}"
    return intent


def retrieve(call: Call) -> Doc:
    """With the secret key, or with a public key and the intent's own `client_key`."""
    intent = call.world.table("intents").get(call.id)
    if intent is None or not (
        call.is_secret or call.query.get("client_key") == intent["attributes"]["client_key"]
    ):
        raise not_found("payment intent", call.id)
    return view(call.world, intent)


def view(world: World, intent: Doc) -> Doc:
    """The intent as the API shows it, with its payments inside."""
    shown = bare(intent)
    shown["attributes"]["payments"] = [payments.view(world, p) for p in paid_through(world, intent)]
    return shown


def paid_through(world: World, intent: Doc) -> list[Doc]:
    """The payments, failed ones included, that were made through this intent; oldest first."""
    return [world.table("payments")[payment_id] for payment_id in intent["private"]["payments"]]
