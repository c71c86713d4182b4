"""Reads request bodies and refuses what the official schemas do not allow.

Source: the request schemas of auth-server.yaml and resource-server.yaml 1.3.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from raseed.sandbox.store import Doc

RECEIVER = re.compile(r"https?://.+/incoming-payments/.+")
GREATEST = 2**64 - 1
ACTIONS = {
    "incoming-payment": ("create", "complete", "read", "read-all", "list", "list-all"),
    "quote": ("create", "read", "read-all"),
    "outgoing-payment": ("create", "read", "read-all", "list", "list-all"),
}
JWK = {"alg": "EdDSA", "kty": "OKP", "crv": "Ed25519"}


class WrongShape(ValueError):
    """The body is not what the schema says; the message says where."""


def document(body: bytes) -> Doc:
    """The JSON object in a body. Raises WrongShape."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WrongShape("the body is not JSON") from error
    if not isinstance(found, dict):
        raise WrongShape("the body must be an object")
    return found


def members(doc: object, where: str, required: Collection[str], optional: Collection[str] | None = ()) -> Doc:
    """An object with all of `required` and nothing beyond `optional`; None: whatever else."""
    if not isinstance(doc, dict):
        raise WrongShape(f"{where} must be an object")
    for name in required:
        if name not in doc:
            raise WrongShape(f"{where} must have required property '{name}'")
    for name in doc if optional is not None else ():
        if name not in required and name not in (optional or ()):
            raise WrongShape(f"{where} must not have the property '{name}'")
    return doc


def text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise WrongShape(f"{where} must be a string")
    return value


def url(value: object, where: str) -> str:
    found = text(value, where)
    try:
        parts = urlsplit(found)
    except ValueError as error:
        raise WrongShape(f"{where} must be a URL") from error
    if parts.scheme not in ("http", "https") or not parts.netloc or any(sign <= " " for sign in found):
        raise WrongShape(f"{where} must be a URL")
    return found


def receiver(value: object, where: str) -> str:
    found = url(value, where)
    if not RECEIVER.fullmatch(found):
        raise WrongShape(f"{where} must be the URL of an incoming payment")
    return found


def amount(value: object, where: str) -> Doc:
    """`{"value", "assetCode", "assetScale"}`; the value is an unsigned 64-bit integer as text."""
    doc = members(value, where, ("value", "assetCode", "assetScale"), None)
    digits, scale = text(doc["value"], f"{where}.value"), doc["assetScale"]
    if not digits.isascii() or not digits.isdigit() or len(digits) > 20 or int(digits) > GREATEST:
        raise WrongShape(f"{where}.value must be an unsigned 64-bit integer")
    text(doc["assetCode"], f"{where}.assetCode")
    if type(scale) is not int or not 0 <= scale <= 255:
        raise WrongShape(f"{where}.assetScale must be an integer from 0 to 255")
    return doc


def instant(value: object, where: str) -> float:
    """Unix seconds of an RFC 3339 moment."""
    try:
        found = datetime.fromisoformat(text(value, where))
    except ValueError as error:
        raise WrongShape(f"{where} must match format date-time") from error
    if found.tzinfo is None or "T" not in str(value):
        raise WrongShape(f"{where} must match format date-time")
    return found.timestamp()


def metadata(doc: Doc) -> Doc | None:
    """The optional member `metadata`."""
    found = doc.get("metadata")
    if "metadata" in doc and not isinstance(found, dict):
        raise WrongShape("body.metadata must be an object")
    return found


# -- grants --------------------------------------------------------------------------------------------


def access(value: object) -> list[Doc]:
    """One to three distinct access items."""
    if not isinstance(value, list) or not 1 <= len(value) <= len(ACTIONS):
        raise WrongShape("access must be a list of one to three items")
    items = [_access_item(item) for item in value]
    if any(item in items[:at] for at, item in enumerate(items)):
        raise WrongShape("access must not hold the same item twice")
    return items


