"""A payer's attempt at an intent: begun by an attach, ended by the payer, a refusal or the clock.

Windows and statuses: https://developers.paymongo.com/docs/statuses-messages-webhook-events
"""

from __future__ import annotations

from raseed.sandbox.paymongo import cards, failures, intents, payments, qr, settling
from raseed.sandbox.paymongo.events import emit, emit_new_name
from raseed.sandbox.paymongo.sources import GCASH_LIMIT_MINOR
from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc

#: How long a payer may take, counted from the attach; same source as above. The others' windows were not
#: found: one hour is our choice. QR Ph codes carry their own.
WINDOW_SECONDS = {"gcash": 4 * 3600, "paymaya": 1800, "grab_pay": 900, "card": 900}
OTHER_WINDOW_SECONDS = 3600
#: https://developers.paymongo.com/docs/payment-acceptance-hold-then-capture
HOLD_SECONDS = 7 * 86_400


def begin(
    world: World,
    intent: Doc,
    method: Doc,
    base_url: str,
    return_url: str | None,
    *,
    is_instalment: bool = False,
) -> Doc:
    """A new attempt, which ends the right of an older one to succeed."""
    kind, card = method["attributes"]["type"], method["private"]["card"]
    attempt: Doc = {
        "id": world.new_id("src"),
        "intent": intent["id"],
        "method": kind,
        "payment_method": method["id"],
        "bank_code": (method["attributes"]["details"] or {}).get("bank_code"),
        **_of_card(world, card),
        "is_instalment": is_instalment,
        "billing": method["attributes"]["billing"],
        "base_url": base_url,
        "return_url": return_url,
        "seconds": _window(kind, method),
        "open": True,
        "failed_code": "",
        "code": None,
    }
    world.table("wallets")[attempt["id"]] = attempt
    intent["private"]["attempt"] = attempt["id"]
    return attempt


def _of_card(world: World, card: Doc | None) -> Doc:
    if card is None:
        return {"card": None, "declined_later": False, "sticky_hold": False}
    later = card["outcome"] == "3ds_declined"
    return {
        "card": cards.source(world, card),
        "declined_later": later,
        "sticky_hold": card["sticky_hold"],
    }


def _window(kind: str, method: Doc) -> int:
    if kind == "qrph":
        return int(method["private"]["expiry_seconds"])
    return WINDOW_SECONDS.get(kind, OTHER_WINDOW_SECONDS)


def page_of(attempt: Doc) -> str:
    """Where the payer decides."""
    return f"{attempt['base_url']}/sources?id={attempt['id']}"


def await_payer(world: World, attempt: Doc) -> None:
    """Show the merchant what the payer has to do, and start the payer's time."""
    url = page_of(attempt)
    if attempt["method"] == "qrph":
        attempt["code"] = qr.code(world, attempt, url)
        action = qr.next_action(attempt["code"])
    else:
        action = {"type": "redirect", "redirect": {"url": url, "return_url": attempt["return_url"]}}
    world.touch(intent_of(world, attempt), status="awaiting_next_action", next_action=action)
    world.set_alarm(attempt["seconds"], "close_attempt", attempt["id"])


def intent_of(world: World, attempt: Doc) -> Doc:
    return world.table("intents")[attempt["intent"]]


def is_open(world: World, attempt: Doc) -> bool:
    """Whether the payer can still decide about this attempt."""
    intent = intent_of(world, attempt)
    return bool(attempt["open"]) and intent["private"]["attempt"] == attempt["id"] and intents.is_open(intent)


def confirm(world: World, attempt: Doc) -> bool:
    """The payer agrees. False: the attempt is over, or the wallet or the card's issuer refuses."""
    if not is_open(world, attempt):
        return False
    intent = intent_of(world, attempt)
    if attempt["method"] == "gcash" and intent["attributes"]["amount"] > GCASH_LIMIT_MINOR:
        return not decline(world, attempt, "AMOUNT_EXCEED_LIMIT")
    if attempt["declined_later"]:
        return not decline(world, attempt, "generic_decline")
    attempt["open"] = False
    if intent["attributes"]["capture_type"] == "manual":
        world.touch(intent, status="awaiting_capture", next_action=None, last_payment_error=None)
        world.set_alarm(HOLD_SECONDS, "release_hold", intent["id"])
    elif world.settings["processing_seconds"]:
        world.touch(intent, status="processing", next_action=None)
        world.set_alarm(world.settings["processing_seconds"], "finish_attempt", attempt["id"])
    else:
        finish(world, attempt)
    return True


def finish(world: World, attempt: Doc, amount: int | None = None) -> Doc:
    """The money moves: all of it, or `amount` centavos of a held payment."""
    intent = intent_of(world, attempt)
    charge = settling.charge_of(world, intent, attempt, amount)
    payment = payments.take(world, charge)
    world.touch(intent, status="succeeded", next_action=None, last_payment_error=None)
    settling.settle(world, intent, payment, attempt["payment_method"])
    return payment


def finish_processing(world: World, attempt: Doc) -> None:
    """The end of `processing`, unless something else ended it."""
    if intent_of(world, attempt)["attributes"]["status"] == "processing":
        finish(world, attempt)


def fail(world: World, attempt: Doc, code: str = "", message: str = "") -> bool:
    """The payer fails or declines. With manual capture no payment is left behind, as documented."""
    manual = intent_of(world, attempt)["attributes"]["capture_type"] == "manual"
    code = code or failures.plain(attempt["method"])
    return decline(world, attempt, code, message, with_payment=not manual)


def expire(world: World, attempt: Doc) -> bool:
    """The payer takes too long. A QR code has an event of its own and leaves no payment."""
    if attempt["method"] != "qrph":
        return fail(world, attempt, failures.expired(attempt["method"]))
    if not is_open(world, attempt):
        return False
    _reopen(world, attempt)
    qr.tell_expired(world, attempt)
    return True


def decline(world: World, attempt: Doc, code: str, message: str = "", *, with_payment: bool = True) -> bool:
    """The attempt fails; the intent can be tried again. False: it was over already."""
    if not is_open(world, attempt):
        return False
    intent, text = _reopen(world, attempt), message or failures.text(code)
    attempt["failed_code"] = code
    payment_id = None
    if with_payment:
        charge = settling.charge_of(world, intent, attempt)
        payment_id = payments.fail(world, charge, code, text)["id"]
    error = {"failed_code": code, "failed_message": text, "payment_method": attempt["payment_method"]}
    world.touch(intent, last_payment_error={"payment": payment_id, **error})
    emit_new_name(world, "payment_intent.awaiting_payment_method", lambda: intents.view(world, intent))
    if with_payment:
        emit(world, "payment.failed", payments.view(world, world.table("payments")[str(payment_id)]))
    return True


def _reopen(world: World, attempt: Doc) -> Doc:
    """Close the attempt and put its intent back to the beginning."""
    attempt["open"] = False
    intent = intent_of(world, attempt)
    intent["private"]["attempt"] = None
    world.touch(intent, status="awaiting_payment_method", next_action=None)
    return intent
