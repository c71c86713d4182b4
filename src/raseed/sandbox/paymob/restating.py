"""Documents that say another amount or currency than is true."""

from __future__ import annotations

from raseed.sandbox.store import Doc

AMOUNTS = ("amount_cents", "amount", "paid_amount_cents", "due_amount")
CURRENCIES = ("currency",)
#: what the merchant sent, which comes back as it is
OWN = ("items", "extra", "extras", "billing_data", "shipping_data")


def restate(document: object, *, minor: int | None, currency: str | None) -> object:
    """The same document with other money wherever an order or a transaction states it."""
    if isinstance(document, list):
        return [restate(item, minor=minor, currency=currency) for item in document]
    if not isinstance(document, dict):
        return document
    changed: Doc = {}
    for key, value in document.items():
        if key in AMOUNTS and type(value) is int and value and minor is not None:
            changed[key] = minor
        elif key in CURRENCIES and currency is not None:
            changed[key] = currency
        elif key in OWN:
            changed[key] = value
        else:
            changed[key] = restate(value, minor=minor, currency=currency)
    return changed
