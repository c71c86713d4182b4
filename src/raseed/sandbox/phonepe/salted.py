"""Who may call version 1: X-VERIFY, made from the salt key of a merchant.

https://developer.phonepe.com/v1/reference/pay-api-1
"""

from __future__ import annotations

import hmac

from raseed.sandbox.phonepe.errors import ApiError, refused
from raseed.sandbox.phonepe.fields import Fields, document
from raseed.sandbox.phonepe.signing import x_verify
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.wrapping import unwrapped


def opened(world: World, body: bytes, path: str, header: str) -> tuple[Fields, str, str]:
    """What lies in `{"request": base64}`, its merchant, and the index of the salt key it is signed with.

    Raises ApiError: 400 where it cannot be read, 401 where the signature is not this merchant's.
    """
    outer = document(body)
    text, inside = Fields(outer).text("request", 100_000), unwrapped({"request": outer.get("request")})
    if not text or not isinstance(inside, dict) or "request" in inside:
        raise refused("BAD_REQUEST", "request must be base64 of a JSON object.")
    fields = Fields(inside)
    merchant = fields.text("merchantId", 38)
    return fields, merchant, check(world, merchant, text + path, header)


def check(world: World, merchant: str, text: str, header: str) -> str:
    """The salt index of a right X-VERIFY over `text`. Raises ApiError."""
    keys = world.settings["merchants"].get(merchant)
    if keys is None:
        raise refused("KEY_NOT_CONFIGURED", f"Key not found for the merchant {merchant}")
    index = header.rpartition("###")[2]
    right = x_verify(text, keys[index], index) if index in keys else ""
    if not right or not hmac.compare_digest(right.encode(), header.encode()):
        raise ApiError(401, {"code": "401"})
    return index
