"""The settings: every key of `RASEED`, its meaning, default and validation."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.utils import timezone
from django.utils.module_loading import import_string

from raseed.core.errors import ConfigurationError
from raseed.gateways import registry
from raseed.gateways.base import Gateway
from raseed.payments.purposes import Purpose

#: key → (default, meaning). `REQUIRED` marks keys without which nothing works.
REQUIRED = object()
KEYS: dict[str, tuple[Any, str]] = {
    "SITE_URL": (REQUIRED, "where customers reach the site: scheme and host, no path"),
    "ACCOUNTS": (REQUIRED, "merchant accounts by name: GATEWAY and that gateway's credentials"),
    "PURPOSES": (REQUIRED, "what can be paid for: name → dotted path of a Purpose class"),
    "CLOCK": (None, "dotted path of a callable returning an aware datetime; default: the real time"),
    "ENCRYPTION_KEYS": ((), "Fernet keys for secrets at rest, newest first; default: from SECRET_KEY"),
    "REFERENCE_PREFIX": ("", "first letters of our references; default: six digits made from SITE_URL"),
    "MAX_BODY_BYTES": (256 * 1024, "largest webhook body that is read; a larger one gets 413"),
    "RETURN_QUERY_SECONDS": (5, "at most one query per payment in this time when browsers come back"),
    "LEASE_SECONDS": (60, "how long one worker may hold a payment for outside calls"),
    "FULFIL_RETRY_SECONDS": (10, "first pause before a failed fulfilment is tried again; it doubles"),
}

_Thing = TypeVar("_Thing")
_PREFIX = re.compile(r"[A-Za-z0-9]{1,9}")


@dataclass(frozen=True, eq=False)
class Settings:
    """The validated settings, and what is built from them once per process."""

    source: Mapping[str, Any]
    site_url: str
    clock: Callable[[], datetime]
    encryption_keys: tuple[str, ...]
    reference_prefix: str
    max_body_bytes: int
    return_query_seconds: float
    lease_seconds: float
    fulfil_retry_seconds: float
    gateways: Mapping[str, Gateway] = field(default_factory=dict)
    purposes: Mapping[str, Purpose] = field(default_factory=dict)

    def gateway(self, account: str) -> Gateway:
        """The adapter of an account. Raises ConfigurationError for a name that is not in ACCOUNTS."""
        return _known(self.gateways, account, "ACCOUNTS", "account")

    def purpose(self, name: str) -> Purpose:
        """The purpose of this name. Raises ConfigurationError for a name that is not in PURPOSES."""
        return _known(self.purposes, name, "PURPOSES", "purpose")


_current: Settings | None = None


def current() -> Settings:
    """The settings in force, parsed once. Raises ConfigurationError naming the key and the remedy."""
    global _current
    source = getattr(django_settings, "RASEED", None)
    if _current is None or _current.source is not source:
        _current = parse(source)
    return _current


def now() -> datetime:
    """The present moment by the configured clock (aware)."""
    return current().clock()


def parse(source: Any) -> Settings:
    """Check every key of `RASEED` and build what it names. Raises ConfigurationError."""
    if not isinstance(source, Mapping):
        raise ConfigurationError("settings.RASEED is missing. Add RASEED = {'SITE_URL': …, 'ACCOUNTS': …}.")
    for key in source:
        if key not in KEYS:
            guess = difflib.get_close_matches(str(key), KEYS, 1)
            hint = f"Did you mean {guess[0]}?" if guess else f"Known: {', '.join(KEYS)}."
            raise ConfigurationError(f"RASEED[{key!r}] is not a setting. {hint}")
    values = {key: source.get(key, default) for key, (default, _) in KEYS.items()}
    for key, value in values.items():
        if value is REQUIRED:
            raise ConfigurationError(f"RASEED[{key!r}] is missing: {KEYS[key][1]}.")
    site_url = _site_url(values["SITE_URL"])
    return Settings(
        source=source,
        site_url=site_url,
        clock=_clock(values["CLOCK"]),
        encryption_keys=_keys(values["ENCRYPTION_KEYS"]),
        reference_prefix=_prefix(values["REFERENCE_PREFIX"], site_url),
        max_body_bytes=int(_positive("MAX_BODY_BYTES", values)),
        return_query_seconds=_positive("RETURN_QUERY_SECONDS", values),
        lease_seconds=_positive("LEASE_SECONDS", values),
        fulfil_retry_seconds=_positive("FULFIL_RETRY_SECONDS", values),
        gateways=_gateways(values["ACCOUNTS"]),
        purposes=_purposes(values["PURPOSES"]),
    )


def _site_url(value: Any) -> str:
    parts = urlsplit(value) if isinstance(value, str) else None
    if not parts or parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
        raise ConfigurationError(
            f"RASEED['SITE_URL'] is {value!r}. Write scheme and host only, such as 'https://shop.example'."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _clock(path: Any) -> Callable[[], datetime]:
    if path is None:
        return timezone.now
    try:
        clock: Callable[[], datetime] = import_string(path)
    except (ImportError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"RASEED['CLOCK'] = {path!r} cannot be imported: {error}") from error
    moment = clock()
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ConfigurationError(f"RASEED['CLOCK'] = {path!r} must return an aware datetime, not {moment!r}.")
    return clock


def _keys(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(key, str) for key in value):
        raise ConfigurationError("RASEED['ENCRYPTION_KEYS'] must be a list of Fernet keys, newest first.")
    return tuple(value)


def _prefix(value: Any, site_url: str) -> str:
    prefix = value or hashlib.sha256(site_url.encode()).hexdigest()[:6]
    if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
        raise ConfigurationError(f"RASEED['REFERENCE_PREFIX'] = {value!r}: use 1 to 9 letters and digits.")
    return prefix


def _positive(key: str, values: Mapping[str, Any]) -> float:
    value = values[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise ConfigurationError(f"RASEED[{key!r}] is {value!r}. It must be a number above zero.")
    return value


def _gateways(accounts: Any) -> dict[str, Gateway]:
    if not isinstance(accounts, Mapping):
        raise ConfigurationError("RASEED['ACCOUNTS'] must map names to accounts: {'paymongo': {…}}.")
    gateways = {}
    for account, entry in accounts.items():
        if not isinstance(entry, Mapping) or "GATEWAY" not in entry:
            raise ConfigurationError(f"RASEED['ACCOUNTS'][{account!r}] needs 'GATEWAY', such as 'paymongo'.")
        credentials = {key.lower(): value for key, value in entry.items() if key != "GATEWAY"}
        try:
            gateways[account] = registry.load(entry["GATEWAY"], **credentials)
        except ConfigurationError as error:
            raise ConfigurationError(f"RASEED['ACCOUNTS'][{account!r}]: {error}") from error
    return gateways


def _purposes(paths: Any) -> dict[str, Purpose]:
    if not isinstance(paths, Mapping):
        raise ConfigurationError(
            "RASEED['PURPOSES'] must map names to classes: {'bill': 'shop.payments.Bill'}."
        )
    purposes = {}
    for name, path in paths.items():
        try:
            made = import_string(path)
        except (ImportError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"RASEED['PURPOSES'][{name!r}] cannot be imported: {error}") from error
        if not (isinstance(made, type) and issubclass(made, Purpose)):
            raise ConfigurationError(
                f"RASEED['PURPOSES'][{name!r}] = {path!r} is not a raseed.Purpose class."
            )
        purposes[name] = made(name)
    return purposes


def _known(things: Mapping[str, _Thing], name: str, key: str, noun: str) -> _Thing:
    try:
        return things[name]
    except KeyError:
        known = ", ".join(sorted(things)) or "none"
        raise ConfigurationError(f"there is no {noun} {name!r} in RASEED[{key!r}]. Known: {known}.") from None
