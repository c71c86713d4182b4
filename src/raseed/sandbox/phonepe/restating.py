"""Documents that say another amount or currency than is true."""

from __future__ import annotations

from raseed.sandbox.store import Doc
from raseed.sandbox.wrapping import unwrapped, wrapped

AMOUNTS = ("amount", "payableAmount")
CURRENCIES = ("currency", "payableCurrency", "feeCurrency")


def restate(document: object, *, minor: int | None, currency: str | None) -> object:
    """The same document with other money wherever an order or an attempt states it."""
    inside = unwrapped(document)
    if inside is not document:
        return wrapped("response", restate(inside, minor=minor, currency=currency))
    if isinstance(document, list):
        return [restate(item, minor=minor, currency=currency) for item in document]
    if not isinstance(document, dict):
        return document
    changed: Doc = {}
    for key, value in document.items():
        if key in AMOUNTS and type(value) is int and minor is not None:
            changed[key] = minor
        elif key in CURRENCIES and currency is not None:
            changed[key] = currency
        elif key == "metaInfo":  # the merchant's own
            changed[key] = value
        else:
            changed[key] = restate(value, minor=minor, currency=currency)
    return changed
