"""What the payer sees: the wallet's page and the checkout page. Plain forms, no JavaScript.

The real ones live at https://test-sources.paymongo.com/sources?id=… and
https://checkout.paymongo.com/<client key>; here they are below the same mount as the API.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.paymongo import cards, paying, sessions, sources
from raseed.sandbox.paymongo.world import MODES, World
from raseed.sandbox.rendering import amount_text, render
from raseed.sandbox.store import Doc

NAMES = {"gcash": "GCash", "grab_pay": "GrabPay", "paymaya": "Maya", "card": "Card"}
WorldOf = Callable[[str], World]


def answer(world_of: WorldOf, exchange: Exchange) -> Answer:
    """Answer a payer's request."""
    path = exchange.path.rstrip("/")
    if path == "/sources":
        return _wallet_page(world_of, exchange)
    prefix, _, client_key = path.rpartition("/")
    if prefix == "/checkout":
        return _checkout_page(world_of, exchange, client_key)
    return Answer(404)


def _form(exchange: Exchange) -> dict[str, str]:
    """The fields of a submitted form; {} where it is none."""
    if "application/x-www-form-urlencoded" not in exchange.headers.get("content-type", ""):
        return {}
    try:
        fields = parse_qs(exchange.body.decode(), max_num_fields=50)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _missing(what: str) -> Answer:
    return Answer.html(
        render("paymongo/closed.html", title="Not found", text=f"There is no such {what}.", back=None), 404
    )


def _method_refused() -> Answer:
    return Answer(405)


# -- the wallet ----------------------------------------------------------------------------------------


def _wallet_page(world_of: WorldOf, exchange: Exchange) -> Answer:
    source_id = exchange.query.get("id", "")
    for mode in MODES:
        world = world_of(mode)
        if source_id in world.table("sources"):
            return _source(world, world.table("sources")[source_id], exchange)
        if source_id in world.table("wallets"):
            return _attempt(world, world.table("wallets")[source_id], exchange)
    return _missing("payment")


def _source(world: World, source: Doc, exchange: Exchange) -> Answer:
    """A merchant's own source: agreed, declined, or left until it expired."""
    attributes, redirect = source["attributes"], source["attributes"]["redirect"]
    if exchange.method == "GET":
        if attributes["status"] != "pending":
            agreed = attributes["status"] in ("chargeable", "paid")
            back = redirect["success" if agreed else "failed"]
            return _closed(f"This payment is {attributes['status']}.", back)
        return _wallet(world, source["id"], attributes["type"], attributes)
    if exchange.method != "POST":
        return _method_refused()
    action = _form(exchange).get("action")
    if action == "authorize":
        agreed = sources.authorize(world, source) or attributes["status"] in ("chargeable", "paid")
        return Answer.see_other(redirect["success"] if agreed else redirect["failed"])
    if action in ("fail", "expire"):
        sources.fail(world, source) if action == "fail" else sources.expire(world, source)
        return Answer.see_other(redirect["failed"])
    return _wallet(world, source["id"], attributes["type"], attributes, 400)


def _attempt(world: World, attempt: Doc, exchange: Exchange) -> Answer:
    """An attempt that a checkout page began."""
    intent = world.table("intents")[attempt["intent"]]
    session = world.table("sessions")[intent["private"]["session"]]
    attributes, checkout = intent["attributes"], session["attributes"]["checkout_url"]
    status = 200
    if exchange.method == "POST":
        action = _form(exchange).get("action")
        if action == "authorize":
            return _agreed(world, attempt, session)
        if action in ("fail", "expire"):
            paying.decline(world, attempt, "CLOSED" if action == "expire" else _failure(attempt))
            return Answer.see_other(checkout)
        status = 400
    elif exchange.method != "GET":
        return _method_refused()
    if not paying.is_open(world, attempt):
        return _closed("This attempt is over.", checkout)
    return _wallet(world, attempt["id"], attempt["method"], attributes, status)


def _agreed(world: World, attempt: Doc, session: Doc) -> Answer:
    attributes = session["attributes"]
    if attempt.get("declined_after_authentication"):
        paying.decline(world, attempt, "generic_decline")
        return Answer.see_other(attributes["checkout_url"])
    if paying.confirm(world, attempt) or "paid_at" in attributes:
        return Answer.see_other(attributes["success_url"] or attributes["checkout_url"])
    return Answer.see_other(attributes["checkout_url"])


