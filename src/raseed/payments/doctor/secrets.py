"""Secrets: present, strong, known to nobody else, and still able to open what was stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage

from raseed.core.errors import ConfigurationError
from raseed.payments import conf, encryption
from raseed.payments.doctor import accounts
from raseed.payments.doctor.findings import found
from raseed.payments.models import AccountToken, Delivery, MemoryStep, Notice

#: Settings of accounts that hold secrets, by a word in their name.
_SECRET_NAMES = ("SECRET", "KEY", "PASSWORD", "TOKEN", "SALT", "HMAC")
_NOT_SECRET = ("KEY_ID", "KEYS_FILE", "PUBLIC_KEY", "SALT_INDEX", "TOKEN_URL")

#: Nobody's key is shorter; eight random letters are guessed in an afternoon.
_SHORTEST = 12
_SHORTEST_DJANGO = 40

_PLACEHOLDER = re.compile(
    r"…|\.\.\.|<|>|changeme|change-me|example|placeholder|raseed_demo|unknown_until|_x+$", re.IGNORECASE
)
_DJANGOS_OWN = ("django-insecure-", "known-to-everyone", "only for tests")


def examine(settings: conf.Settings) -> Iterator[CheckMessage]:
    """What the settings show. Secrets are judged and never shown."""
    if accounts.is_for_real(settings):
        yield from _secret_key()
        yield from _encryption_keys(settings)
    for account, entry in accounts.entries(settings):
        if not accounts.is_rehearsal(settings, account):
            yield from _credentials(account, entry)


def _secret_key() -> Iterator[CheckMessage]:
    key = str(django_settings.SECRET_KEY)
    if key.startswith(_DJANGOS_OWN) or len(key) < _SHORTEST_DJANGO or len(set(key)) < 5:
        yield found(
            "raseed.E013",
            "settings.SECRET_KEY",
            "it is known to others or easy to guess. It signs the links of status pages.",
            "Make one with: python -c 'from django.core.management.utils import get_random_secret_key as k; "
            "print(k())', and keep it outside the code.",
        )


def _encryption_keys(settings: conf.Settings) -> Iterator[CheckMessage]:
    if not settings.encryption_keys:
        yield found(
            "raseed.W013",
            "RASEED['ENCRYPTION_KEYS']",
            "secrets at rest hang on SECRET_KEY: replacing it without SECRET_KEY_FALLBACKS loses them.",
            "Make a key with: python -c 'from cryptography.fernet import Fernet; "
            "print(Fernet.generate_key().decode())'. Keep the former SECRET_KEY in SECRET_KEY_FALLBACKS "
            "until nothing stored needs it.",
        )


def _credentials(account: str, entry: dict[str, Any]) -> Iterator[CheckMessage]:
    for name, value in entry.items():
        if name in _NOT_SECRET or not any(word in name for word in _SECRET_NAMES):
            continue
        where = f"RASEED['ACCOUNTS'][{account!r}][{name!r}]"
        for secret in _texts(value):
            if _PLACEHOLDER.search(secret):
                yield found(
                    "raseed.E014",
                    where,
                    "it is a placeholder, or a key of the demo, not one of yours.",
                    "Take it from the gateway's dashboard, and read it from the environment.",
                )
            elif len(secret) < _SHORTEST:
                yield found(
                    "raseed.E015",
                    where,
                    f"it has {len(secret)} characters, so it was cut short or can be guessed.",
                    "Copy it again from the gateway's dashboard; if you chose it, choose a longer one.",
                )


def _texts(value: Any) -> Iterable[str]:
    values = [value] if isinstance(value, str) else value if isinstance(value, (list, tuple)) else []
    return [text for text in values if isinstance(text, str)]


def examine_stored(settings: conf.Settings) -> Iterator[CheckMessage]:
    """Whether the keys in force open what was stored, oldest and newest of each kind."""
    for kind, secret in _stored():
        try:
            encryption.decrypt(secret)
        except ConfigurationError:
            yield found(
                "raseed.E016",
                "RASEED['ENCRYPTION_KEYS']",
                f"{kind} cannot be read: the keys in force do not fit what was stored.",
                "Put the former key back at the end of ENCRYPTION_KEYS; where none were set, put the former "
                "SECRET_KEY into SECRET_KEY_FALLBACKS.",
            )
            return


def _stored() -> Iterator[tuple[str, bytes]]:
    columns: list[tuple[str, Any, str]] = [
        ("the answer of an outside call", MemoryStep.objects.exclude(answer=None), "answer"),
        ("an account's token", AccountToken.objects.exclude(value=None), "value"),
        ("a webhook's secret", Notice.objects.exclude(secret=None), "secret"),
        (
            "a delivery with a card token",
            Delivery.objects.filter(is_encrypted=True, body__isnull=False),
            "body",
        ),
    ]
    for kind, rows, column in columns:
        for order in ("pk", "-pk"):
            value = rows.order_by(order).values_list(column, flat=True).first()
            if value is not None:
                yield kind, bytes(value)
