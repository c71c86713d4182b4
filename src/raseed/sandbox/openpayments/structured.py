"""Structured fields, https://www.rfc-editor.org/rfc/rfc8941, as far as signatures and digests need them."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*")
STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
INTEGER = re.compile(r"-?\d{1,15}(?![\d.])")
BYTES = re.compile(r":([A-Za-z0-9+/=]*):")
BOOLEAN = re.compile(r"\?([01])")


class Malformed(ValueError):
    """The text is no structured field; the message says where it stops being one."""


class Token(str):
    """A bare word, which is not the same as a quoted string."""

    __slots__ = ()


Bare = str | int | bool | bytes | Token


@dataclass(frozen=True)
class Item:
    """A value with its parameters, or where `value` is a tuple, an inner list with those."""

    value: Bare | tuple[Item, ...]
    parameters: dict[str, Bare] = field(default_factory=dict)


def serialized(item: Item) -> str:
    """The one way RFC 8941 writes an item or an inner list down."""
    value = item.value
    text = f"({' '.join(map(serialized, value))})" if isinstance(value, tuple) else _bare(value)
    parts = (
        f";{key}" if value is True else f";{key}={_bare(value)}" for key, value in item.parameters.items()
    )
    return text + "".join(parts)


def _bare(value: Bare) -> str:
    if isinstance(value, bool):
        return f"?{int(value)}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    if isinstance(value, Token):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def dictionary(text: str) -> dict[str, Item]:
    """The members of a dictionary. Raises Malformed; a repeated member is refused here, not overwritten."""
    reader = _Reader(text.strip(" "))
    members: dict[str, Item] = {}
    while not reader.is_done():
        key = reader.match(KEY, "a key").group()
        if key in members:
            raise Malformed(f"{key!r} is there twice")
        members[key] = reader.member() if reader.skip("=") else Item(True, reader.parameters())
        reader.spaces()
        if reader.is_done():
            return members
        reader.demand(",")
        reader.spaces()
        if reader.is_done():
            raise Malformed("a comma at the end")
    return members


class _Reader:
    """Reads from the left; every method leaves the position behind what it read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def is_done(self) -> bool:
        return self._at >= len(self._text)

    def skip(self, text: str) -> bool:
        found = self._text.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def demand(self, text: str) -> None:
        if not self.skip(text):
            raise Malformed(f"{text!r} expected at {self._text[self._at : self._at + 20]!r}")

    def spaces(self) -> None:
        while self.skip(" ") or self.skip("\t"):
            pass

    def match(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise Malformed(f"{what} expected at {self._text[self._at : self._at + 20]!r}")
        self._at = found.end()
        return found

    def member(self) -> Item:
        if not self.skip("("):
            return Item(self.bare(), self.parameters())
        inner: list[Item] = []
        while True:
            while self.skip(" "):
                pass
            if self.skip(")"):
                return Item(tuple(inner), self.parameters())
            if inner and self._text[self._at - 1] != " ":
                raise Malformed(f"a space expected at {self._text[self._at : self._at + 20]!r}")
            inner.append(Item(self.bare(), self.parameters()))

    def parameters(self) -> dict[str, Bare]:
        found: dict[str, Bare] = {}
        while self.skip(";"):
            while self.skip(" "):
                pass
            key = self.match(KEY, "a parameter").group()
            if key in found:
                raise Malformed(f"the parameter {key!r} is there twice")
            found[key] = self.bare() if self.skip("=") else True
        return found

    def bare(self) -> Bare:
        first = self._text[self._at : self._at + 1]
        if first == '"':
            return re.sub(r'\\(["\\])', r"\1", self.match(STRING, "a string").group(1))
        if first == ":":
            return self._bytes()
        if first == "?":
            return self.match(BOOLEAN, "a boolean").group(1) == "1"
        if first == "-" or first.isdigit():
            return int(self.match(INTEGER, "an integer").group())
        return Token(self.match(TOKEN, "a value").group())

    def _bytes(self) -> bytes:
        try:
            return base64.b64decode(self.match(BYTES, "bytes between colons").group(1), validate=True)
        except binascii.Error as error:
            raise Malformed("the base64 is wrong") from error
