"""HTTP Basic with the key as user name. Any well-formed key is good; its prefix chooses the world."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from raseed.sandbox.paymongo.errors import refused

KEY = re.compile(r"(pk|sk)_(test|live)_[A-Za-z0-9_\-]{1,255}")


@dataclass(frozen=True)
class Key:
    """A merchant's key: secret or public, test or live."""

    text: str
    is_secret: bool
    mode: str


def key_of(authorization: str) -> Key:
    """The key in an Authorization header. Raises ApiError (401).

    The colon after the key may be missing, because SDKs in use leave it out. The code `api_key_invalid`
    is known from third-party tests only; PayMongo documents the status alone.
    """
    scheme, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        decoded = ""
    text, _, password = decoded.partition(":")
    match = KEY.fullmatch(text)
    if scheme.lower() != "basic" or match is None or password:
        detail = "API key is missing or invalid. Send it as the user name of HTTP Basic authentication."
        raise refused("api_key_invalid", detail, status=401)
    return Key(text, match[1] == "sk", match[2])
