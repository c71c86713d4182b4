"""PayMongo's part of the control API: the payer's and the dashboard's side, without a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.paymongo import events, intents, paying, payments, refunds, sessions, sources, webhooks
from raseed.sandbox.paymongo.errors import ApiError
from raseed.sandbox.paymongo.fields import URL
from raseed.sandbox.paymongo.settings import DEFAULTS, merged
from raseed.sandbox.paymongo.world import MODES, NAME, World, bare
from raseed.sandbox.store import Doc

WorldOf = Callable[[str], World]


def control(
    world_of: WorldOf, method: str, path: Sequence[str], body: Doc, query: Mapping[str, str]
) -> object:
    """Carry out one control call. Raises ControlError."""
    try:
        match (method, *path):
            case ("GET", "books"):
                return books(world_of, query.get("mode"))
            case ("GET", "settings"):
                return world_of("test").settings
            case ("POST", "settings"):
                return _settings(world_of("test"), body)
            case ("POST", "webhooks"):
                return _webhook(world_of, body)
            case ("POST", "extra-payment"):
                return _extra_payment(world_of, body)
            case ("POST", table, subject_id, action):
                return _act(world_of, table, subject_id, action, body)
    except ApiError as error:
        raise ControlError(str(error), error.status) from error
    raise ControlError("there is no such call.", status=404)


def books(world_of: WorldOf, mode: str | None = None) -> Doc:
    """Everything of value, flat: id, status, amount, currency, metadata and what belongs together."""
    shown: Doc = {"sources": [], "checkout_sessions": [], "payments": [], "refunds": [], "webhooks": []}
    for world in (world_of(name) for name in MODES if mode in (None, name)):
        shown["sources"] += [_flat(bare(source)) for source in world.table("sources").values()]
        shown["checkout_sessions"] += [
            _session(world, session) for session in world.table("sessions").values()
        ]
        shown["payments"] += [_payment(world, payment) for payment in world.table("payments").values()]
        shown["refunds"] += [_flat(bare(refund)) for refund in world.table("refunds").values()]
        shown["webhooks"] += [_flat(bare(webhook)) for webhook in world.table("webhooks").values()]
    return shown


def _flat(document: Doc) -> Doc:
    return {**document["attributes"], "id": document["id"]}


def _session(world: World, session: Doc) -> Doc:
    intent = sessions.intent_of(world, session)
    paid = [payment["id"] for payment in intents.paid_through(world, intent)]
    total = {"amount": intent["attributes"]["amount"], "currency": intent["attributes"]["currency"]}
    return {**_flat(bare(session)), **total, "payment_intent_id": intent["id"], "payments": paid}


def _payment(world: World, payment: Doc) -> Doc:
    flat = _flat(payments.view(world, payment))
    given = [refund["attributes"] for refund in payments.refunds_of(world, payment)]
    refunded = sum(r["amount"] for r in given if r["status"] == "succeeded")
    session_id = None
    if flat["payment_intent_id"]:
        session_id = world.table("intents")[flat["payment_intent_id"]]["private"]["session"]
    return {
        **flat,
        "source_id": flat["source"]["id"],
        "checkout_session_id": session_id,
        "refunded_amount": refunded,
    }


def _settings(world: World, body: Doc) -> Doc:
    changes = {key: value for key, value in body.items() if key != "base_url"}
    settings = merged(world.settings, changes)
    world.sandbox.store.table(NAME, "settings")["now"] = settings
    return settings


def _webhook(world_of: WorldOf, body: Doc) -> Doc:
    """Register an endpoint without a key. The same address again replaces what it asked for."""
    url, wanted = body.get("url"), body.get("events", list(events.TYPES))
    if not isinstance(url, str) or not URL.fullmatch(url):
        raise ControlError("url must be an http or https address.")
    if not isinstance(wanted, list) or not set(map(str, wanted)) <= set(events.TYPES):
        raise ControlError(f"events must be a list of {', '.join(events.TYPES)}.")
    world = world_of(_mode(body))
    secret = webhooks.must_have(body["secret_key"]) if "secret_key" in body else ""
    for webhook in world.table("webhooks").values():
        if webhook["attributes"]["url"] == url:
            kept = secret or webhook["attributes"]["secret_key"]
            webhook["attributes"].pop("disabled_reason", None)
            world.touch(webhook, events=wanted, secret_key=kept, status="enabled")
            return _flat(bare(webhook))
    return _flat(bare(webhooks.make(world, url, wanted, secret)))


def _mode(body: Doc) -> str:
    mode = body.get("mode", "test")
    if mode not in MODES:
        raise ControlError("mode must be 'test' or 'live'.")
    return str(mode)


def _money(body: Doc, default_minor: int, default_currency: str) -> tuple[int, str]:
    minor, currency = body.get("amount", default_minor), body.get("currency", default_currency)
    if type(minor) is not int or minor < 1:
        raise ControlError("amount must be centavos from 1.")
    if not isinstance(currency, str) or len(currency) != 3:
        raise ControlError("currency must be three letters.")
    return minor, currency


def _find(world_of: WorldOf, table: str, subject_id: object) -> tuple[World, Doc]:
    for world in map(world_of, MODES):
        if isinstance(subject_id, str) and subject_id in world.table(table):
            return world, world.table(table)[subject_id]
    raise ControlError(f"there is no {table.removesuffix('s')} {subject_id!r}.", status=404)


def _extra_payment(world_of: WorldOf, body: Doc) -> Doc:
    """A second real charge on one checkout."""
    if ("source_id" in body) == ("checkout_session_id" in body):
        raise ControlError("name exactly one of source_id and checkout_session_id.")
    if "source_id" in body:
        world, source = _find(world_of, "sources", body["source_id"])
        minor, currency = _money(body, source["attributes"]["amount"], source["attributes"]["currency"])
        return _payment(world, paying.charge_again(world, minor, currency, source=source))
    world, session = _find(world_of, "sessions", body["checkout_session_id"])
    intent = sessions.intent_of(world, session)["attributes"]
    minor, currency = _money(body, intent["amount"], intent["currency"])
    return _payment(world, paying.charge_again(world, minor, currency, session=session))


def _act(world_of: WorldOf, table: str, subject_id: str, action: str, body: Doc) -> Doc:
    """What the payer, the clock or somebody in the dashboard does to one document."""
    if table not in ("sources", "checkout_sessions", "payments", "refunds"):
        raise ControlError(f"nothing can be done to {table}.", status=404)
    world, subject = _find(world_of, table.removeprefix("checkout_"), subject_id)
    match (table, action):
        case ("sources", "authorize" | "fail" | "expire"):
            done = {"authorize": sources.authorize, "fail": sources.fail, "expire": sources.expire}
            return _done(done[action](world, subject), subject, "is no longer pending")
        case ("checkout_sessions", "pay"):
            method = body.get("method", "gcash")
            if method not in paying.WALLETS:
                raise ControlError(f"method must be one of {', '.join(paying.WALLETS)}.")
            paid = paying.pay(world, subject, method, str(body["base_url"]))
            return _done(paid, subject, "can no longer be paid")
        case ("checkout_sessions", "fail"):
            return _done(_fail(world, subject, body), subject, "can no longer be paid")
        case ("payments", "refund"):
            minor, _ = _money(body, subject["attributes"]["amount"], "PHP")
            refund = refunds.make(world, subject_id, minor, str(body.get("reason", "requested_by_customer")))
            return _flat(bare(refund))
        case ("refunds", "succeed" | "fail"):
            refunds.finish(world, subject, "succeeded" if action == "succeed" else "failed")
            return _flat(bare(subject))
    raise ControlError(f"{table} know no {action!r}.", status=404)


def _fail(world: World, session: Doc, body: Doc) -> bool:
    """A failed attempt, after which the session can still be paid."""
    if not sessions.is_payable(world, session):
        return False
    attempt = paying.attach(world, sessions.intent_of(world, session), "gcash", str(body["base_url"]))
    return paying.decline(world, attempt, "CLOSED")


def _done(done: bool, subject: Doc, why: str) -> Doc:
    if not done:
        raise ControlError(f"{subject['id']} {why}.", status=409)
    return _flat(bare(subject))


def defaults(world: World, overrides: Doc) -> None:
    """Put the settings to the documented values, changed by what the sandbox was started with."""
    world.sandbox.store.table(NAME, "settings")["now"] = merged(DEFAULTS, overrides)
