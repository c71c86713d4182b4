"""Callbacks that Paymob would not send: made up, altered, out of date, or in the shape of a split payment."""

from __future__ import annotations

import copy

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.paymob import orders, telling, views
from raseed.sandbox.paymob.fields import URL
from raseed.sandbox.paymob.signing import transaction_hmac
from raseed.sandbox.paymob.vocabulary import (
    DECLINED,
    OUTCOMES,
    PAID,
    PAYMENT,
    PLAIN_DECLINE,
    TOLD_DECLINED,
    TOLD_PAID,
)
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc

#: the event of what nobody at Paymob would say; such a delivery is not signed
FORGED = "forged"


def made_up(world: World, body: Doc) -> Doc:
    """Tell a `url` any `body` as it stands; a signature can be part of the address."""
    url, told = body.get("url"), body.get("body")
    if not isinstance(url, str) or not URL.fullmatch(url) or not isinstance(told, dict):
        raise ControlError("url must be an http or https address, and body an object.")
    telling.submit(world, url, FORGED, told)
    return told


def altered(world: World, body: Doc) -> Doc:
    """Tell a `transaction` again with some `changes` made, rightly signed over what then stands there.

    A change to what is not signed leaves the signature as it was, as for whoever replays a genuine callback.
    """
    row = world.table("transactions").get(str(body.get("transaction")))
    changes = body.get("changes", {})
    if row is None or not isinstance(changes, dict):
        raise ControlError("transaction must be the number of one, and changes an object.", status=404)
    obj = merged(views.transaction(world, row), changes)
    try:
        transaction_hmac(obj, "")
    except (KeyError, TypeError) as error:
        raise ControlError("changes must leave order.id and source_data as they are shaped.") from error
    telling.submit(world, telling.address(world, row), TOLD_PAID, telling.enveloped(obj))
    return obj


def merged(document: Doc, changes: Doc) -> Doc:
    """The document with members replaced, also within its objects."""
    result = copy.deepcopy(document)
    for name, value in changes.items():
        inside = result.get(name)
        result[name] = (
            merged(inside, value) if isinstance(inside, dict) and isinstance(value, dict) else value
        )
    return result


def stale(world: World, order: Doc) -> bool:
    """Say of what is paid that it was declined, as an older callback coming late. False: nothing is."""
    paid = orders.paid(world, order)
    if not paid:
        return False
    older = {**paid[-1], "state": DECLINED, "refunded": 0, "captured": 0, "is_voided": False}
    older |= {"updated_at": older["created_at"], "outcome": list(OUTCOMES[PLAIN_DECLINE])}
    body = telling.enveloped(views.transaction(world, older))
    telling.submit(world, telling.address(world, older), TOLD_DECLINED, body)
    return True


def split(world: World, order: Doc) -> bool:
    """Tell all of an order in one callback, newest first, each signed by itself. False: nothing happened yet.

    https://developers.paymob.com/paymob-docs/split-features-implementation
    """
    rows = orders.transactions(world, order)[::-1]
    if not rows:
        return False
    shown = [views.transaction(world, row) for row in rows]
    secret = world.settings["hmac_secret"]
    signed = [{**obj, "hmac": transaction_hmac(obj, secret)} for obj in shown]
    event = (
        TOLD_PAID if any(row["state"] == PAID and row["action"] == PAYMENT for row in rows) else TOLD_DECLINED
    )
    body = {"order_id": order["id"], "is_split_payment": True, "transactions": signed}
    telling.submit(world, telling.address(world, rows[-1]), event, body)
    return True
