"""Where a payer decides: the wallet, the card's 3-D Secure, the bank, the QR code, or an older source."""

from __future__ import annotations

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.pages import METHOD_REFUSED, closed, fields_of, missing
from raseed.sandbox.paymongo import attempts, banks, failures, settling, sources
from raseed.sandbox.paymongo.vocabulary import NAMES
from raseed.sandbox.paymongo.world import MODES, World, WorldOf
from raseed.sandbox.rendering import amount_text, render
from raseed.sandbox.store import Doc

#: The QR code is an image in the page itself.
IMAGES = {
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'"
}


def answer(world_of: WorldOf, exchange: Exchange, source_id: str) -> Answer:
    for mode in MODES:
        world = world_of(mode)
        if source_id in world.table("sources"):
            return _source(world, world.table("sources")[source_id], exchange)
        if source_id in world.table("wallets"):
            return _attempt(world, world.table("wallets")[source_id], exchange)
    return missing("payment")


# -- sources -------------------------------------------------------------------------------------------


def _source(world: World, source: Doc, exchange: Exchange) -> Answer:
    """A merchant's own source: agreed, declined, or left until it expired."""
    attributes, redirect = source["attributes"], source["attributes"]["redirect"]
    if exchange.method == "GET":
        if attributes["status"] != "pending":
            agreed = attributes["status"] in ("chargeable", "paid")
            back = redirect["success" if agreed else "failed"]
            return closed(f"This payment is {attributes['status']}.", back)
        return _page(world, "wallet", source["id"], attributes["type"], attributes)
    if exchange.method != "POST":
        return METHOD_REFUSED
    action = fields_of(exchange).get("action")
    if action == "authorize":
        agreed = sources.authorize(world, source) or attributes["status"] in ("chargeable", "paid")
        return Answer.see_other(redirect["success"] if agreed else redirect["failed"])
    if action in ("fail", "expire"):
        sources.fail(world, source) if action == "fail" else sources.expire(world, source)
        return Answer.see_other(redirect["failed"])
    return _page(world, "wallet", source["id"], attributes["type"], attributes, status=400)


# -- attempts at intents ---------------------------------------------------------------------------------


def _attempt(world: World, attempt: Doc, exchange: Exchange) -> Answer:
    if exchange.method not in ("GET", "POST"):
        return METHOD_REFUSED
    error = ""
    if exchange.method == "POST":
        form = fields_of(exchange)
        is_decided, error = _decide(world, attempt, form)
        if is_decided:
            return onward(world, attempt)
    if not attempts.is_open(world, attempt):
        return closed("This attempt is over.", _back(world, attempt))
    return _shown(world, attempt, error, 400 if exchange.method == "POST" else 200)


def _decide(world: World, attempt: Doc, form: dict[str, str]) -> tuple[bool, str]:
    """Do what the form says. Whether it said anything that ends the visit, and what was wrong otherwise."""
    action = form.get("action")
    if failures.is_bank(attempt["method"]):
        return _decide_bank(world, attempt, action, form.get("otp", "").strip())
    if action == "authorize":
        attempts.confirm(world, attempt)
    elif action == "fail":
        attempts.fail(world, attempt)
    elif action == "expire":
        attempts.expire(world, attempt)
    else:
        return False, ""
    return True, ""


def _decide_bank(world: World, attempt: Doc, action: str | None, otp: str) -> tuple[bool, str]:
    if action in banks.WAYS_OUT:
        attempts.fail(world, attempt, banks.WAYS_OUT[action])
        return True, ""
    outcome = banks.outcome(banks.bank_of(attempt), otp)
    if not outcome:
        return False, "The bank does not know this one-time password." if otp else "Enter the password."
    if outcome == banks.PAID:
        attempts.confirm(world, attempt)
    else:
        attempts.fail(world, attempt, outcome)
    return True, ""


def onward(world: World, attempt: Doc) -> Answer:
    """Where the browser goes once the payer decided."""
    back = _back(world, attempt)
    if back is not None:
        return Answer.see_other(back)
    is_open = attempts.intent_of(world, attempt)["attributes"]["status"] == "awaiting_payment_method"
    return closed("The payment failed." if is_open else "Thank you. The payment is made.", None)


def _back(world: World, attempt: Doc) -> str | None:
    """An intent's return_url is one for all ends; a session's checkout leads on to its success_url."""
    intent = attempts.intent_of(world, attempt)
    session = settling.session_of(world, intent)
    if session is None:
        return str(attempt["return_url"]) if attempt["return_url"] else None
    attributes = session["attributes"]
    agreed = "paid_at" in attributes or intent["attributes"]["status"] == "processing"
    return str((attributes["success_url"] if agreed else None) or attributes["checkout_url"])


def _shown(world: World, attempt: Doc, error: str, status: int) -> Answer:
    method, paid = attempt["method"], attempts.intent_of(world, attempt)["attributes"]
    if failures.is_bank(method):
        bank = banks.bank_of(attempt)
        more = {"account": banks.ACCOUNTS.get(bank), "passwords": banks.PASSWORDS[bank], "error": error}
        method = "dob_ubp" if bank == "unionbank" else method
        return _page(world, "bank", attempt["id"], method, paid, status=status, **more)
    if method == "qrph":
        image = attempt["code"]["image_url"]
        return _page(world, "qr", attempt["id"], method, paid, status=status, image=image)
    return _page(world, "wallet", attempt["id"], method, paid, status=status)


def _page(
    world: World, template: str, source_id: str, method: str, paid: Doc, *, status: int = 200, **more: object
) -> Answer:
    """The page itself; `paid` holds amount, currency and description."""
    page = render(
        f"paymongo/{template}.html",
        source_id=source_id,
        name=NAMES[method],
        method=method,
        amount=amount_text(paid["amount"], paid["currency"]),
        description=paid["description"],
        livemode=world.livemode,
        **more,
    )
    return Answer(
        status, page.encode(), "text/html; charset=utf-8", headers=IMAGES if "image" in more else {}
    )
