"""JSON that travels as base64 inside other JSON: `{"request": …}` and `{"response": …}` of older APIs.

References, amounts and ids are looked for inside; what is signed and sent stays as it is.
"""

from __future__ import annotations

import base64
import binascii
import json

NAMES = ("request", "response")


def wrapped(name: str, document: object) -> dict[str, str]:
    """`{name: base64}` of a document."""
    plain = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return {name: base64.b64encode(plain.encode()).decode()}


def unwrapped(document: object) -> object:
    """What lies inside; any other document as it is."""
    if isinstance(document, dict) and len(document) == 1:
        name, text = next(iter(document.items()))
        if name in NAMES and isinstance(text, str):
            return _decoded(text, document)
    return document


def _decoded(text: str, otherwise: object) -> object:
    try:
        return json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return otherwise


def plain(body: str) -> str:
    """A body as text in which references can be found; any other text as it is."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return body
    inside = unwrapped(document)
    return body if inside is document else json.dumps(inside, ensure_ascii=False)
