"""The client's keys: Ed25519, one that signs, and all that are published for wallets to check with.

A rotation publishes the new key before it signs, and keeps the old one published after its last signature,
because wallets may look at our keys late. The private keys stand in a file that only its owner can read, or
one of them in the settings (from the environment).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from raseed.core.errors import ConfigurationError
from raseed.gateways.base import SigningKey

_WRONG_KEY = (
    "PRIVATE_KEY is no Ed25519 private key. Give its PEM text, the same in base64 on one line, or the "
    "32 bytes of its seed in hexadecimal or base64."
)
_KID = re.compile(r"[A-Za-z0-9._~:-]{1,100}")


@dataclass(frozen=True)
class Key:
    """One key pair. It signs from `signs_from_at` on, until a newer one does."""

    kid: str
    private: Ed25519PrivateKey = field(repr=False)
    signs_from_at: datetime | None = None
    published_until_at: datetime | None = None

    def jwk(self) -> dict[str, str]:
        """The public key as wallets want it published (RFC 8037)."""
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        return {"kid": self.kid, "alg": "EdDSA", "use": "sig", "kty": "OKP", "crv": "Ed25519", "x": x}

    def is_published(self, now: datetime) -> bool:
        """Whether wallets may still meet its signatures."""
        return self.published_until_at is None or now < self.published_until_at


class Keyring:
    """The keys of an account: the one of the settings, or those of KEYS_FILE, read anew when it changes."""

    def __init__(self, key_id: str = "", private_key: Any = "", keys_file: str = "") -> None:
        if bool(key_id) != bool(private_key):
            missing = "PRIVATE_KEY" if key_id else "KEY_ID"
            raise ConfigurationError(f"{missing} is missing: KEY_ID and PRIVATE_KEY go together.")
        if bool(keys_file) == bool(key_id):
            raise ConfigurationError("set KEYS_FILE, or KEY_ID and PRIVATE_KEY: one of the two.")
        if key_id and not (isinstance(key_id, str) and _KID.fullmatch(key_id)):
            raise ConfigurationError("KEY_ID must be 1 to 100 letters, digits and . _ ~ : -.")
        self._fixed = (Key(key_id, private_key_of(private_key)),) if key_id else ()
        self._file = Path(keys_file) if keys_file else None
        self._read: tuple[tuple[int, int], tuple[Key, ...]] = ((0, 0), ())

    def __repr__(self) -> str:
        return f"Keyring({', '.join(key.kid for key in self._fixed) or self._file})"

    @property
    def is_readable_by_others(self) -> bool:
        """Whether other users of this machine can read the private keys in the file."""
        return self._file is not None and self._file.exists() and bool(self._file.stat().st_mode & 0o077)

    def keys(self) -> tuple[Key, ...]:
        """All keys, oldest first. Raises ConfigurationError for a file that is not one of keys."""
        if self._file is None:
            return self._fixed
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return ()
        stamp = (found.st_mtime_ns, found.st_size)
        if self._read[0] != stamp:
            self._read = (stamp, _loaded(self._file))
        return self._read[1]

    def signing(self, now: datetime) -> Key:
        """The key that signs now. Raises ConfigurationError where there is none."""
        ready = [key for key in self.keys() if key.signs_from_at is None or key.signs_from_at <= now]
        if not ready:
            raise ConfigurationError("there is no key to sign with yet. Make one: manage.py raseed_keys make")
        return ready[-1]

    def jwks(self, now: datetime) -> dict[str, Any]:
        """What is published at the client's wallet address, under `/jwks.json`."""
        return {"keys": [key.jwk() for key in self.keys() if key.is_published(now)]}

    def all(self, now: datetime) -> list[SigningKey]:
        """What can be told about each key, oldest first."""
        ready = [key for key in self.keys() if key.signs_from_at is None or key.signs_from_at <= now]
        return [
            SigningKey(
                kid=key.kid,
                jwk=key.jwk(),
                signs_from_at=key.signs_from_at,
                published_until_at=key.published_until_at,
                is_signing=bool(ready) and key is ready[-1],
                is_published=key.is_published(now),
            )
            for key in self.keys()
        ]

    def make(self, now: datetime) -> str:
        """The first key, which signs at once. Its id. Raises ConfigurationError where there is one."""
        if self.keys():
            raise ConfigurationError("there is a key already. Replace it with: manage.py raseed_keys rotate")
        return self._add((), now, now)

    def rotate(self, now: datetime, overlap: timedelta) -> str:
        """A new key, published now, that signs after `overlap`; the old ones go as long after that."""
        known = [key for key in self.keys() if key.is_published(now)]
        if not known:
            raise ConfigurationError("there is no key to replace. Make one: manage.py raseed_keys make")
        if any(key.signs_from_at is not None and key.signs_from_at > now for key in known):
            raise ConfigurationError(f"a rotation is under way: {known[-1].kid} is published and signs soon.")
        gone = now + 2 * overlap
        kept = tuple(replace(key, published_until_at=key.published_until_at or gone) for key in known)
        return self._add(kept, now, now + overlap)

    def _add(self, kept: Sequence[Key], now: datetime, signs_from_at: datetime) -> str:
        if self._file is None:
            raise ConfigurationError(
                "the key stands in the settings. Set KEYS_FILE to have keys made and rotated."
            )
        kid = f"raseed-{now.astimezone(UTC):%Y-%m-%d}-{secrets.token_hex(3)}"
        _save(self._file, [*kept, Key(kid, Ed25519PrivateKey.generate(), signs_from_at)])
        return kid


