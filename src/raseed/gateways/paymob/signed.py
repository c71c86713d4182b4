"""What Paymob signs: chosen values, one after the other, with nothing between them.

HMAC with SHA-512, keyed with the secret's text as the dashboard shows it, in lower-case hex; never over the
body. Because nothing separates the values, a digit may move from one to its neighbour under the same
signature: `created_at` is taken to the letter, and amount, order, integration and owner are compared.
Paymob's documents: https://developers.paymob.com/paymob-docs/webhook-callbacks-and-hmac/hmac
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from raseed.core.errors import BadSignature, MalformedDelivery
from raseed.gateways.paymob.vocabulary import SIGNATURE_LENGTH
from raseed.gateways.signatures import Secrets

_HEX = re.compile(rf"[0-9a-f]{{{SIGNATURE_LENGTH}}}")


def joined(document: Mapping[str, Any], names: tuple[tuple[str, ...], ...]) -> str:
    """The values of these members, joined. Raises MalformedDelivery for one that is no plain value."""
    return "".join(rendered(_member(document, path), path[-1]) for path in names)


def rendered(value: Any, name: str) -> str:
    """One value as it is signed: true and false in small letters, null as nothing, texts as they came."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return str(value)
    raise MalformedDelivery(f"{name} is not a plain value")


def check(secrets: Secrets, message: str, signature: Any) -> None:
    """Raises BadSignature unless one of the secrets made it, in small letters as Paymob writes it."""
    if not secrets:
        raise BadSignature("no secret is configured: set HMAC_SECRETS to the dashboard's HMAC secret")
    if not isinstance(signature, str) or not _HEX.fullmatch(signature):
        raise BadSignature("hmac is missing, or is not 128 hexadecimal digits in small letters")
    # A lone half of a character was signed by nobody, and must not stand for another.
    if not secrets.signed(message.encode("utf-8", "surrogatepass"), signature, "sha512"):
        raise BadSignature("hmac was not made with a secret of this account")


def _member(document: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """A member by its path. In flat documents, `order` is the number itself."""
    value: Any = document
    for name in path:
        if not isinstance(value, Mapping):
            return value if name == "id" else None
        value = value.get(name)
    return value
