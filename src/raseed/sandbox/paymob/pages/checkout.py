"""The checkout: the unified one of an intention, or the older iframe. What is to be paid, and with what."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.pages import closed, fields_of
from raseed.sandbox.paymob import cards, integrations, keys, orders, returning, transactions
from raseed.sandbox.paymob.countries import CURRENCIES
from raseed.sandbox.paymob.pages import attempt, leaving
from raseed.sandbox.paymob.vocabulary import CARD_KINDS, ERRORED, KINDS, PAID, PENDING
from raseed.sandbox.paymob.world import World
from raseed.sandbox.rendering import amount_text, render
from raseed.sandbox.store import Doc

NUMBER = re.compile(r"\+?[0-9]{8,15}")
WALLET = "01010101010"


def answer(world: World, exchange: Exchange, rows: list[Doc]) -> Answer:
    """Show the checkout, or begin an attempt with one of its payment keys."""
    over = keys.over(world, rows[0])
    order = keys.order_of(world, rows[0])
    if over:
        paid = orders.paid(world, order)
        text = "This payment is made." if over == "paid" else "The time to pay is over."
        return closed(text, (returning.target(world, paid[-1]) if paid else "") or None)
    form = fields_of(exchange)
    if exchange.method == "GET":
        return _page(world, exchange, rows)
    key = chosen(world, rows, form)
    if key is None:
        return _page(world, exchange, rows, "Choose one of the ways to pay.", 400)
    kind = integrations.kind_of(world, key["claims"]["integration_id"])
    about, error = _details(world, kind, form)
    if error:
        return _page(world, exchange, rows, error, 400)
    row = transactions.begin(world, key, **about)
    return _begun(world, exchange, row, kind, form)


def chosen(world: World, rows: list[Doc], form: dict[str, str]) -> Doc | None:
    """The payment key of the way that was chosen; a saved card goes with the first that takes cards."""
    if not rows:
        return None
    stated = form.get("method", "") or str(rows[0]["claims"]["integration_id"])
    if form.get("method", "").startswith("card:"):
        kinds = ((row, integrations.kind_of(world, row["claims"]["integration_id"])) for row in rows)
        return next((row for row, kind in kinds if kind in CARD_KINDS), None)
    return next((row for row in rows if str(row["claims"]["integration_id"]) == stated), None)


def _details(world: World, kind: str, form: dict[str, str]) -> tuple[Doc, str]:
    """What the attempt is made with, and what is wrong with what the payer entered."""
    if kind == "wallet":
        number = form.get("wallet", "").strip()
        source = transactions.source_of("wallet", number)
        return {"source": source}, "" if NUMBER.fullmatch(number) else f"Enter a wallet such as {WALLET}."
    if kind not in CARD_KINDS:
        return {"bill": transactions.new_bill(world)} if kind == "kiosk" else {}, ""
    saved = world.table("cards").get(form.get("method", "").removeprefix("card:"))
    card = cards.known(form.get("card_number", ""))
    if saved is None and card is None:
        return {}, "That is not one of the test cards."
    masked, brand = (saved["card"], saved["brand"]) if saved else (card.masked, card.brand)  # type: ignore[union-attr]
    return {
        "source": {"type": "card", "pan": masked[-4:], "sub_type": brand},
        "card": masked,
        "is_3d_secure": kind != "moto",
        "saves": saved is None and form.get("save_card", "") == "tokenize",
    }, ""


def _begun(world: World, exchange: Exchange, row: Doc, kind: str, form: dict[str, str]) -> Answer:
    """A test card decides at once or asks for a password; a wallet asks; a kiosk is paid elsewhere."""
    if kind == "cash":
        return returning.leave(world, row)
    decision = decided(form) if kind in CARD_KINDS else "ask"
    if decision == "ask":
        address = attempt.address(world, exchange.base_url, row)
        if kind != "kiosk":
            transactions.ask(world, row)
        return Answer.see_other(address)
    if decision == "pend":
        transactions.leave_at_bank(world, row)
    elif decision:
        transactions.decline(world, row, decision)
    else:
        transactions.approve(world, row)
    return leaving.onward(world, exchange, row)


def decided(form: dict[str, str]) -> str:
    """What the card's bank says: "" approves, "ask", "pend", or the code of a failure."""
    if form.get("outcome"):
        return form["outcome"]
    if form.get("method", "").startswith("card:"):
        return "" if form.get("saved_cvn", "").strip() == cards.CODE else "INVALID_CSC"
    card = cards.known(form.get("card_number", ""))
    return "" if card is None else cards.decided(card, form)


def _page(world: World, exchange: Exchange, rows: list[Doc], error: str = "", status: int = 200) -> Answer:
    order = keys.order_of(world, rows[0])
    claims = rows[0]["claims"]
    tried = orders.payments(world, order)
    if not error and tried and tried[-1]["state"] not in (PAID, PENDING):
        words = tried[-1]["outcome"][2] if tried[-1]["state"] != ERRORED else "something went wrong"
        error = f"That did not work ({words.lower()}). You can try again."
    ways = [(str(row["claims"]["integration_id"]), _kind(world, row)) for row in rows]
    page = render(
        "paymob/checkout.html",
        action=f"?{urlencode(dict(exchange.query))}",
        merchant=world.settings["company_name"],
        amount=amount_text(claims["amount_cents"], claims["currency"], CURRENCIES[claims["currency"]]),
        reference=order["reference"],
        items=order["items"],
        ways=[(name, kind, KINDS[kind].label) for name, kind in ways],
        saved=_saved(world, rows, ways),
        cards=cards.CARDS,
        dates=cards.DATES,
        code=cards.CODE,
        wallet=WALLET,
        error=error,
    )
    return Answer.html(page, status)


def _kind(world: World, row: Doc) -> str:
    return integrations.kind_of(world, row["claims"]["integration_id"])


def _saved(world: World, rows: list[Doc], ways: list[tuple[str, str]]) -> list[Doc]:
    """The saved cards that the merchant wants offered, where cards are taken at all."""
    if not any(kind in CARD_KINDS for _, kind in ways):
        return []
    order = keys.order_of(world, rows[0])
    tokens = [row["card"] for row in rows]
    if order["intention"]:
        tokens = world.table("intentions")[order["intention"]]["cards"]
    return [world.table("cards")[token] for token in tokens if token in world.table("cards")]
