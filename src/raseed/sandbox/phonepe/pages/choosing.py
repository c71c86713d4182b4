"""The checkout: what is to be paid, and with what."""

from __future__ import annotations

import math
import re

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.pages import fields_of
from raseed.sandbox.phonepe import attempts, cards, orders
from raseed.sandbox.phonepe.pages import leaving
from raseed.sandbox.phonepe.vocabulary import FAILED, FAILURES, MODES
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.rendering import amount_text, render
from raseed.sandbox.store import Doc

VPA = re.compile(r"[A-Za-z0-9._-]{2,64}@[A-Za-z][A-Za-z0-9]{1,31}")
#: Addresses that decide at once; every other one waits. Third-party notes on PhonePe's sandbox; many blogs
#: write failure@ybl where it is failed@ybl: https://github.com/PhonePe/phonepe-pg-sdk-flutter/issues/36
TEST_VPAS = {"success@ybl": "success", "failed@ybl": "failure", "pending@ybl": "pending"}
#: The failure of an attempt that the payer gave up for another one.
ANOTHER_WAY = "REQUEST_CANCEL_BY_REQUESTER"
BANKS = {"SBIN": "State Bank of India", "HDFC": "HDFC Bank", "ICIC": "ICICI Bank", "UTIB": "Axis Bank"}


def is_agreed_at_once(form: dict[str, str]) -> bool:
    """Whether this choice pays without a further page."""
    chosen = (form.get("method"), form.get("vpa", "").strip().lower())
    return chosen == ("UPI_COLLECT", "success@ybl") and "action" not in form


def answer(world: World, exchange: Exchange, order: Doc) -> Answer:
    if exchange.method == "GET":
        return _page(world, order)
    form = fields_of(exchange)
    if form.get("action") == "cancel":
        attempts.end(world, order, "ORDER_CANCELLED_BY_USER")
        return leaving.leave(world, order)
    mode = form.get("method", "")
    if mode not in order["modes"]:
        return _page(world, order, "Choose one of the ways to pay.", 400)
    with_, error = _details(order, mode, form)
    if error:
        return _page(world, order, error, 400)
    attempt = attempts.begin(world, order, mode, with_)
    return _begun(world, exchange, order, attempt, form)


def _begun(world: World, exchange: Exchange, order: Doc, attempt: Doc, form: dict[str, str]) -> Answer:
    """A test address decides at once; otherwise the payer goes on to the app, the bank or the code."""
    decision = form.get("action") or TEST_VPAS.get(attempt["with"], "")
    if attempt["mode"] == "CARD" and not cards.is_right(form):
        attempts.fail(world, attempt, "INVALID_CVV_EXPIRY")
    elif decision == "success":
        attempts.complete(world, attempt)
    elif decision == "failure":
        # by itself a test address ends the order and sends the payer back, as PhonePe's does
        attempts.fail(world, attempt, is_last="action" not in form)
    elif decision == "pending":
        attempts.leave_at_bank(world, attempt)
    if attempt["at"] == "bank" or orders.is_over(world, order):
        return leaving.leave(world, order)
    return Answer.see_other(f"{exchange.base_url}{exchange.path}?token={order['token']}")


def _details(order: Doc, mode: str, form: dict[str, str]) -> tuple[str, str]:
    """What the mode is paid with, and what is wrong with what the payer entered."""
    if mode == "UPI_COLLECT":
        vpa = form.get("vpa", "").strip().lower()
        return vpa, "" if VPA.fullmatch(vpa) else "Enter a UPI ID such as success@ybl."
    if mode == "CARD":
        card = cards.row(form.get("card_number", ""))
        if card is None:
            return "", "That is not one of the test cards."
        known = card.kind in order["card_types"]
        return card.kind, "" if known else f"This shop takes no {card.name.lower()}."
    if mode == "NET_BANKING":
        bank = form.get("bank", "")
        return bank, "" if bank in BANKS else "Choose a bank."
    return "", ""


def _page(world: World, order: Doc, error: str = "", status: int = 200) -> Answer:
    failed = [attempt for attempt in orders.attempts(world, order) if attempt["state"] == FAILED]
    if not error and failed and failed[-1]["failure"] != ANOTHER_WAY:
        words = FAILURES[failed[-1]["failure"]].error_code.replace("_", " ").lower()
        error = f"That did not work ({words}). You can try again."
    page = render(
        "phonepe/checkout.html",
        token=order["token"],
        merchant=world.settings["business_name"],
        amount=amount_text(order["amount"], "INR"),
        message=order["message"],
        reference=order["reference"],
        minutes=max(1, math.ceil((order["expire_at"] - world.now_ms()) / 60_000)),
        modes=[(mode, MODES[mode]) for mode in order["modes"]],
        cards=[card for card in cards.CARDS if card.kind in order["card_types"]],
        banks=BANKS,
        error=error,
    )
    return Answer.html(page, status)