def private_key_of(value: Any) -> Ed25519PrivateKey:
    """A private key in any of the forms in which people keep one. Raises ConfigurationError, without it."""
    if isinstance(value, Ed25519PrivateKey):
        return value
    # Environment files hold a PEM text on one line, its line feeds written as two characters.
    raw = value.strip().replace("\\n", "\n").encode() if isinstance(value, str) else value
    if not isinstance(raw, bytes):
        raise ConfigurationError(_WRONG_KEY)
    for form in (raw, *_decoded(raw)):
        try:
            if len(form) == 32:
                return Ed25519PrivateKey.from_private_bytes(form)
            key = load_pem_private_key(form, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        if isinstance(key, Ed25519PrivateKey):
            return key
    raise ConfigurationError(_WRONG_KEY)


def _decoded(raw: bytes) -> list[bytes]:
    forms = []
    with contextlib.suppress(ValueError):
        forms.append(bytes.fromhex(raw.decode("ascii")))
    with contextlib.suppress(binascii.Error, ValueError):
        normal = b"".join(raw.split()).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
        forms.append(base64.b64decode(normal + b"=" * (-len(normal) % 4), validate=True))
    return forms


def _loaded(path: Path) -> tuple[Key, ...]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["keys"]
        return tuple(_key(entry) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"KEYS_FILE {path} cannot be read ({type(error).__name__}).") from None


def _key(entry: Mapping[str, Any]) -> Key:
    ends = entry["published_until_at"]
    return Key(
        kid=entry["kid"],
        private=private_key_of(entry["private_key"]),
        signs_from_at=datetime.fromisoformat(entry["signs_from_at"]),
        published_until_at=datetime.fromisoformat(ends) if ends else None,
    )


def _save(path: Path, keys: Sequence[Key]) -> None:
    """All at once, or not at all; readable by its owner only."""
    entries = [
        {
            "kid": key.kid,
            "private_key": key.private.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ).decode(),
            "signs_from_at": key.signs_from_at.isoformat() if key.signs_from_at else None,
            "published_until_at": key.published_until_at.isoformat() if key.published_until_at else None,
        }
        for key in keys
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"keys": entries}, file, indent=1)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
