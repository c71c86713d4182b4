"""What can be adjusted about the imitated PhonePe, with the documented values as defaults."""

from __future__ import annotations

import copy
from typing import Any

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.store import Doc

DEFAULTS: Doc = {
    "merchant_id": "RASEEDUAT",  # whose orders version 2 makes; its tokens do not name a merchant
    "business_name": "Test merchant",  # what the payer reads
    # client ids of version 2 and their secrets; empty: any id with any secret
    "clients": {},
    # merchants of version 1: salt keys by index; at first those of PhonePe's public samples, and one more
    "merchants": {
        "PGTESTPAYUAT": {"1": "099eb0cd-02cf-4e2a-8aca-3e6c6aff0399"},
        "PGTESTPAYUAT86": {"1": "96434309-7796-489d-8924-ab56988a6076"},
        "RASEEDUAT": {"1": "3f1c9a52-7b64-4d0e-9c11-5a2e8d6f0b7c"},
    },
    "token_seconds": 7200,  # how long a token of version 2 is good; PhonePe's samples differ
    "order_seconds": 1200,  # how long an order is open where the merchant does not say
    "minimum": 100,  # paise
    "refund_minimum": 100,  # paise; newer pages allow 1
    "attempt_events": True,  # whether checkout.transaction.attempt.failed is sent; newer pages do not list it
    "envelope": "both",  # a webhook says "event" and the older "type"; or only one of them; or it is "bare"
    "reused_order": "refuse",  # a merchantOrderId used before: "refuse", or "same" while nobody tried to pay
    # what becomes of a refund: completed, failed, confirmed (stays so), pending (stays so)
    "refund_outcome": "completed",
    "refund_seconds": 2,  # from pending to confirmed, and again to the end
    "refund_shape": "details",  # the refund status with paymentDetails; or "flat", as newer pages show it
}
WORDS = {
    "envelope": ("both", "event", "type", "bare"),
    "reused_order": ("refuse", "same"),
    "refund_outcome": ("completed", "failed", "confirmed", "pending"),
    "refund_shape": ("details", "flat"),
}
NUMBERS = {"token_seconds": 1, "order_seconds": 1, "minimum": 1, "refund_minimum": 1, "refund_seconds": 0}
TEXTS = ("merchant_id", "business_name")


def merged(settings: Doc, changes: dict[str, Any]) -> Doc:
    """`settings` with `changes` made. Raises ControlError where a change is wrong."""
    result = copy.deepcopy(settings)
    for name, value in changes.items():
        if name not in DEFAULTS:
            raise ControlError(f"there is no setting {name!r}; there are {', '.join(DEFAULTS)}.")
        if name == "merchants":
            result[name].update(_merchants(value))
            continue
        _check(name, value)
        result[name] = value
    return result


def _check(name: str, value: object) -> None:
    if name in WORDS and value not in WORDS[name]:
        raise ControlError(f"{name} must be one of {', '.join(WORDS[name])}, not {value!r}.")
    if name in NUMBERS and (type(value) is not int or value < NUMBERS[name]):
        raise ControlError(f"{name} must be a whole number from {NUMBERS[name]}, not {value!r}.")
    if name in TEXTS and (not isinstance(value, str) or not value):
        raise ControlError(f"{name} must be a text.")
    if name == "attempt_events" and not isinstance(value, bool):
        raise ControlError(f"attempt_events must be true or false, not {value!r}.")
    if name == "clients" and not _is_of_texts(value):
        raise ControlError('clients must be an object such as {"CLIENT_ID": "its secret"}.')


def _merchants(value: object) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict) or not all(keys and _is_of_texts(keys) for keys in value.values()):
        raise ControlError('merchants must be an object such as {"MERCHANTUAT": {"1": "its salt key"}}.')
    return value


def _is_of_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) and text for text in value.values())
