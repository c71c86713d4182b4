"""What can be adjusted about the imitated Paymob, with what is documented as defaults."""

from __future__ import annotations

import copy
from typing import Any

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.paymob.countries import COUNTRIES, CURRENCIES
from raseed.sandbox.paymob.vocabulary import KINDS
from raseed.sandbox.store import Doc

DEFAULTS: Doc = {
    "company_name": "Test merchant",  # what the payer reads
    "country": "egy",  # of calls whose key has no prefix, and of the older API
    "profile_id": 900_001,  # the merchant
    "owner": 410_001,  # the user whose keys these are; also user_id
    "hmac_secret": "sandbox-hmac-secret",
    "api_keys": [],  # of the older API; empty: any
    "secret_keys": [],  # empty: any that looks like one, such as egy_sk_test_shop
    # by integration id: kind, currency ("" for all) and whether it is live (null for both)
    "secret_key_scheme": "any",  # before a secret key: "token", as documented, or "any": clients send Bearer
    "integrations": {
        "4000111": {"kind": "card", "currency": "", "live": None},
        "4000222": {"kind": "wallet", "currency": "", "live": None},
        "4000333": {"kind": "moto", "currency": "", "live": None},
        "4000444": {"kind": "kiosk", "currency": "", "live": None},
        "4000555": {"kind": "auth", "currency": "", "live": None},
        "4000666": {"kind": "cash", "currency": "", "live": None},
    },
    "unknown_integrations": "card",  # an id that is not listed: a "card" integration, or "refuse"
    "token_seconds": 3600,  # how long an auth token is good
    "duplicate_status": 422,  # a merchant's reference that was used before; not documented
    "duplicate_message": "duplicate",
    "after_decline": "return",  # after a declined attempt the payer goes back to the shop; or may "stay"
    "pending_callbacks": "waiting",  # what is told as pending: "off", kiosk and cash ("waiting"), or "all"
    "refund_callbacks": "parent",  # which transaction a refund, void or capture tells: parent, child, both
    "token_callback_first": False,  # whether a saved card is told before its transaction
    "saved_again": "new",  # a card that is saved again has a "new" token, or the "same"
    "masked_pan": "full",  # xxxx-xxxx-xxxx-2346, or "last4"
}
WORDS = {
    "secret_key_scheme": ("token", "any"),
    "country": tuple(COUNTRIES),
    "unknown_integrations": ("card", "refuse"),
    "after_decline": ("return", "stay"),
    "pending_callbacks": ("off", "waiting", "all"),
    "refund_callbacks": ("parent", "child", "both"),
    "saved_again": ("new", "same"),
    "masked_pan": ("full", "last4"),
}
NUMBERS = {
    "profile_id": (1, 10**9),
    "owner": (1, 10**9),
    "token_seconds": (1, 10**9),
    "duplicate_status": (400, 499),
}
TEXTS = ("company_name", "hmac_secret", "duplicate_message")
FLAGS = ("token_callback_first",)
LISTS = ("api_keys", "secret_keys")


def merged(settings: Doc, changes: dict[str, Any]) -> Doc:
    """`settings` with `changes` made; integrations are added. Raises ControlError where a change is wrong."""
    result = copy.deepcopy(settings)
    for name, value in changes.items():
        if name not in DEFAULTS:
            raise ControlError(f"there is no setting {name!r}; there are {', '.join(DEFAULTS)}.")
        if name == "integrations":
            result[name].update(_integrations(value))
            continue
        _check(name, value)
        result[name] = value
    return result


def _check(name: str, value: object) -> None:
    if name in WORDS and value not in WORDS[name]:
        raise ControlError(f"{name} must be one of {', '.join(WORDS[name])}, not {value!r}.")
    if name in NUMBERS:
        lowest, highest = NUMBERS[name]
        if type(value) is not int or not lowest <= value <= highest:
            raise ControlError(f"{name} must be a whole number from {lowest} to {highest}, not {value!r}.")
    if name in FLAGS and not isinstance(value, bool):
        raise ControlError(f"{name} must be true or false, not {value!r}.")
    if name in TEXTS and (not isinstance(value, str) or not value):
        raise ControlError(f"{name} must be a text.")
    if name in LISTS and not (isinstance(value, list) and all(isinstance(key, str) and key for key in value)):
        raise ControlError(f"{name} must be a list of texts.")


def _integrations(value: object) -> dict[str, Doc]:
    if not isinstance(value, dict):
        raise ControlError('integrations must be an object such as {"4000111": {"kind": "card"}}.')
    return {str(name): integration(name, row) for name, row in value.items()}


def integration(name: object, row: object) -> Doc:
    """One integration as it is kept. Raises ControlError."""
    if not isinstance(name, str) or not name.isascii() or not name.isdigit() or not 0 < len(name) < 12:
        raise ControlError(f"an integration's id is a number, not {name!r}.")
    stated = row if isinstance(row, dict) else {}
    kind, currency, live = stated.get("kind", "card"), stated.get("currency", ""), stated.get("live")
    if kind not in KINDS or currency not in ("", *CURRENCIES) or live not in (None, True, False):
        raise ControlError(
            f"integration {name} needs a kind of {', '.join(KINDS)}; it may have a currency of "
            f"{', '.join(CURRENCIES)}, and live true or false."
        )
    return {"kind": kind, "currency": currency, "live": live}
