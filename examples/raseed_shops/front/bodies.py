"""How the shops' APIs read what they are sent, and say what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser


class Json(JSONParser):
    """JSON that nests too deeply is the caller's mistake, not ours."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError:
            raise ParseError("JSON parse error - it nests too deeply") from None


class JsonWithoutAName(Json):
    """JSON sent as plain text, as command lines and API clients do that were told only what to send.

    It opens no door: callers are known by a token in a header, which no page of another site can add.
    """

    media_type = "text/plain"


PARSERS = (Json, JsonWithoutAName, FormParser, MultiPartParser)


def in_words(detail: Any) -> str:
    """DRF's nested lists and names of fields as one line."""
    if isinstance(detail, Mapping):
        said = [(name, in_words(inner)) for name, inner in detail.items()]
        return " ".join(words if name == "non_field_errors" else f"{name}: {words}" for name, words in said)
    if isinstance(detail, list):
        return " ".join(map(in_words, detail))
    return str(detail)
