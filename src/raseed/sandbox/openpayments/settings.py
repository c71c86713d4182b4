"""What can be adjusted about the imitated wallets, with the reference implementation's values as defaults.

Lifetimes: packages/auth/src/config/app.ts and packages/backend/src/config/app.ts of `interledger/rafiki`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.store import Doc

DEFAULTS: Doc = {
    "signature_mode": "strict",  # or "rafiki": what the reference implementation lets through
    "signature_age_seconds": 300,  # how old a signature may be in strict mode; None: any age
    "wait_seconds": 5,  # between a grant request, or a poll, and the continuation
    "interaction_seconds": 600,  # how long the payer may take
    "token_seconds": 600,
    "quote_seconds": 300,
    "incoming_seconds": 30 * 86_400,  # an incoming payment's longest life, and the default
    "funding_seconds": 1,  # from the creation of an outgoing payment until the wallet puts money in
    "sending_seconds": 1,  # from then until it has arrived
    "fee_seconds": 5,  # from then until sentAmount holds the wallet's fee as well
    "tenant": "",  # an id that ends both servers' addresses, as multi-tenant wallets have it
    "hash_url": "as_is",  # "slash": the hash is made over authServer with a slash, as older wallets do
    "hash_encoding": "base64",  # "base64url": as RFC 9635 says; the reference implementation does not
    "rates": {"USD": "1", "EUR": "0.92", "JPY": "149.5", "MXN": "17.2", "INR": "83.4", "PHP": "56.1"},
}
DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
WORDS = {
    "signature_mode": ("strict", "rafiki"),
    "hash_url": ("as_is", "slash"),
    "hash_encoding": ("base64", "base64url"),
}
SECONDS = tuple(name for name in DEFAULTS if name.endswith("_seconds"))


def merged(settings: Doc, changes: dict[str, Any]) -> Doc:
    """`settings` with `changes` made. Raises ControlError where a change is wrong."""
    result = {**settings, "rates": dict(settings["rates"])}
    for name, value in changes.items():
        if name not in DEFAULTS:
            raise ControlError(f"there is no setting {name!r}; there are {', '.join(DEFAULTS)}.")
        if name == "rates":
            result["rates"].update(_rates(value))
            continue
        _check(name, value)
        result[name] = value
    return result


def _check(name: str, value: object) -> None:
    if name in WORDS and value not in WORDS[name]:
        raise ControlError(f"{name} must be one of {', '.join(WORDS[name])}, not {value!r}.")
    may_be_off = name == "signature_age_seconds" and value is None
    if name in SECONDS and not may_be_off and (type(value) is not int or not 0 <= value <= 10**9):
        raise ControlError(f"{name} must be whole seconds from 0, not {value!r}.")
    if name == "tenant" and not (
        isinstance(value, str) and (value == "" or value.replace("-", "").isalnum())
    ):
        raise ControlError("tenant must be letters, digits and dashes, or empty for none.")


def _rates(value: object) -> Doc:
    if not isinstance(value, dict) or not value:
        raise ControlError('rates must be an object such as {"EUR": "0.92"}: so much for one US dollar.')
    for code, rate in value.items():
        decimal(f"rates.{code}", rate)
    return value


def decimal(name: str, value: object, *, least: int | None = None) -> Fraction:
    """A decimal number written as text. Raises ControlError; `least`: the smallest value, else above 0."""
    number = Fraction(value) if isinstance(value, str) and DECIMAL.fullmatch(value) else None
    if number is None or (number <= 0 if least is None else number < least):
        raise ControlError(f'{name} must be a decimal number as text, such as "0.92", not {value!r}.')
    return number
