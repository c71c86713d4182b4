"""The browser comes back from the wallet: what the address says, and whether the wallet said it.

Source: RFC 9635 section 4.2.3, https://openpayments.dev/identity/hash-verification, and the wallets'
reference implementation for the forms in which hashes come.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from raseed.core.errors import BadSignature, MalformedDelivery
from raseed.gateways.signatures import refuse_repeated_parameters

#: Longer values are none of a wallet's.
_LONGEST = 255


@dataclass(frozen=True)
class Finish:
    """The payer decided, and the wallet says so in a hash that only we can check."""

    interact_ref: str = field(repr=False)
    hash: str = field(repr=False)


@dataclass(frozen=True)
class Rejected:
    """The address says that there is no consent. Anybody can write that: it proves nothing."""

    result: str
    message: str = ""


def read_finish(query_string: bytes) -> Finish | Rejected | None:
    """What the address of a return says; None where it is a plain visit.

    Raises MalformedDelivery for a repeated parameter, for `result` beside `hash` or `interact_ref`, for one
    of these two without the other, and for values that no wallet sends.
    """
    refuse_repeated_parameters(query_string)
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, max_num_fields=64, errors="strict"
        )
    except ValueError:
        raise MalformedDelivery("the query string cannot be read") from None
    said = {name: value for name, value in pairs if name in {"hash", "interact_ref", "result", "message"}}
    if "result" in said:
        if said.keys() & {"hash", "interact_ref"}:
            raise MalformedDelivery("the return says both that there is a consent and that there is none")
        return Rejected(_word(said["result"], "result"), said.get("message", "")[:_LONGEST])
    if not said.keys() & {"hash", "interact_ref"}:
        return None
    if not said.keys() >= {"hash", "interact_ref"}:
        raise MalformedDelivery("the return needs both hash and interact_ref")
    return Finish(interact_ref=_word(said["interact_ref"], "interact_ref"), hash=_word(said["hash"], "hash"))


def interaction_hash(client_nonce: str, server_nonce: str, interact_ref: str, grant_endpoint: str) -> bytes:
    """SHA-256 over the four values, each on its own line: 32 bytes."""
    return hashlib.sha256(
        "\n".join((client_nonce, server_nonce, interact_ref, grant_endpoint)).encode()
    ).digest()


def verify_finish(finish: Finish, *, client_nonce: str, server_nonce: str, grant_endpoint: str) -> None:
    """Raises BadSignature unless the wallet that knows both nonces sent the browser back.

    The hash may be padded or not, in either alphabet of base64. Older wallets make it over the grant
    endpoint with a slash more (or less) at its end than their document says; nothing else is tried.
    """
    given = _decoded(finish.hash)
    matched = False
    for endpoint in (grant_endpoint, _other_form(grant_endpoint)):
        expected = interaction_hash(client_nonce, server_nonce, finish.interact_ref, endpoint)
        matched |= hmac.compare_digest(expected, given)
    if not matched:
        raise BadSignature("the hash of the return was not made by the wallet for this consent")


def _other_form(endpoint: str) -> str:
    return endpoint[:-1] if endpoint.endswith("/") else f"{endpoint}/"


def _decoded(text: str) -> bytes:
    """The bytes of a hash. A plus sign that was not escaped has become a space on its way."""
    normal = text.replace("-", "+").replace("_", "/").replace(" ", "+").rstrip("=")
    try:
        return base64.b64decode(normal + "=" * (-len(normal) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _word(value: str, name: str) -> str:
    """One line of plain characters: a line feed would move the borders between the hashed values."""
    if not 0 < len(value) <= _LONGEST or not value.isascii() or not value.isprintable():
        raise MalformedDelivery(f"the {name} of the return is not one that a wallet sends")
    return value
