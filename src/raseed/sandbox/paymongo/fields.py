"""Reading a request's attributes: every field is checked, and all that is wrong is answered at once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection
from typing import Any

from raseed.sandbox.paymongo.errors import ApiError, problem, refused
from raseed.sandbox.store import Doc

#: https://developers.paymongo.com/reference/the-payment-intent-object
LARGEST_AMOUNT = 999_999_999
#: Deeper JSON than this is refused; no documented call nests further than five.
DEEPEST = 32
URL = re.compile(r"https?:[^\s\x00-\x1f\x7f]+", re.IGNORECASE)


class Fields:
    """The attributes of one request. Read what you need, then call `done`."""

    def __init__(self, values: Doc, prefix: str = "", problems: list[Doc] | None = None) -> None:
        self._values = values
        self._prefix = prefix
        self.problems: list[Doc] = [] if problems is None else problems

    def done(self) -> None:
        """Raise what was found wrong, if anything was."""
        if self.problems:
            raise ApiError(400, self.problems)

    def wrong(self, code: str, name: str, detail: str) -> None:
        self.problems.append(problem(code, detail, self._prefix + name))

    def given(self, name: str) -> bool:
        return self._values.get(name) is not None

    def _value(self, name: str, required: bool) -> Any:
        value = self._values.get(name)
        if value is None and required:
            self.wrong("parameter_required", name, f"{self._prefix}{name} is required.")
        return value

    def _typed(self, name: str, kind: type, word: str, required: bool) -> Any:
        value = self._value(name, required)
        if value is not None and type(value) is not kind:
            self.wrong("parameter_data_type_invalid", name, f"{self._prefix}{name} should be {word}.")
            return None
        return value

    def integer(
        self, name: str, *, minimum: int | None = None, maximum: int = LARGEST_AMOUNT, required: bool = True
    ) -> int:
        """A whole number within its limits; 0 when it is missing or wrong."""
        value = self._typed(name, int, "an integer", required)
        if value is None:
            return 0
        self.limits(name, value, minimum, maximum)
        return int(value)

    def limits(self, name: str, value: int, minimum: int | None, maximum: int = LARGEST_AMOUNT) -> None:
        """Texts: https://docs.paymongo.com/docs/payment-acceptance-errors-pipm"""
        path = self._prefix + name
        if minimum is not None and value < minimum:
            self.wrong("parameter_below_minimum", name, f"The minimum value for the {path} is {minimum}.")
        if value > maximum:
            detail = f"The maximum value for the {path} cannot be greater than {maximum}."
            self.wrong("parameter_above_maximum", name, detail)

    def text(self, name: str, *, required: bool = False, longest: int = 5000) -> str | None:
        value = self._typed(name, str, "a string", required)
        if value is None:
            return None
        if required and not value.strip():
            self.wrong("parameter_required", name, f"{self._prefix}{name} is required.")
        if len(value) > longest:
            self.wrong("parameter_format_invalid", name, f"{self._prefix}{name} format is invalid.")
        return str(value)

    def url(self, name: str, *, required: bool = False) -> str | None:
        value = self.text(name, required=required)
        if value and not URL.fullmatch(value):
            self.wrong("parameter_format_invalid", name, f"{self._prefix}{name} format is invalid.")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self._typed(name, bool, "a boolean", required=False)
        return default if value is None else bool(value)

    def choice(self, name: str, options: Collection[str], *, label: str = "") -> str:
        """One of `options`; `label` is the name the answer uses where it differs from the attribute's."""
        value = self._typed(name, str, "a string", required=True)
        if value is not None and value not in options:
            self.wrong(
                "parameter_invalid",
                label or name,
                f"The {label or self._prefix + name} passed {value} is invalid.",
            )
        return str(value)

    def choices(self, name: str, options: Collection[str]) -> list[str]:
        """A list of one or more of `options`."""
        values = self._typed(name, list, "an array", required=True)
        if values is None:
            return []
        if not values:
            self.wrong("parameter_required", name, f"{self._prefix}{name} is required.")
        for value in values:
            if not isinstance(value, str):
                self.wrong(
                    "parameter_data_type_invalid",
                    name,
                    f"{self._prefix}{name} should be an array of strings.",
                )
            elif value not in options:
                self.wrong("parameter_invalid", name, f"The {self._prefix}{name} passed {value} is invalid.")
        return list(dict.fromkeys(map(str, values)))

    def texts(self, name: str) -> list[str]:
        """A list of texts, empty when it is missing."""
        values = self._typed(name, list, "an array", required=False) or []
        if not all(isinstance(value, str) for value in values):
            self.wrong(
                "parameter_data_type_invalid", name, f"{self._prefix}{name} should be an array of strings."
            )
            return []
        return list(values)

    def nested(self, name: str, *, required: bool = False) -> Fields | None:
        value = self._typed(name, dict, "an object", required)
        return None if value is None else Fields(value, f"{self._prefix}{name}.", self.problems)

    def nested_list(self, name: str) -> list[Fields]:
        """A list of one or more objects."""
        values = self._typed(name, list, "an array", required=True)
        if values is None:
            return []
        if not values:
            self.wrong("parameter_required", name, f"{self._prefix}{name} is required.")
        items = []
        for number, value in enumerate(values):
            if isinstance(value, dict):
                items.append(Fields(value, f"{self._prefix}{name}.{number}.", self.problems))
            else:
                path = f"{name}.{number}"
                self.wrong("parameter_data_type_invalid", path, f"{self._prefix}{path} should be an object.")
        return items

    def metadata(self) -> Doc | None:
        """Flat key to value. A nested value comes back as Ruby would print it, as seen on the real API."""
        value = self._typed("metadata", dict, "an object", required=False)
        if value is None:
            return None
        return {key: ruby(item) if isinstance(item, (dict, list)) else item for key, item in value.items()}

    def billing(self) -> Doc | None:
        """The payer, completed with nulls in the way that resources show it."""
        billing = self.nested("billing")
        if billing is None:
            return None
        address = billing.nested("address") or Fields({}, "", self.problems)
        parts = ("city", "country", "line1", "line2", "postal_code", "state")
        return {
            "address": {part: address.text(part) for part in parts},
            "email": billing.text("email"),
            "name": billing.text("name"),
            "phone": billing.text("phone"),
        }


