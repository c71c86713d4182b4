"""Reading a request's JSON. null is the same as nothing; a number may come as text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from raseed.sandbox.paymob.errors import ApiError, detail
from raseed.sandbox.store import Doc

URL = re.compile(r"https?://[^\s/]+[^\s]*", re.IGNORECASE)
REQUIRED = "This field is required."


class Fields:
    """The members of a JSON object. Everything that is asked for and does not fit raises ApiError (400)."""

    def __init__(self, document: Mapping[str, Any], *where: str) -> None:
        self.document = {key: value for key, value in document.items() if value is not None}
        self._where = where

    def text(self, name: str, longest: int = 255, *, required: bool = False) -> str:
        """A text; a number is taken as one. "" where it is missing."""
        value = self.document.get(name, "")
        if isinstance(value, (dict, list, bool)):
            raise self.wrong(name, "Not a valid string.")
        if required and not str(value).strip():
            raise self.wrong(name, REQUIRED)
        if len(str(value)) > longest:
            raise self.wrong(name, f"Ensure this field has no more than {longest} characters.")
        return str(value)

    def url(self, name: str) -> str:
        value = self.text(name, 2048)
        if value and not URL.fullmatch(value):
            raise self.wrong(name, "Enter a valid URL.")
        return value

    def whole(self, name: str, lowest: int, highest: int = 10**12) -> int | None:
        """A whole number, also as text; None where it is missing."""
        value = self.document.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 15:
            value = int(value)
        if value is None or value == "":
            return None
        if type(value) is not int:
            raise self.wrong(name, "A valid integer is required.")
        if not lowest <= value <= highest:
            raise self.wrong(name, f"Ensure this value is from {lowest} to {highest}.")
        return value

    def needed(self, name: str, lowest: int = 1) -> int:
        """A whole number that must be there."""
        value = self.whole(name, lowest)
        if value is None:
            raise self.wrong(name, REQUIRED)
        return value

    def flag(self, name: str) -> bool:
        """true or false, also as text."""
        value = self.document.get(name, False)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            value = value.lower() == "true"
        if not isinstance(value, bool):
            raise self.wrong(name, "Must be a valid boolean.")
        return value

    def part(self, name: str, *, required: bool = False) -> Fields:
        """An object within; an empty one where it is missing."""
        value = self.document.get(name)
        if required and not value:
            raise self.wrong(name, REQUIRED)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name, "Expected a dictionary of items.")
        return Fields(value or {}, *self._where, name)

    def parts(self, name: str) -> list[Fields]:
        """A list of objects; an empty one where it is missing."""
        rows = self.rows(name)
        if not all(isinstance(row, dict) for row in rows):
            raise self.wrong(name, "Expected a list of objects.")
        return [Fields(row, *self._where, name) for row in rows]

    def rows(self, name: str) -> list[Any]:
        """A list of anything; an empty one where it is missing."""
        value = self.document.get(name, [])
        if not isinstance(value, list):
            raise self.wrong(name, "Expected a list of items.")
        return value

    def wrong(self, name: str, why: str) -> ApiError:
        body: Doc = {name: [why]}
        for part in reversed(self._where):
            body = {part: body}
        return ApiError(400, body)


def document(body: bytes) -> Doc:
    """The JSON object in a body; {} for none. Raises ApiError (400)."""
    if not body.strip():
        return {}
    try:
        found = json.loads(body, parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()  # half of a character cannot be sent on
    except (ValueError, RecursionError) as error:
        raise detail(400, "JSON parse error") from error
    if not isinstance(found, dict):
        raise detail(400, "Invalid data. Expected a dictionary.")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")
