"""Paying without a browser: what the payer chooses and agrees to, in one step.

For scenarios and the control API; the pages take the same steps one by one.
"""

from __future__ import annotations

from dataclasses import replace

from raseed.sandbox.paymongo import attaching, attempts, methods, payments, sessions, settling
from raseed.sandbox.paymongo import cards as card_table
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.events import emit
from raseed.sandbox.paymongo.payments import Charge
from raseed.sandbox.paymongo.vocabulary import METHODS
from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc

#: What a payer can do here: everything.
PAYABLE = METHODS
GOOD_CARD = "4343434343434345"


def open_session(call: Call) -> Doc:
    """Create a session; where the scenario says so, the payer has paid before the merchant hears of it."""
    return _opened(call, 1)


def open_session_v2(call: Call) -> Doc:
    return _opened(call, 2)


def _opened(call: Call, version: int) -> Doc:
    answer = sessions.create(call, version=version)
    if "auto_pay" in call.scenario:  # the answer still shows the session as it was made
        session = call.world.table("sessions")[answer["id"]]
        wanted, offered = call.scenario["auto_pay"]["method"], session["attributes"]["payment_method_types"]
        pay(call.world, session, wanted if wanted in offered else offered[0], call.base_url)
    return answer


def choose(world: World, session: Doc, kind: str, base_url: str, number: str = "") -> Doc:
    """Choose a method on a session that is payable; returns the attempt, which a card may have ended."""
    card = card_table.row(number or GOOD_CARD) if kind == "card" else None
    billing = session["attributes"]["billing"]
    method = methods.make(world, kind, card=card, billing=billing, details=_details(card))
    intent = sessions.intent_to_pay(world, session)
    return attaching.to(world, intent, method, base_url, session["attributes"]["checkout_url"])


def _details(card: Doc | None) -> Doc | None:
    return {"exp_month": 12, "exp_year": 2099, "last4": card["last4"]} if card else None


def pay(world: World, session: Doc, kind: str, base_url: str, number: str = "") -> bool:
    """Choose a method and agree at once. False: the session cannot be paid, or not in this way."""
    if not sessions.is_payable(world, session):
        return False
    attempt = choose(world, session, kind, base_url, number)
    return attempts.confirm(world, attempt) or "paid_at" in session["attributes"]


def charge_again(world: World, owner: Doc, amount: int, currency: str) -> Doc:
    """A further, real movement of money on a checkout that may be paid already. For the control API.

    `owner` is a source, a session or an intent.
    """
    if owner["type"] == "source":
        return _charge_source(world, owner, amount, currency)
    intent = owner if owner["type"] == "payment_intent" else sessions.latest_intent(world, owner)
    intent = intent or sessions.intent_to_pay(world, owner)
    attempt = attempts.begin(world, intent, methods.make(world, "gcash"), "", None)
    charge = settling.charge_of(world, intent, attempt)
    payment = payments.take(world, replace(charge, amount=amount, currency=currency))
    world.touch(intent, status="succeeded", next_action=None)
    settling.settle(world, intent, payment, None)
    return payment


def _charge_source(world: World, source: Doc, amount: int, currency: str) -> Doc:
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
