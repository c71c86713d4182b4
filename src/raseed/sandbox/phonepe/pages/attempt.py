"""Where a payer decides: the UPI app, the code to scan, the bank's page for a card or an account."""

from __future__ import annotations

import segno

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.pages import fields_of
from raseed.sandbox.phonepe import attempts, orders
from raseed.sandbox.phonepe.cards import ONE_TIME_PASSWORD
from raseed.sandbox.phonepe.pages import choosing, leaving
from raseed.sandbox.phonepe.vocabulary import FAILURES, MODES
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.rendering import amount_text, render
from raseed.sandbox.store import Doc

#: The QR code is an image in the page itself.
IMAGES = {
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'"
}
#: So many wrong passwords fail the attempt.
MOST_PASSWORDS = 3
LOGIN = ("test", "test")
#: What a person may choose a failure to be; the rest are PhonePe's own doing.
CHOICES = [code for code, failure in FAILURES.items() if failure.source in ("CUSTOMER", "ISSUING_BANK")]


def answer(world: World, exchange: Exchange, order: Doc, attempt: Doc) -> Answer:
    here = f"{exchange.base_url}{exchange.path}?token={order['token']}"
    if exchange.method == "GET":
        return _page(world, here, order, attempt)
    form = fields_of(exchange)
    action, code = form.get("action", ""), form.get("code", "")
    if action == "success" and (error := _not_known(world, attempt, form)):
        if attempt["failure"]:
            return _onward(world, here, order)
        return _page(world, here, order, attempt, error, 400)
    if action == "success":
        attempts.complete(world, attempt)
    elif action == "failure" and (not code or code in FAILURES):
        attempts.fail(world, attempt, code)
    elif action == "pending":
        attempts.leave_at_bank(world, attempt)
        return leaving.leave(world, order)
    elif action == "back":
        attempts.fail(world, attempt, choosing.ANOTHER_WAY)
    else:
        return _page(world, here, order, attempt, "Choose what shall happen.", 400)
    return _onward(world, here, order)


def _onward(world: World, here: str, order: Doc) -> Answer:
    """Back to the shop once the order is over, else to the choice again."""
    return leaving.leave(world, order) if orders.is_over(world, order) else Answer.see_other(here)


def _not_known(world: World, attempt: Doc, form: dict[str, str]) -> str:
    """What is wrong with the password that a bank asks for; the third wrong one fails the attempt."""
    if attempt["mode"] == "CARD":
        is_right, error = (
            form.get("otp", "").strip() == ONE_TIME_PASSWORD,
            "The bank does not know this code.",
        )
    elif attempt["mode"] == "NET_BANKING":
        is_right = (form.get("user", "").strip(), form.get("password", "")) == LOGIN
        error = "The bank does not know this user and password."
    else:
        return ""
    if is_right:
        return ""
    attempt["wrong_passwords"] += 1
    if attempt["wrong_passwords"] >= MOST_PASSWORDS:
        attempts.fail(world, attempt, "WRONG_PIN")
    return error


def _page(world: World, here: str, order: Doc, attempt: Doc, error: str = "", status: int = 200) -> Answer:
    mode = attempt["mode"]
    page = render(
        "phonepe/attempt.html",
        token=order["token"],
        merchant=world.settings["business_name"],
        amount=amount_text(order["amount"], "INR"),
        message=order["message"],
        mode=mode,
        name=MODES[mode],
        with_=choosing.BANKS.get(attempt["with"], attempt["with"]),
        image=segno.make(here, error="m").png_data_uri(scale=6, border=4) if mode == "UPI_QR" else "",
        codes=CHOICES,
        error=error,
    )
    return Answer(
        status, page.encode(), "text/html; charset=utf-8", headers=IMAGES if mode == "UPI_QR" else {}
    )
