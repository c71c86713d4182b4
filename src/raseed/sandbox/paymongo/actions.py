"""What the payer, the clock or somebody in the dashboard does to one document, for the control API."""

from __future__ import annotations

from collections.abc import Callable

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.paymongo import (
    attaching,
    attempts,
    books,
    cards,
    disputes,
    failures,
    intents,
    links,
    methods,
    paying,
    payments,
    refunds,
    sessions,
    sources,
)
from raseed.sandbox.paymongo.events import emit
from raseed.sandbox.paymongo.world import MODES, World, WorldOf, bare
from raseed.sandbox.store import Doc

Act = Callable[[World, Doc, Doc], object]


def act(world_of: WorldOf, table: str, subject_id: str, action: str, body: Doc) -> Doc:
    """Do one thing to one document and show it. Raises ControlError."""
    if table not in TABLES:
        raise ControlError(f"nothing can be done to {table}.", status=404)
    world, subject = find(world_of, TABLES[table], subject_id)
    if (table, action) not in ACTS:
        raise ControlError(f"{table} know no {action!r}.", status=404)
    done = ACTS[table, action](world, subject, body)
    if done is False:
        raise ControlError(f"{subject['id']} {TOO_LATE.get(table, 'is over')}.", status=409)
    return books.flat(bare(done)) if isinstance(done, dict) else _shown(world, table, subject)


def _shown(world: World, table: str, subject: Doc) -> Doc:
    if table == "links":
        return books.flat(links.view(world, subject))
    return books.flat(bare(subject))


def find(world_of: WorldOf, table: str, subject_id: object) -> tuple[World, Doc]:
    """The document in whichever mode it is. Raises ControlError (404)."""
    for world in map(world_of, MODES):
        if isinstance(subject_id, str) and subject_id in world.table(table):
            return world, world.table(table)[subject_id]
    raise ControlError(f"there is no {table.removesuffix('s')} {subject_id!r}.", status=404)


def money(body: Doc, default_minor: int, default_currency: str) -> tuple[int, str]:
    """`amount` and `currency` of a control call."""
    minor, currency = body.get("amount", default_minor), body.get("currency", default_currency)
    if type(minor) is not int or minor < 1:
        raise ControlError("amount must be centavos from 1.")
    if not isinstance(currency, str) or len(currency) != 3:
        raise ControlError("currency must be three letters.")
    return minor, currency


# -- paying and failing ------------------------------------------------------------------------------------


def _method(body: Doc) -> tuple[str, str]:
    """What to pay with: `method`, and for a card `card_number`."""
    kind, number = body.get("method", "gcash"), str(body.get("card_number", paying.GOOD_CARD))
    if kind not in paying.PAYABLE:
        raise ControlError(f"method must be one of {', '.join(paying.PAYABLE)}.")
    if kind == "card" and cards.row(number) is None:
        raise ControlError("card_number must be a card's number.")
    return str(kind), number


def _pay_session(world: World, session: Doc, body: Doc) -> bool:
    kind, number = _method(body)
    return paying.pay(world, session, kind, str(body["base_url"]), number)


def _fail_session(world: World, session: Doc, body: Doc) -> bool:
    """A failed attempt, after which the session can still be paid."""
    kind, _ = _method(body)
    code = _code(body) or failures.plain(kind)
    if not sessions.is_payable(world, session):
        return False
    attempt = paying.choose(world, session, kind, str(body["base_url"]), "4120000000000007")
    return attempts.fail(world, attempt, code)


def _code(body: Doc) -> str:
    code = body.get("code", "")
    if code and code not in tuple(failures.TEXTS):
        raise ControlError(f"code must be one of {', '.join(failures.TEXTS)}, not {code!r}.")
    return str(code)


def _pay_intent(world: World, intent: Doc, body: Doc) -> bool:
    """Attach a new payment method and agree at once."""
    kind, number = _method(body)
    session_id = intent["private"]["session"]
    if not intents.is_open(intent):
        return False
    card = cards.row(number) if kind == "card" else None
    method = methods.make(world, kind, card=card)
    back = world.table("sessions")[session_id]["attributes"]["checkout_url"] if session_id else None
    attempt = attaching.to(world, intent, method, str(body["base_url"]), back)
    return attempts.confirm(world, attempt) or not intents.is_open(intent)


def _fail_intent(world: World, intent: Doc, body: Doc) -> bool:
    """The open attempt fails; without one, an attempt with a card that is declined."""
    code, attempt = _code(body), _current(world, intent)
    if attempt is not None:
        return attempts.fail(world, attempt, code)
    if not intents.is_open(intent):
        return False
    method = methods.make(world, "card", card=cards.row("4400000000000016"))
    attempt = attempts.begin(world, intent, method, str(body["base_url"]), None)
    return attempts.decline(world, attempt, code or "generic_decline")


