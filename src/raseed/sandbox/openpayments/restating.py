"""Reports of another amount or another currency, for faults."""

from __future__ import annotations

import copy

from raseed.sandbox.store import Doc

AMOUNTS = ("receivedAmount", "sentAmount")


def restate(document: object, *, minor: int | None, currency: str | None) -> object:
    """The same document with another sum moved, or another currency throughout."""
    changed = copy.deepcopy(document)
    for name, amount in _amounts(changed):
        if minor is not None and name in AMOUNTS:
            amount["value"] = str(minor)
        if currency is not None:
            amount["assetCode"] = currency
    return changed


def _amounts(document: object) -> list[tuple[str, Doc]]:
    found: list[tuple[str, Doc]] = []
    if isinstance(document, dict):
        for name, value in document.items():
            if isinstance(value, dict) and "assetCode" in value:
                found.append((name, value))
            elif name != "metadata":
                found += _amounts(value)
    elif isinstance(document, list):
        for value in document:
            found += _amounts(value)
    return found