def _failure(attempt: Doc) -> str:
    """The code for a payer who declines."""
    return {"card": "authentication_error", "gcash": "CLOSED"}.get(attempt["method"], "generic_decline")


def _wallet(world: World, source_id: str, method: str, paid: Doc, status: int = 200) -> Answer:
    """The page itself; `paid` holds amount, currency and description."""
    page = render(
        "paymongo/wallet.html",
        source_id=source_id,
        name=NAMES[method],
        method=method,
        amount=amount_text(paid["amount"], paid["currency"]),
        description=paid["description"],
        livemode=world.livemode,
    )
    return Answer.html(page, status)


def _closed(text: str, back: str | None) -> Answer:
    return Answer.html(render("paymongo/closed.html", title="Nothing to do", text=text, back=back))


# -- the checkout page ---------------------------------------------------------------------------------


def _checkout_page(world_of: WorldOf, exchange: Exchange, client_key: str) -> Answer:
    for mode in MODES:
        world = world_of(mode)
        session = world.table("sessions").get(client_key.partition("_client_")[0])
        if session is not None and session["attributes"]["client_key"] == client_key:
            return _checkout(world, session, exchange)
    return _missing("checkout")


def _checkout(world: World, session: Doc, exchange: Exchange) -> Answer:
    attributes = session["attributes"]
    if not sessions.is_payable(world, session):
        paid = "paid_at" in attributes
        text = "This checkout is paid." if paid else "This checkout has expired."
        return _closed(text, attributes["success_url"] if paid else attributes["cancel_url"])
    if exchange.method == "GET":
        return _choice(world, session)
    if exchange.method != "POST":
        return _method_refused()
    form = _form(exchange)
    method = form.get("method", "")
    if method not in _offered(session):
        return _choice(world, session, "Choose one of the methods.", 400)
    if method == "card":
        return _card(world, session, exchange, form)
    attempt = paying.attach(world, sessions.intent_of(world, session), method, exchange.base_url)
    return Answer.see_other(f"{exchange.base_url}/sources?id={attempt['id']}")


def _card(world: World, session: Doc, exchange: Exchange, form: dict[str, str]) -> Answer:
    """A card is decided at once, or after the 3-D Secure page."""
    number = form.get("card_number", "").replace(" ", "")
    outcome = cards.outcome(number)
    if not outcome:
        return _choice(world, session, "That is not one of the test cards.", 400)
    card = cards.source(world, number)
    intent = sessions.intent_of(world, session)
    attempt = paying.attach(world, intent, "card", exchange.base_url, card)
    attempt["declined_after_authentication"] = outcome == "3ds_declined"
    if outcome.startswith("3ds"):
        return Answer.see_other(f"{exchange.base_url}/sources?id={attempt['id']}")
    if outcome == "paid":
        return _agreed(world, attempt, session)
    paying.decline(world, attempt, outcome)
    return _choice(world, session, "The card was declined. Try another one.", 400)


def _offered(session: Doc) -> list[str]:
    return [method for method in session["attributes"]["payment_method_types"] if method in paying.PAYABLE]


def _choice(world: World, session: Doc, error: str = "", status: int = 200) -> Answer:
    attributes, intent = session["attributes"], sessions.intent_of(world, session)["attributes"]
    if not error and intent["last_payment_error"]:
        error = f"{intent['last_payment_error']['failed_message']} You can try again."
    lines = attributes["line_items"] if attributes["show_line_items"] else []
    page = render(
        "paymongo/checkout.html",
        amount=amount_text(intent["amount"], intent["currency"]),
        lines=[(line, amount_text(line["amount"] * line["quantity"], line["currency"])) for line in lines],
        description=attributes["description"] if attributes["show_description"] else None,
        reference=attributes["reference_number"],
        methods=[(method, NAMES[method]) for method in _offered(session)],
        merchant=session["private"]["statement_descriptor"],
        cancel_url=attributes["cancel_url"],
        error=error,
        livemode=world.livemode,
    )
    return Answer.html(page, status)
