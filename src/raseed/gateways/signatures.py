"""Checks that every signed delivery goes through, whatever the gateway: secrets, JSON, query parameters."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from raseed.core.errors import ConfigurationError, MalformedDelivery

#: Real deliveries nest about fifteen levels; the parser's own limit depends on the caller's stack.
DEEPEST = 64

#: Digits of the largest amount or time that could be meant (a signed 64-bit integer has 19).
LONGEST_NUMBER = 19

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


class Secrets:
    """An account's webhook secrets: one, or several during a rotation. No debug page shows them.

    `setting` is named in the ConfigurationError for an empty secret: anyone could sign with it.
    """

    __slots__ = ("_secrets",)

    def __init__(self, value: str | Iterable[str], setting: str) -> None:
        try:
            texts = [value] if isinstance(value, str) and value else list(value)
        except TypeError:
            raise ConfigurationError(f"{setting} must be a list of texts, or one text.") from None
        if not all(isinstance(text, str) and text.strip() for text in texts):
            raise ConfigurationError(f"{setting} holds an empty secret. List only secrets that are set.")
        self._secrets = tuple(text.strip().encode() for text in texts)

    def __len__(self) -> int:
        return len(self._secrets)

    def __repr__(self) -> str:
        return f"Secrets({len(self)})"

    def holds(self, secret: str) -> bool:
        """Whether this is one of them."""
        given = secret.strip().encode("utf-8", "replace")
        return bool(given) and any(hmac.compare_digest(given, known) for known in self._secrets)

    def signed(self, message: bytes, signature: str, algorithm: str = "sha256") -> bool:
        """Whether a lower-case hex HMAC was made with one of the secrets.

        Every secret is tried and every comparison takes constant time, so that the answer's delay tells
        nothing about which secret is in use. An empty or non-ASCII signature never matches.
        """
        if not signature or not signature.isascii():
            return False
        matched = False
        for secret in self._secrets:
            expected = hmac.digest(secret, message, algorithm).hex()
            matched |= hmac.compare_digest(expected, signature)
        return matched


def strict_json(body: bytes) -> Any:
    """Parse JSON that means the same to every parser. Raises MalformedDelivery and nothing else.

    Refused: text that is not UTF-8, repeated names, NaN and Infinity, numbers too long for 64 bits,
    nesting deeper than DEEPEST.
    """
    if body.count(b"{") + body.count(b"[") > DEEPEST and _depth(body) > DEEPEST:
        raise MalformedDelivery(f"the body nests deeper than {DEEPEST} levels")
    try:
        return _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MalformedDelivery(f"the body is not JSON: {type(error).__name__}") from None


def refuse_repeated_parameters(query_string: bytes) -> None:
    """Two values for one name are read differently by different programs. Raises MalformedDelivery."""
    if not query_string:
        return
    try:
        names = [name for name, _ in parse_qsl(query_string, keep_blank_values=True, max_num_fields=64)]
    except ValueError:
        raise MalformedDelivery("the query string cannot be read") from None
    if len(set(names)) != len(names):
        raise MalformedDelivery("a query parameter is repeated")


def _depth(body: bytes) -> int:
    deepest = level = 0
    for byte in _STRINGS.sub(b"", body):
        if byte in b"{[":
            level += 1
            deepest = max(deepest, level)
        elif byte in b"}]":
            level -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is repeated")
    return members


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits)
    if len(digits) > 40 or value in {float("inf"), float("-inf")}:
        raise ValueError("a number is too long")
    return value


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=_integer,
    parse_float=_fraction,
    parse_constant=_no_constant,
)
