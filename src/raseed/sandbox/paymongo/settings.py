"""What can be adjusted about the imitated PayMongo, with the documented values as defaults."""

from __future__ import annotations

from typing import Any

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.paymongo.vocabulary import FEATURES, METHODS
from raseed.sandbox.store import Doc

#: Minimum amounts in centavos.
#: sources: 10000 is still printed for sources, https://developers.paymongo.com/reference/the-sources-object
#: payment_intents, and through theirs checkout_sessions and links: 2000,
#: https://docs.paymongo.com/docs/payment-acceptance-errors-pipm
#: payments: 2000, https://developers.paymongo.com/reference/payment-source
#: refunds: 100, https://developers.paymongo.com/reference/refund-resource
DOCUMENTED_MINIMUM = {
    "sources": 10_000,
    "payment_intents": 2000,
    "checkout_sessions": 2000,
    "links": 2000,
    "payments": 2000,
    "refunds": 100,
}

DEFAULTS: Doc = {
    "minimum": DOCUMENTED_MINIMUM,
    "business_name": "PAYMONGO",  # the payer's statement shows it; so in published test captures
    "signature_time": "fresh",  # t of a retry: "fresh" or "first"; which one PayMongo does is not known
    "acknowledge": "json",  # an answer counts as received when it is 200-209 with JSON; "status": any 2xx
    # what becomes of a pending refund: succeeded, failed, pending (stays), processing (becomes it and stays)
    "refund_outcome": "succeeded",
    "refund_seconds": 2,
    "source_open_seconds": 3600,  # https://paymongo.help/en/articles/4390968-why-do-payments-fail-or-get-declined
    "processing_seconds": 0,  # how long an intent is `processing` once the payer agreed
    "event_names": "classic",  # "both": the names of 2026 as well, payment_intent.succeeded and the like
    "capabilities": list(METHODS),  # the account's payment methods; others are organization_not_allowed
    "features": list(FEATURES),  # likewise
    "full_refund_only": [],  # methods without partial refunds; none, by the newer documentation
    "balance": None,  # centavos that refunds can be taken from; None: always enough
}
WORDS = {
    "signature_time": ("fresh", "first"),
    "acknowledge": ("json", "status"),
    "refund_outcome": ("succeeded", "failed", "pending", "processing"),
    "event_names": ("classic", "both"),
}
LISTS = {"capabilities": METHODS, "features": FEATURES, "full_refund_only": METHODS}
SECONDS = ("refund_seconds", "source_open_seconds", "processing_seconds")


def with_minimum(minor: int) -> Doc:
    """Settings that let everything be as small as `minor` centavos."""
    smaller = dict.fromkeys(DOCUMENTED_MINIMUM, minor)
    return {"minimum": {**smaller, "refunds": min(minor, DOCUMENTED_MINIMUM["refunds"])}}


def merged(settings: Doc, changes: dict[str, Any]) -> Doc:
    """`settings` with `changes` made. Raises ControlError where a change is wrong."""
    result = {**settings, "minimum": dict(settings["minimum"])}
    for name, value in changes.items():
        if name not in DEFAULTS:
            raise ControlError(f"there is no setting {name!r}; there are {', '.join(DEFAULTS)}.")
        if name == "minimum":
            result["minimum"].update(_minimum(value))
            continue
        _check(name, value)
        result[name] = value
    return result


def _minimum(value: object) -> dict[str, int]:
    if not isinstance(value, dict) or not value:
        raise ControlError('minimum must be an object such as {"sources": 100}.')
    for name, minor in value.items():
        if name not in DOCUMENTED_MINIMUM:
            raise ControlError(f"minimum knows {', '.join(DOCUMENTED_MINIMUM)}, not {name!r}.")
        if type(minor) is not int or minor < 1:
            raise ControlError(f"minimum.{name} must be centavos from 1, not {minor!r}.")
    return value


def _check(name: str, value: object) -> None:
    if name in WORDS and value not in WORDS[name]:
        raise ControlError(f"{name} must be one of {', '.join(WORDS[name])}, not {value!r}.")
    if name in SECONDS and (type(value) is not int or value < 0):
        raise ControlError(f"{name} must be whole seconds from 0, not {value!r}.")
    if name == "business_name" and (not isinstance(value, str) or not value):
        raise ControlError("business_name must be a text.")
    if name in LISTS:
        _check_list(name, value)
    if name == "balance" and value is not None and (type(value) is not int or value < 0):
        raise ControlError(f"balance must be centavos from 0, or null, not {value!r}.")


def _check_list(name: str, value: object) -> None:
    if not isinstance(value, list) or not all(item in LISTS[name] for item in value):
        raise ControlError(f"{name} must be a list of {', '.join(LISTS[name])}.")
