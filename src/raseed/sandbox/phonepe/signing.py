"""PhonePe's signatures, written from its documentation alone.

Version 2: `Authorization` on a webhook is the lower-case hex SHA-256 of `username:password`; it covers
neither body nor time. Version 1: `X-VERIFY` is the hex SHA-256 of what is sent and the salt key, three hash
signs and the key's index. https://developer.phonepe.com/v1/reference/server-to-server-callback-5
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def authorization(username: str, password: str) -> str:
    """The value of a version 2 webhook's Authorization header."""
    return _sha256(f"{username}:{password}")


def x_verify(text: str, salt_key: str, salt_index: str) -> str:
    """For a request: base64 text and path; for a status call: the path; for a callback: the base64 text."""
    return f"{_sha256(text + salt_key)}###{salt_index}"


def form_checksum(fields: Mapping[str, str], salt_key: str, salt_index: str) -> str:
    """`checksum` of the form that a browser posts back: over the values in their order, with no names.

    https://developer.phonepe.com/v1/reference/ui-callback-1
    """
    return x_verify("".join(fields.values()), salt_key, salt_index)


def corrupted(header: str) -> str:
    """The same header with one wrong digit."""
    return ("1" if header[0] == "0" else "0") + header[1:]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
