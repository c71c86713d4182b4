"""Where a payer decides: the bank's 3-D Secure page, the wallet's; and the reference for a kiosk."""

from __future__ import annotations

from urllib.parse import urlencode

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.pages import closed, fields_of
from raseed.sandbox.paymob import cards, returning, transactions
from raseed.sandbox.paymob.countries import CURRENCIES
from raseed.sandbox.paymob.pages import leaving
from raseed.sandbox.paymob.vocabulary import OUTCOMES, PENDING
from raseed.sandbox.paymob.world import World
from raseed.sandbox.rendering import amount_text, render
from raseed.sandbox.store import Doc

#: The wallet's is Paymob's own path, as recorded; the others are ours.
BANK, WALLET, KIOSK = "/acs", "/api/acceptance/wallet_other_test/wallet_template", "/bill"
PATHS = (BANK, WALLET, KIOSK)
PATH_OF = {"wallet": WALLET, "kiosk": KIOSK}
#: https://developers.paymob.com/paymob-docs/need-help/faq/test-credentials
MPIN = OTP = "123456"
#: So many wrong passwords fail the attempt.
MOST_WRONG = 3


def address(world: World, base_url: str, row: Doc) -> str:
    """The page of an attempt; its token is made on first use."""
    row["page"] = row.get("page") or world.sandbox.ids.text(40)
    world.table("pages")[row["page"]] = {"transaction": row["id"]}
    return f"{base_url}{PATH_OF.get(row['kind'], BANK)}?{urlencode({'token': row['page']})}"


def found(world: World, exchange: Exchange) -> Doc | None:
    """The attempt whose page this is."""
    if exchange.path.rstrip("/") not in PATHS:
        return None
    row = world.table("pages").get(exchange.query.get("token", ""))
    return world.table("transactions")[str(row["transaction"])] if row else None


def answer(world: World, exchange: Exchange, row: Doc) -> Answer:
    """Show the page, or do what was chosen on it."""
    if row["state"] != PENDING or row["at"] == "bank":
        return closed(returning.said(row), returning.target(world, row) or None)
    if exchange.method == "GET" or row["at"] == "outlet":
        return _page(world, row)
    form = fields_of(exchange)
    action, code = form.get("action", ""), form.get("code", "")
    if action == "confirm" and (error := _not_known(world, row, form)):
        return (
            _page(world, row, error, 400) if row["state"] == PENDING else leaving.onward(world, exchange, row)
        )
    if action == "confirm":
        transactions.approve(world, row)
    elif action == "decline" and (not code or code in OUTCOMES):
        transactions.decline(world, row, code or "AUTHENTICATION_FAILED")
    elif action == "pend":
        transactions.leave_at_bank(world, row)
    else:
        return _page(world, row, "Choose what shall happen.", 400)
    return leaving.onward(world, exchange, row)


def _not_known(world: World, row: Doc, form: dict[str, str]) -> str:
    """What is wrong with the password; the third wrong one fails the attempt."""
    stated = form.get("otp", "").strip()
    if row["kind"] == "wallet":
        is_right = (form.get("mpin", "").strip(), stated) == (MPIN, OTP)
        error = "The wallet does not know this MPIN and code."
    else:
        is_right, error = stated == cards.ONE_TIME_PASSWORD, "The bank does not know this code."
    if is_right:
        return ""
    row["wrong_codes"] += 1
    if row["wrong_codes"] >= MOST_WRONG:
        transactions.decline(world, row, "AUTHENTICATION_FAILED")
    return error


def _page(world: World, row: Doc, error: str = "", status: int = 200) -> Answer:
    order = transactions.order_of(world, row)
    page = render(
        "paymob/attempt.html",
        action=f"?{urlencode({'token': row['page']})}",
        merchant=world.settings["company_name"],
        amount=amount_text(row["amount"], order["currency"], CURRENCIES[order["currency"]]),
        kind=row["kind"],
        last4=row["source"]["pan"],
        bill=row["bill"],
        back=returning.target(world, row) if row["at"] == "outlet" else "",
        password=cards.ONE_TIME_PASSWORD,
        mpin=MPIN,
        otp=OTP,
        codes=OUTCOMES,
        error=error,
    )
    return Answer.html(page, status)
