"""What a payment settles: the intent's session and link, the saved card, and who is told.

One purchase through a link raises `payment.paid`, `checkout_session.payment.paid` and `link.payment.paid`.
https://developers.paymongo.com/docs/webhooks and the samples of PayMongo's webhook guide of 2025.
"""

from __future__ import annotations

from raseed.sandbox.paymongo import customers, intents, links, payments, sessions
from raseed.sandbox.paymongo.events import emit, emit_new_name
from raseed.sandbox.paymongo.payments import Charge
from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc


def session_of(world: World, intent: Doc) -> Doc | None:
    """The checkout session an intent belongs to."""
    session_id = intent["private"]["session"]
    return world.table("sessions")[session_id] if session_id else None


def charge_of(world: World, intent: Doc, attempt: Doc, amount: int | None = None) -> Charge:
    """What an attempt charges: the intent's amount, with the intent's description and metadata."""
    session, attributes, card = session_of(world, intent), intent["attributes"], attempt["card"]
    link = links.of_session(world, session)
    is_linked_wallet = link is not None and card is None  # such payments name no intent, as captured
    return Charge(
        amount=attributes["amount"] if amount is None else amount,
        currency=attributes["currency"],
        method=attempt["method"],
        source=card or payments.wallet(attempt["id"], attempt["method"], _code_id(attempt)),
        billing=attempt["billing"] or (session["attributes"]["billing"] if session else None),
        description=attributes["description"],
        statement_descriptor=attributes["statement_descriptor"],
        metadata=attributes["metadata"],
        intent_id=intent["id"],
        foreign=bool(card) and card["country"] != "PH",
        origin="links" if link else "api",
        reference_number=link["attributes"]["reference_number"] if link else None,
        names_intent=not is_linked_wallet,
        is_instalment=bool(attempt["is_instalment"]),
    )


def _code_id(attempt: Doc) -> str | None:
    return attempt["code"]["id"] if attempt["code"] else None


def settle(world: World, intent: Doc, payment: Doc, method_id: str | None) -> None:
    """Show the payment wherever it belongs, and say so once for each resource."""
    session = session_of(world, intent)
    link = links.of_session(world, session)
    if session is not None and "paid_at" not in session["attributes"]:
        world.touch(session, paid_at=world.now(), payment_method_used=payment["private"]["method"])
    if link is not None:
        links.add_payment(world, link, payment)
    customers.save_card(world, intent, method_id)
    emit(world, "payment.paid", payments.view(world, payment))
    if session is not None:
        emit(world, "checkout_session.payment.paid", sessions.view(world, session))
    if link is not None:
        emit(world, "link.payment.paid", links.view(world, link))
    emit_new_name(world, "payment_intent.succeeded", lambda: intents.view(world, intent))
    if payment["private"]["method"] == "qrph":
        emit_new_name(world, "qr.paid", lambda: payments.view(world, payment))