NO_BILLING: Doc = {
    "address": {
        "city": None,
        "country": None,
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    },
    "email": None,
    "name": None,
    "phone": None,
}


def ruby(value: object) -> str:
    """A value as Ruby's `inspect` prints it: `[{:id=>"a", :qty=>1}]`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f":{key}=>{ruby(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(ruby, value)) + "]"
    if value is None:
        return "nil"
    return json.dumps(value, ensure_ascii=False)


def attributes_of(body: bytes) -> Doc:
    """`data.attributes` of a request body. Raises ApiError (400) for anything else."""
    document = document_of(body)
    if not isinstance(document, dict):
        raise refused("parameter_data_type_invalid", "The request body should be an object.")
    for name, pointer in (("data", "data"), ("attributes", "data.attributes")):
        document = document.get(name)
        if document is None:
            raise refused("parameter_required", f"{pointer} is required.", pointer)
        if not isinstance(document, dict):
            raise refused("parameter_data_type_invalid", f"{pointer} should be an object.", pointer)
    return dict(document)


def document_of(body: bytes) -> Any:
    """A request body as JSON. Raises ApiError (400)."""
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        _check(document)
    except (ValueError, RecursionError) as error:
        raise refused("parameter_format_invalid", "The request body is not valid JSON.") from error
    return document


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def _check(value: object, depth: int = 0) -> None:
    """Raise ValueError for what JSON text can carry but no answer could repeat."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        value.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that is too large")
    elif isinstance(value, dict):
        for key, item in value.items():
            key.encode()
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
