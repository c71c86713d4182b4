"""The payer's side: choosing a method, agreeing or not, and what the merchant is told.

Windows and statuses: https://developers.paymongo.com/docs/statuses-messages-webhook-events
"""

from __future__ import annotations

from dataclasses import replace

from raseed.sandbox.paymongo import payments, sessions
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.events import emit
from raseed.sandbox.paymongo.payments import Charge
from raseed.sandbox.paymongo.sources import GCASH_LIMIT_MINOR
from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc

#: How long a payer may take, counted from the attempt's start; same source as above.
WINDOW_SECONDS = {"gcash": 4 * 3600, "paymaya": 1800, "grab_pay": 900, "card": 900}
#: What a payer can do here. Other methods are taken in requests but have no page yet.
PAYABLE = ("gcash", "grab_pay", "paymaya", "card")
WALLETS = ("gcash", "grab_pay", "paymaya")
#: https://developers.paymongo.com/docs/ewallet-errors; the texts are ours
FAILURES = {
    "CLOSED": "The checkout was closed or expired before the payer agreed.",
    "AMOUNT_EXCEED_LIMIT": "The amount is above what the wallet takes in one payment.",
    "generic_decline": "The payment was declined.",
    "unknown_error": "The payment could not be completed.",
}


def open_session(call: Call) -> Doc:
    """Create a session; where the scenario says so, the payer has paid before the merchant hears of it."""
    answer = sessions.create(call)
    if "auto_pay" in call.scenario:  # the answer still shows the session as it was made
        session = call.world.table("sessions")[answer["id"]]
        wanted = call.scenario["auto_pay"]["method"]
        wallets = [name for name in session["attributes"]["payment_method_types"] if name in WALLETS]
        if wallets:
            pay(call.world, session, wanted if wanted in wallets else wallets[0], call.base_url)
    return answer


def pay(world: World, session: Doc, method: str, base_url: str, card: Doc | None = None) -> bool:
    """Choose a method and agree at once. False: the session can no longer be paid."""
    if not sessions.is_payable(world, session):
        return False
    return confirm(world, attach(world, sessions.intent_of(world, session), method, base_url, card))


def attach(world: World, intent: Doc, method: str, base_url: str, card: Doc | None = None) -> Doc:
    """Begin an attempt that the payer must confirm on a page of its own; returns its wallet source."""
    attempt = {"id": world.new_id("src"), "method": method, "card": card, "intent": intent["id"]}
    attempt.update(payment_method=world.new_id("pm"), open=True)
    world.table("wallets")[attempt["id"]] = attempt
    intent["private"]["attempt"] = attempt["id"]
    session = world.table("sessions")[intent["private"]["session"]]
    url = f"{base_url}/sources?id={attempt['id']}"
    back = session["attributes"]["checkout_url"]
    action = {"type": "redirect", "redirect": {"url": url, "return_url": back}}
    world.touch(intent, status="awaiting_next_action", next_action=action)
    world.set_alarm(WINDOW_SECONDS[method], "close_attempt", attempt["id"])
    return attempt


def is_open(world: World, attempt: Doc) -> bool:
    """Whether the payer can still decide about this attempt."""
    intent = world.table("intents")[attempt["intent"]]
    current = intent["private"]["attempt"] == attempt["id"]
    return bool(attempt["open"]) and current and intent["attributes"]["status"] == "awaiting_next_action"


def confirm(world: World, attempt: Doc) -> bool:
    """The payer agrees. False: the attempt is over, or the wallet refuses so much."""
    if not is_open(world, attempt):
        return False
    intent = world.table("intents")[attempt["intent"]]
    if attempt["method"] == "gcash" and intent["attributes"]["amount"] > GCASH_LIMIT_MINOR:
        decline(world, attempt, "AMOUNT_EXCEED_LIMIT")
        return False
    attempt["open"] = False
    payment = payments.take(world, charge_of(world, attempt))
    world.touch(intent, status="succeeded", next_action=None, last_payment_error=None)
    settle(world, intent, payment, attempt["method"])
    return True


def decline(world: World, attempt: Doc, code: str, message: str = "") -> bool:
    """The attempt fails; the intent can be tried again. False: it was over already."""
    if not is_open(world, attempt):
        return False
    attempt["open"] = False
    intent = world.table("intents")[attempt["intent"]]
    text = message or FAILURES.get(code, "The payment failed.")
    intent["private"]["attempt"] = None
    world.touch(intent, status="awaiting_payment_method", next_action=None)
    payment = payments.fail(world, charge_of(world, attempt), code, text)
    error = {"failed_code": code, "failed_message": text, "payment_method": attempt["payment_method"]}
    world.touch(intent, last_payment_error={"payment": payment["id"], **error})
    return True


def charge_of(world: World, attempt: Doc) -> Charge:
    """What an attempt charges: the intent's amount, with the intent's description and metadata."""
    intent = world.table("intents")[attempt["intent"]]
    session = world.table("sessions")[intent["private"]["session"]]
    attributes, card = intent["attributes"], attempt["card"]
    return Charge(
        amount=attributes["amount"],
        currency=attributes["currency"],
        method=attempt["method"],
        source=card or payments.wallet(attempt["id"], attempt["method"]),
        billing=session["attributes"]["billing"],
        description=attributes["description"],
        statement_descriptor=attributes["statement_descriptor"],
        metadata=attributes["metadata"],
        intent_id=intent["id"],
        foreign=bool(card) and card["country"] != "PH",
    )


def settle(world: World, intent: Doc, payment: Doc, method: str) -> None:
    """Show the payment on the session and say so twice, as PayMongo does."""
    session = world.table("sessions")[intent["private"]["session"]]
    if "paid_at" not in session["attributes"]:
        world.touch(session, paid_at=world.now(), payment_method_used=method)
    emit(world, "payment.paid", payments.view(world, payment))
    emit(world, "checkout_session.payment.paid", sessions.view(world, session))


def charge_again(
    world: World, amount: int, currency: str, *, source: Doc | None = None, session: Doc | None = None
) -> Doc:
    """A second, real movement of money on a checkout that may be paid already. For the control API."""
    if session is not None:
        intent = sessions.intent_of(world, session)
        attempt = {"id": world.new_id("src"), "method": "gcash", "card": None, "intent": intent["id"]}
        payment = payments.take(world, replace(charge_of(world, attempt), amount=amount, currency=currency))
        world.touch(intent, status="succeeded", next_action=None)
        settle(world, intent, payment, "gcash")
        return payment
    assert source is not None  # noqa: S101 - the caller names exactly one of the two
    attributes = source["attributes"]
    charge = Charge(
        amount=amount,
        currency=currency,
        method=attributes["type"],
        source=payments.wallet(source["id"], attributes["type"]),
        billing=attributes["billing"],
        description=attributes["description"],
        metadata=attributes["metadata"],
    )
    payment = payments.take(world, charge)
    emit(world, "payment.paid", payments.view(world, payment))
    return payment