def _access_item(item: object) -> Doc:
    kind = item.get("type") if isinstance(item, dict) else None
    if not isinstance(kind, str) or kind not in ACTIONS:
        raise WrongShape(f"access.type must be one of {', '.join(ACTIONS)}")
    is_outgoing = kind == "outgoing-payment"
    optional = {"incoming-payment": ("identifier",), "outgoing-payment": ("limits",)}.get(kind, ())
    doc = members(item, "access", ("type", "actions", *(("identifier",) if is_outgoing else ())), optional)
    actions = doc["actions"]
    if not isinstance(actions, list) or not all(isinstance(a, str) and a in ACTIONS[kind] for a in actions):
        raise WrongShape(f"access.actions must be a list of {', '.join(ACTIONS[kind])}")
    if len(set(actions)) != len(actions):
        raise WrongShape("access.actions must not repeat itself")
    if "identifier" in doc:
        url(doc["identifier"], "access.identifier")
    if "limits" in doc:
        _limits(doc["limits"])
    return doc


def _limits(value: object) -> None:
    doc = members(value, "limits", (), None)
    if "receiver" in doc:
        receiver(doc["receiver"], "limits.receiver")
    if "interval" in doc:
        text(doc["interval"], "limits.interval")
    for name in ("debitAmount", "receiveAmount"):
        if name in doc:
            amount(doc[name], f"limits.{name}")
    if "debitAmount" in doc and "receiveAmount" in doc:
        raise WrongShape("limits must not hold both debitAmount and receiveAmount")


def interact(value: object) -> Doc:
    """How the payer is sent to the consent page, and where from there."""
    doc = members(value, "interact", ("start",), None)
    if doc["start"] != ["redirect"]:
        raise WrongShape("interact.start must be ['redirect']")
    if "finish" in doc:
        finish = members(doc["finish"], "interact.finish", ("method", "uri", "nonce"), None)
        if finish["method"] != "redirect":
            raise WrongShape("interact.finish.method must be 'redirect'")
        url(finish["uri"], "interact.finish.uri")
        text(finish["nonce"], "interact.finish.nonce")
    return doc


def client(value: object) -> tuple[str, Doc | None]:
    """The client's wallet address, or else its key, whichever form it was stated in."""
    if isinstance(value, str):
        return url(value, "client"), None
    if isinstance(value, dict) and "jwk" in value:
        return "", jwk(members(value, "client", ("jwk",))["jwk"], "client.jwk")
    doc = members(value, "client", ("walletAddress",))
    return url(doc["walletAddress"], "client.walletAddress"), None


def jwk(value: object, where: str) -> Doc:
    """A public Ed25519 key. Raises WrongShape."""
    doc: dict[str, Any] = value if isinstance(value, dict) else {}
    for name, expected in JWK.items():
        if doc.get(name) != expected:
            raise WrongShape(f"{where}.{name} must be {expected!r}")
    for name in ("kid", "x"):
        if not text(doc.get(name), f"{where}.{name}"):
            raise WrongShape(f"{where}.{name} must not be empty")
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", doc["x"]):
        raise WrongShape(f"{where}.x must be 32 bytes as base64url without padding")
    if "d" in doc:
        raise WrongShape(f"{where} must not hold the private key")
    return {name: doc[name] for name in ("kid", "alg", "use", "kty", "crv", "x") if name in doc}


def subject(value: object) -> Doc:
    """What a client wants to know about the payer: which wallet addresses are theirs."""
    doc = members(value, "subject", ("sub_ids",), None)
    if not isinstance(doc["sub_ids"], list) or len(doc["sub_ids"]) != 1:
        raise WrongShape("subject.sub_ids must be a list of one")
    found = members(doc["sub_ids"][0], "subject.sub_ids", ("id", "format"), None)
    url(found["id"], "subject.sub_ids.id")
    if found["format"] != "uri":
        raise WrongShape("subject.sub_ids.format must be 'uri'")
    return doc
