"""Verifies the signature of a request: strictly after RFC 9421, or as the reference implementation does.

The profile: https://openpayments.dev/identity/http-signatures and RFC 9635 section 7.3.1; the tolerant
form: validation.ts of npm `@interledger/http-signature-utils` 2.0.3, which Rafiki runs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from raseed.sandbox.openpayments.structured import Item, Malformed, dictionary, serialized

LABEL = "sig1"
DIGESTS = {"sha-512": hashlib.sha512, "sha-256": hashlib.sha256}
PARAMETERS = ("created", "expires", "keyid", "alg", "nonce", "tag")
#: How far ahead a caller's clock may be, in seconds.
SKEW_SECONDS = 5


class SignatureRefused(Exception):
    """The signature does not hold; the message says why."""


@dataclass(frozen=True)
class Signed:
    """A request as a signature covers it. Header names are in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def key_id(request: Signed) -> str:
    """Which key the request says it was signed with. Raises SignatureRefused."""
    try:
        members = dictionary(_header(request, "signature-input"))
    except Malformed:
        found = _header(request, "signature-input").partition('keyid="')[2].partition('"')[0]
    else:
        found = str(members[LABEL].parameters.get("keyid", "")) if LABEL in members else ""
    if not found:
        raise SignatureRefused("Signature-Input names no keyid under the label sig1")
    return found


def verify_strictly(request: Signed, jwk: Mapping[str, Any], now: Sequence[float], age: float | None) -> None:
    """Demand everything RFC 9421 and the profile say. Raises SignatureRefused.

    `now`: unix seconds by one or more clocks, of which one must find `created` no older than `age`
    seconds (None: any age).
    """
    try:
        covered = dictionary(_header(request, "signature-input"))[LABEL]
        signature = dictionary(_header(request, "signature"))[LABEL].value
    except Malformed as error:
        raise SignatureRefused(f"not a structured field: {error}") from error
    except KeyError as error:
        raise SignatureRefused("there is no signature with the label sig1") from error
    if not isinstance(covered.value, tuple) or not isinstance(signature, bytes):
        raise SignatureRefused("Signature-Input must hold a list, and Signature bytes")
    names = [_component(item) for item in covered.value]
    _demand_coverage(names, request)
    _check_parameters(covered, now, age)
    if request.body:
        _check_digest(request, request.body)
    if "content-length" in names and _header(request, "content-length") != str(len(request.body)):
        raise SignatureRefused("Content-Length is not the body's")
    lines = [f'"{name}": {_value(name, request)}' for name in names]
    lines.append(f'"@signature-params": {serialized(covered)}')
    _check(jwk, signature, "\n".join(lines))


def _component(item: Item) -> str:
    if not isinstance(item.value, str) or item.parameters or item.value != item.value.lower():
        raise SignatureRefused(f"{serialized(item)} is no component that can be verified here")
    return item.value


def _demand_coverage(names: list[str], request: Signed) -> None:
    demanded = ["@method", "@target-uri"]
    demanded += ["authorization"] if "authorization" in request.headers else []
    demanded += ["content-digest"] if request.body else []
    for name in demanded:
        if name not in names:
            raise SignatureRefused(f"the signature does not cover {name}")
    if len(set(names)) != len(names):
        raise SignatureRefused("a component is covered twice")


def _check_parameters(covered: Item, now: Sequence[float], age: float | None) -> None:
    parameters = covered.parameters
    unknown = set(parameters) - set(PARAMETERS)
    if unknown:
        raise SignatureRefused(f"unknown parameter {min(unknown)}")
    if parameters.get("alg", "ed25519") != "ed25519":
        raise SignatureRefused("alg is not ed25519")
    created, expires = parameters.get("created"), parameters.get("expires")
    if type(created) is not int:
        raise SignatureRefused("created is missing, or not in seconds")
    if age is not None and not any(moment - age <= created <= moment + SKEW_SECONDS for moment in now):
        raise SignatureRefused(f"created is not within the last {age:g} seconds")
    if expires is not None and (type(expires) is not int or all(moment > expires for moment in now)):
        raise SignatureRefused("the signature has expired")


def _value(name: str, request: Signed) -> str:
    """A component's value, RFC 9421 section 2."""
    parts = urlsplit(request.url)
    path = parts.path or "/"
    derived = {
        "@method": request.method,
        "@target-uri": request.url,
        "@authority": parts.netloc.lower(),
        "@scheme": parts.scheme,
        "@path": path,
        "@query": f"?{parts.query}",
        "@request-target": f"{path}?{parts.query}" if parts.query else path,
    }
    if name.startswith("@"):
        if name not in derived:
            raise SignatureRefused(f"{name} cannot be verified here")
        return derived[name]
    return _header(request, name).strip()


def _header(request: Signed, name: str) -> str:
    if not request.headers.get(name):
        raise SignatureRefused(f"the header {name} is missing")
    return request.headers[name]


def _check_digest(request: Signed, body: bytes) -> None:
    try:
        digests = dictionary(_header(request, "content-digest"))
    except Malformed as error:
        raise SignatureRefused(f"Content-Digest is not a structured field: {error}") from error
    known = {name: item.value for name, item in digests.items() if name in DIGESTS}
    if not known:
        raise SignatureRefused("Content-Digest must be sha-512 or sha-256")
    for name, value in known.items():
        if not isinstance(value, bytes) or not hmac.compare_digest(value, DIGESTS[name](body).digest()):
            raise SignatureRefused(f"Content-Digest {name} is not the body's")


def _check(jwk: Mapping[str, Any], signature: bytes, base: str) -> None:
    text = str(jwk["x"])
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, base.encode())
    except (InvalidSignature, ValueError) as error:
        raise SignatureRefused("the signature does not match") from error


# -- as the reference implementation does it ----------------------------------------------------------------


def verify_tolerantly(request: Signed, jwk: Mapping[str, Any]) -> None:
    """Accept what Rafiki accepts, and no more: no freshness, no demand to cover the body, loose syntax."""
    given = _header(request, "signature-input")
    names = given.partition(f"{LABEL}=")[2].partition(";")[0].split(" ")
    names = [name.translate({ord(sign): None for sign in '()"'}) for name in names]
    demanded = {"@method", "@target-uri"} | (
        {"authorization"} if "authorization" in request.headers else set()
    )
    if not demanded <= set(names) or any(name != name.lower() for name in names):
        raise SignatureRefused("the signature does not cover what it must")
    if "content-digest" in names:
        for name in ("content-digest", "content-length", "content-type"):
            _header(request, name)
        _check_digest(request, as_javascript(request.body))
    lines = [f'"{name}": {_loose_value(name, request)}' for name in names]
    lines.append(f'"@signature-params": {given.replace(f"{LABEL}=", "", 1)}')
    text = _header(request, "signature").replace(f"{LABEL}=", "", 1).strip(":")
    try:
        signature = base64.b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise SignatureRefused("the signature is not base64") from error
    _check(jwk, signature, "\n".join(lines))


def _loose_value(name: str, request: Signed) -> str:
    if name in ("@method", "@target-uri"):
        return _value(name, request)
    return request.headers.get(name, "undefined")


def as_javascript(body: bytes) -> bytes:
    """The body as Rafiki writes it down again before it computes the digest: JSON without spaces."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return body
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
