"""Secrets at rest: encrypted with rotatable Fernet keys from the settings."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings as django_settings
from django.utils.encoding import force_bytes

from raseed.core.errors import ConfigurationError
from raseed.payments import conf


def encrypt(secret: bytes) -> bytes:
    """Encrypt under the newest key."""
    return _keys().encrypt(secret)


def decrypt(token: bytes) -> bytes:
    """Decrypt under any key in force. Raises ConfigurationError when none of them fits."""
    try:
        return _keys().decrypt(token)
    except InvalidToken:
        raise ConfigurationError(
            "a stored secret fits none of the keys. Put the former key back at the end of "
            "RASEED['ENCRYPTION_KEYS'] (or of SECRET_KEY_FALLBACKS)."
        ) from None


def _keys() -> MultiFernet:
    keys = conf.current().encryption_keys or tuple(
        _derived(force_bytes(secret))
        for secret in (django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS)
    )
    return MultiFernet([Fernet(key) for key in keys])


def _derived(secret: bytes) -> str:
    """A Fernet key from Django's secret, for sites that did not choose one."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=b"raseed", info=b"secrets at rest")
    return base64.urlsafe_b64encode(kdf.derive(secret)).decode()
