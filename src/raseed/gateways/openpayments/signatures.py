"""Signing requests: HTTP message signatures (RFC 9421) with Ed25519, in the strict form only.

Profile: https://openpayments.dev/identity/http-signatures and RFC 9635 section 7.3.1. Covered are method and
address; the token where there is one; digest, length and type of the body where there is one. `alg`, `tag`
and `nonce` are not sent, because no official client sends them and RFC 9635 forbids the first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms
from http_message_signatures.digests import ContentDigest

from raseed.gateways.base import Headers

#: The official verifier looks for this label and no other.
LABEL = "sig1"


class _Sha512(ContentDigest):
    algorithm = "sha-512"


class _Signer(HTTPMessageSigner):
    """Writes the parameters in the official client's order, so that signatures are equal byte for byte."""

    content_digest_class = _Sha512

    def _build_signature_base(
        self, message: Any, *, signature_params: dict[str, Any], **parts: Any
    ) -> tuple[Any, ...]:
        ordered = {name: signature_params[name] for name in ("keyid", "created")}
        return super()._build_signature_base(message, signature_params=ordered, **parts)


@dataclass
class _Message:
    """A request as the library wants it."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)


def compact(document: Mapping[str, Any]) -> bytes:
    """JSON as JavaScript writes it: wallets check the digest over what they write from what they parsed."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def content_digest(body: bytes) -> str:
    """The Content-Digest field of a body (RFC 9530): `sha-512=:…:`."""
    return _Sha512.create(body)


def target_uri(url: str) -> str:
    """The address as it is sent and signed: one without a path gets a slash."""
    scheme, _, rest = url.partition("://")
    host, query = rest.partition("?")[::2]
    return url if "/" in host else f"{scheme}://{host}/{'?' if '?' in rest else ''}{query}"


def sign(
    method: str,
    url: str,
    *,
    key_id: str,
    private_key: Ed25519PrivateKey,
    created_at: datetime,
    token: str = "",
    body: bytes = b"",
) -> Headers:
    """All header fields of a signed request. `url` is signed as `target_uri` gives it.

    `token` is a GNAP access or continuation token; `created_at` an aware moment, signed in seconds.
    """
    fields: dict[str, str] = {}
    covered = ["@method", "@target-uri"]
    if token:
        fields["Authorization"] = f"GNAP {token}"
        covered.append("authorization")
    if body:
        fields["Content-Digest"] = content_digest(body)
        fields["Content-Length"] = str(len(body))
        fields["Content-Type"] = "application/json"
        covered += ["content-digest", "content-length", "content-type"]
    message = _Message(method, target_uri(url), fields)
    keys = MappingKeyResolver(public_keys={}, private_keys={key_id: private_key})
    _Signer(signature_algorithm=algorithms.ED25519, key_resolver=keys).sign(
        message,
        key_id=key_id,
        created=created_at.astimezone(UTC),
        label=LABEL,
        include_alg=False,
        covered_component_ids=covered,
        body=body or None,
        use_existing_digest=bool(body),
    )
    return Headers(message.headers)