def _current(world: World, intent: Doc) -> Doc | None:
    attempt_id = intent["private"]["attempt"]
    return world.table("wallets").get(attempt_id) if attempt_id else None


def _with_attempt(step: Callable[[World, Doc], bool]) -> Act:
    """The step for the intent's open attempt; False where there is none."""

    def on_intent(world: World, intent: Doc, _body: Doc) -> bool:
        attempt = _current(world, intent)
        return attempt is not None and step(world, attempt)

    return on_intent


def _pay_link(world: World, link: Doc, body: Doc) -> bool:
    return links.is_payable(world, link) and _pay_session(world, links.session_of(world, link), body)


def _fail_link(world: World, link: Doc, body: Doc) -> bool:
    return links.is_payable(world, link) and _fail_session(world, links.session_of(world, link), body)


# -- the dashboard -----------------------------------------------------------------------------------------


def _refund(world: World, payment: Doc, body: Doc) -> Doc:
    minor, _ = money(body, payment["attributes"]["amount"], "PHP")
    return refunds.make(world, payment["id"], minor, str(body.get("reason", "requested_by_customer")))


def _regress(world: World, payment: Doc, _body: Doc) -> Doc:
    """What is paid is told as failed, as an older event that comes late."""
    told = payments.view(world, payment)
    told["attributes"].update(status="failed", failed_code="generic_decline", paid_at=None)
    emit(world, "payment.failed", told)
    payment["private"]["told_failed"] = True
    return payment


def _finish_refund(outcome: str) -> Act:
    return lambda world, refund, _body: refunds.finish(world, refund, outcome)


def _resolve(*, is_won: bool) -> Act:
    return lambda world, dispute, _body: disputes.resolve(world, dispute, is_won=is_won)


def extra_payment(world_of: WorldOf, body: Doc) -> Doc:
    """A second real charge on one checkout."""
    named = [name for name in OWNERS if name in body]
    if len(named) != 1:
        raise ControlError(f"name exactly one of {', '.join(OWNERS)}.")
    world, owner = find(world_of, OWNERS[named[0]], body[named[0]])
    if named[0] == "link_id":
        owner = links.session_of(world, owner)
    stated = owner["attributes"] if "amount" in owner["attributes"] else {"amount": owner["private"]["total"]}
    minor, currency = money(body, stated["amount"], stated.get("currency", "PHP"))
    payment = paying.charge_again(world, owner, minor, currency)
    return books.payment(world, payment)


#: why nothing was done
TOO_LATE = {
    "sources": "is no longer pending",
    "checkout_sessions": "can no longer be paid",
    "payment_intents": "has no open attempt, or can no longer be paid",
    "links": "can no longer be paid",
    "disputes": "is resolved",
}
#: what an extra payment may be for, and the table it is in
OWNERS = {
    "source_id": "sources",
    "checkout_session_id": "sessions",
    "payment_intent_id": "intents",
    "link_id": "links",
}
TABLES = {
    "sources": "sources",
    "checkout_sessions": "sessions",
    "payment_intents": "intents",
    "links": "links",
    "payments": "payments",
    "refunds": "refunds",
    "disputes": "disputes",
}
ACTS: dict[tuple[str, str], Act] = {
    ("sources", "authorize"): lambda world, source, _body: sources.authorize(world, source),
    ("sources", "fail"): lambda world, source, _body: sources.fail(world, source),
    ("sources", "expire"): lambda world, source, _body: sources.expire(world, source),
    ("checkout_sessions", "pay"): _pay_session,
    ("checkout_sessions", "fail"): _fail_session,
    ("payment_intents", "pay"): _pay_intent,
    ("payment_intents", "fail"): _fail_intent,
    ("payment_intents", "authorize"): _with_attempt(attempts.confirm),
    ("payment_intents", "expire"): _with_attempt(attempts.expire),
    ("links", "pay"): _pay_link,
    ("links", "fail"): _fail_link,
    ("payments", "refund"): _refund,
    ("payments", "regress"): _regress,
    ("payments", "dispute"): lambda world, payment, _body: disputes.open_for(world, payment),
    ("refunds", "succeed"): _finish_refund("succeeded"),
    ("refunds", "process"): _finish_refund("processing"),
    ("refunds", "fail"): _finish_refund("failed"),
    ("disputes", "win"): _resolve(is_won=True),
    ("disputes", "lose"): _resolve(is_won=False),
}
