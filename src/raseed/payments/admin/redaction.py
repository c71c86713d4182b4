"""Bodies and texts as people may see them: values that look like secrets are masked. Pure.

Masking errs on the careful side: a harmless value under a suspicious name is hidden as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl

MASK = "••••••"

#: A text longer than this is cut; the digest tells whether two are the same.
LONGEST_SHOWN = 64 * 1024

#: Anywhere in a name.
_SECRET_PARTS = (
    "token",
    "secret",
    "passw",
    "signature",
    "hmac",
    "authoriz",
    "credential",
    "cookie",
    "cvc",
    "cvv",
    "cardnumber",
    "bearer",
)
#: Only as a whole word of a name: they are parts of harmless words ("company", "shipping").
_SECRET_WORDS = frozenset({"pan", "pin", "pwd", "otp", "jwt", "iban", "csc"})

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_VALUE = re.compile(r"\b(?:sk|whsk|whsec|rk)_\w{6,}|\beyJ[\w-]{8,}(?:\.[\w-]*)*|(?i:\bbearer\s+\S+)")
_CARD_NUMBER = re.compile(r"(?<!\d)\d(?:[ -]?\d){13,18}(?!\d)")
_NAMED = re.compile(r"""([\w.-]{2,64})["']?\s{0,8}[=:]\s{0,8}""")
_VALUE = re.compile(
    r"""(?P<quote>["'])(?:\\.|(?!(?P=quote)).)*(?P=quote)?|(?:(?i:bearer|basic|token)\s+)?[^\s&,;"'{}\[\]]+""",
    re.DOTALL,
)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def looks_secret(name: str) -> bool:
    """Does a member, parameter or header of this name carry something reusable?"""
    words = [word.lower() for word in _WORD.findall(name)]
    joined = "".join(words)
    return (
        joined.endswith("key")
        or any(part in joined for part in _SECRET_PARTS)
        or not _SECRET_WORDS.isdisjoint(words)
    )


def redacted(value: Any, secret_names: Collection[str] = (), path: str = "") -> Any:
    """A document with its secrets masked. `secret_names` are dotted names that are secret as well."""
    if isinstance(value, Mapping):
        return {
            str(name): _member(str(name), item, secret_names, f"{path}.{name}" if path else str(name))
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [redacted(item, secret_names, path) for item in value]
    if isinstance(value, str):
        return redacted_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        shown = _without_cards(str(value))
        return value if shown == str(value) else shown
    return value


def _member(name: str, value: Any, secret_names: Collection[str], path: str) -> Any:
    """Nothing and yes or no give nothing away, whatever they are called."""
    if value is None or isinstance(value, bool):
        return value
    if path in secret_names or looks_secret(name):
        return MASK
    return redacted(value, secret_names, path)


def redacted_text(text: str) -> str:
    """A text with the values of secret names, keys, tokens and card numbers masked."""
    return _without_cards(_SECRET_VALUE.sub(MASK, _without_secret_values(text)))


def _without_secret_values(text: str) -> str:
    kept, done = [], 0
    for name in _NAMED.finditer(text):
        if name.start() < done or not looks_secret(name[1]):
            continue
        value = _VALUE.match(text, name.end())
        if value is not None:
            quote = value["quote"] or ""
            kept += [text[done : name.end()], quote, MASK, quote]
            done = value.end()
    return "".join([*kept, text[done:]])


def _without_cards(text: str) -> str:
    return _CARD_NUMBER.sub(lambda found: MASK if _is_card_number(found[0]) else found[0], text)


def _is_card_number(text: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812): it tells them from most other long numbers."""
    digits = [int(digit) for digit in reversed(text) if digit.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def parsed(body: bytes, content_type: str = "") -> Any | None:
    """The document or the form in a body; None when it is neither."""
    try:
        if "x-www-form-urlencoded" in content_type.lower():
            return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, (dict, list)) else None


def pretty(document: Any, secret_names: Collection[str] = ()) -> str:
    """A document for people: indented, in its own order, its secrets masked."""
    return _cut(printable(json.dumps(redacted(document, secret_names), indent=2, ensure_ascii=False)))


def shown_text(body: bytes) -> str:
    """Bytes of any origin as text for people; what a screen would act on is shown as �."""
    return _cut(redacted_text(printable(body.decode("utf-8", "replace"))))


def printable(text: str) -> str:
    """Control characters, and those that turn the direction of writing, replaced."""
    return _UNPRINTABLE.sub("�", text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}\n… cut here"
