"""Reading a request's JSON. null is the same as nothing: the official clients send it for what is not set."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from raseed.sandbox.phonepe.errors import bad_request
from raseed.sandbox.store import Doc

NAME = re.compile(r"[A-Za-z0-9_-]+")
URL = re.compile(r"https?://[^\s/]+[^\s]*|[a-z][a-z0-9+.-]*://[^\s]+", re.IGNORECASE)


class Fields:
    """The members of a JSON object. Everything that is asked for and does not fit raises ApiError (400)."""

    def __init__(self, document: Mapping[str, Any], where: str = "") -> None:
        self._document = {key: value for key, value in document.items() if value is not None}
        self._where = where

    def text(self, name: str, longest: int, pattern: re.Pattern[str] | None = None) -> str:
        """A text of at most so many characters; "" where it is missing."""
        value = self._document.get(name, "")
        if not isinstance(value, str) or len(value) > longest:
            raise self.wrong(name, f"must be a text of at most {longest} characters")
        if value and pattern is not None and not pattern.fullmatch(value):
            raise self.wrong(name, "holds characters that are not allowed")
        return value

    def name(self, name: str, longest: int) -> str:
        """An id of the merchant's own, which must be there."""
        value = self.text(name, longest, NAME)
        if not value:
            raise self.wrong(name, "is missing")
        return value

    def url(self, name: str, *, required: bool = False) -> str:
        value = self.text(name, 2048, URL)
        if required and not value:
            raise self.wrong(name, "is missing")
        return value

    def whole(self, name: str, lowest: int, highest: int = 10**15) -> int | None:
        """A whole number; None where it is missing."""
        value = self._document.get(name)
        if value is not None and (type(value) is not int or not lowest <= value <= highest):
            raise self.wrong(name, f"must be a whole number from {lowest} to {highest}")
        return value

    def amount(self, lowest: int) -> int:
        value = self.whole("amount", lowest)
        if value is None:
            raise self.wrong("amount", "is missing")
        return value

    def flag(self, name: str) -> bool:
        value = self._document.get(name, False)
        if not isinstance(value, bool):
            raise self.wrong(name, "must be true or false")
        return value

    def part(self, name: str, *, required: bool = False) -> Fields:
        """An object within; an empty one where it is missing."""
        value = self._document.get(name)
        if value is None and required:
            raise self.wrong(name, "is missing")
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name, "must be an object")
        return Fields(value or {}, f"{self._where}{name}.")

    def parts(self, name: str) -> list[Fields] | None:
        """A list of objects; None where it is missing."""
        value = self._document.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(name, "must be a list of objects")
        return [Fields(item, f"{self._where}{name}.") for item in value]

    def texts(self, name: str) -> list[str]:
        value = self._document.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(name, "must be a list of texts")
        return value

    def names(self) -> list[str]:
        """What is stated at all."""
        return list(self._document)

    def wrong(self, name: str, why: str) -> Exception:
        return bad_request(f"{self._where}{name} {why}.")


def document(body: bytes) -> Doc:
    """The JSON object in a body. Raises ApiError (400)."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise bad_request("the body is not JSON.") from error
    if not isinstance(found, dict):
        raise bad_request("the body is not a JSON object.")
    return found
