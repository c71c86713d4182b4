"""The checkout of a session: what is bought, and how to pay it."""

from __future__ import annotations

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.pages import METHOD_REFUSED, closed, fields_of, missing
from raseed.sandbox.paymongo import attempts, cards, paying, sessions
from raseed.sandbox.paymongo.pages.attempt import onward
from raseed.sandbox.paymongo.vocabulary import NAMES
from raseed.sandbox.paymongo.world import MODES, World, WorldOf
from raseed.sandbox.rendering import amount_text, render
from raseed.sandbox.store import Doc


def answer(world_of: WorldOf, exchange: Exchange, client_key: str) -> Answer:
    for mode in MODES:
        world = world_of(mode)
        session = world.table("sessions").get(client_key.partition("_client_")[0])
        if session is not None and session["attributes"]["client_key"] == client_key:
            return _checkout(world, session, exchange)
    return missing("checkout")


def _checkout(world: World, session: Doc, exchange: Exchange) -> Answer:
    attributes = session["attributes"]
    if not sessions.is_payable(world, session):
        paid = "paid_at" in attributes
        expired = attributes["status"] == "expired"
        over = "This checkout has expired." if expired else "This payment is being processed."
        back = attributes["success_url"] if paid else attributes["cancel_url"]
        return closed("This checkout is paid." if paid else over, back)
    if exchange.method == "GET":
        return _choice(world, session)
    if exchange.method != "POST":
        return METHOD_REFUSED
    return _chosen(world, session, exchange)


def _chosen(world: World, session: Doc, exchange: Exchange) -> Answer:
    form = fields_of(exchange)
    method, number = form.get("method", ""), form.get("card_number", "").replace(" ", "")
    if method not in session["attributes"]["payment_method_types"]:
        return _choice(world, session, "Choose one of the methods.", 400)
    if method == "card" and cards.row(number) is None:
        return _choice(world, session, "That is not a card number. Use one of the test cards.", 400)
    attempt = paying.choose(world, session, method, exchange.base_url, number)
    if attempt["failed_code"]:
        return _choice(world, session, "The card was declined. Try another one.", 400)
    if attempts.is_open(world, attempt):
        return Answer.see_other(attempts.page_of(attempt))
    return onward(world, attempt)


def _choice(world: World, session: Doc, error: str = "", status: int = 200) -> Answer:
    attributes, intent = session["attributes"], sessions.latest_intent(world, session)
    last_error = intent["attributes"]["last_payment_error"] if intent else None
    if not error and last_error:
        error = f"{last_error['failed_message']} You can try again."
    lines = attributes["line_items"] if attributes["show_line_items"] else []
    page = render(
        "paymongo/checkout.html",
        amount=amount_text(session["private"]["total"], "PHP"),
        lines=[(line, amount_text(line["amount"] * line["quantity"], line["currency"])) for line in lines],
        description=attributes["description"] if attributes["show_description"] else None,
        reference=attributes["reference_number"],
        methods=[(method, NAMES[method]) for method in attributes["payment_method_types"]],
        merchant=session["private"]["statement_descriptor"],
        cancel_url=attributes["cancel_url"],
        error=error,
        livemode=world.livemode,
    )
    return Answer.html(page, status)
