"""The settings: every key of `RASEED`, its meaning, default and validation."""

from __future__ import annotations

import difflib
import hashlib
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.db.models import Model
from django.utils import timezone
from django.utils.module_loading import import_string

from raseed.core.errors import ConfigurationError
from raseed.gateways import registry
from raseed.gateways.base import Gateway
from raseed.payments import retention
from raseed.payments.books import BY_HAND, WALLET
from raseed.payments.purposes import Purpose

#: key → (default, meaning). `REQUIRED` marks keys without which nothing works.
REQUIRED = object()
KEYS: dict[str, tuple[Any, str]] = {
    "SITE_URL": (REQUIRED, "where customers reach the site: scheme and host, no path"),
    "ACCOUNTS": (REQUIRED, "merchant accounts by name: GATEWAY and that gateway's credentials"),
    "PURPOSES": (REQUIRED, "what can be paid for: name → dotted path of a Purpose class"),
    "EVENTS_URL": (
        "",
        "where pages listen for changes: a path, or an address; default: they ask the site",
    ),
    "CLOCK": (None, "dotted path of a callable returning an aware datetime; default: the real time"),
    "ENCRYPTION_KEYS": ((), "Fernet keys for secrets at rest, newest first; default: from SECRET_KEY"),
    "REFERENCE_PREFIX": ("", "first letters of our references; default: six digits made from SITE_URL"),
    "MAX_BODY_BYTES": (256 * 1024, "largest webhook body that is read; a larger one gets 413"),
    "RETURN_QUERY_SECONDS": (5, "at most one query per payment in this time when browsers come back"),
    "LEASE_SECONDS": (60, "how long one worker may hold a payment for outside calls"),
    "RETENTION_DAYS": ({}, "how long what is finished is kept, by kind, in days; None: for good"),
    "TASK_QUEUE": ("default", "the queue of Django's task framework that the worker's findings go to"),
    "FULFIL_RETRY_SECONDS": (10, "first pause before a failed fulfilment is tried again; it doubles"),
}

#: A billion seconds are thirty years, a billion bytes no webhook.
_TOO_MUCH = 1_000_000_000

#: What the columns hold that refer to accounts and purposes.
_LONGEST_NAME = 64

_Thing = TypeVar("_Thing")
_PREFIX = re.compile(r"[A-Za-z0-9]{1,9}")


@dataclass(frozen=True, eq=False)
class Settings:
    """The validated settings, and what is built from them once per process."""

    source: Mapping[str, Any]
    site_url: str
    events_url: str
    clock: Callable[[], datetime]
    encryption_keys: tuple[str, ...]
    reference_prefix: str
    max_body_bytes: int
    return_query_seconds: float
    lease_seconds: float
    retention_days: Mapping[str, int | None]
    task_queue: str
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
        events_url=_events_url(values["EVENTS_URL"]),
        clock=_clock(values["CLOCK"]),
        encryption_keys=_keys(values["ENCRYPTION_KEYS"]),
        reference_prefix=_prefix(values["REFERENCE_PREFIX"], site_url),
        max_body_bytes=_bytes("MAX_BODY_BYTES", values),
        return_query_seconds=_positive("RETURN_QUERY_SECONDS", values),
        lease_seconds=_positive("LEASE_SECONDS", values),
        retention_days=retention.parse(values["RETENTION_DAYS"]),
        task_queue=_queue(values["TASK_QUEUE"]),
        fulfil_retry_seconds=_positive("FULFIL_RETRY_SECONDS", values),
        gateways=_gateways(values["ACCOUNTS"], _clock(values["CLOCK"])),
        purposes=_purposes(values["PURPOSES"]),
    )


def _site_url(value: Any) -> str:
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        is_plain = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, half an IPv6 address
        is_plain = False
    extra = is_plain and (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    if not is_plain or extra or " " in parts.netloc:
        raise ConfigurationError(
            f"RASEED['SITE_URL'] is {value!r}. Write scheme and host only, such as 'https://shop.example'."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _events_url(value: Any) -> str:
    """A path of this site, or an address of another port or host; with a slash at its end."""
    text = value if isinstance(value, str) else " "
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    is_path = text.startswith("/") and not text.startswith(("//", "/\\"))
    if text and (not (is_path or is_address) or any(mark in text for mark in " ?#@")):
        raise ConfigurationError(
            f"RASEED['EVENTS_URL'] is {value!r}. Write a path of this site, such as '/payment-events/', or "
            "an address, such as 'https://events.shop.example/'; or leave it out."
        )
    return f"{text.rstrip('/')}/" if text else ""


def _clock(path: Any) -> Callable[[], datetime]:
    if path is None:
        return timezone.now
    clock: Callable[[], datetime] = _imported(path, "RASEED['CLOCK']")
    try:
        moment = clock()
    except Exception as error:
        raise ConfigurationError(f"RASEED['CLOCK'] = {path!r} cannot be called: {error}") from error
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ConfigurationError(f"RASEED['CLOCK'] = {path!r} must return an aware datetime, not {moment!r}.")
    return clock


def _imported(path: Any, key: str) -> Any:
    if not isinstance(path, str):
        raise ConfigurationError(f"{key} must be a dotted path as text, such as 'shop.payments.Bill'.")
    try:
        return import_string(path)
    except (ImportError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(f"{key} = {path!r} cannot be imported: {error}") from error


def _keys(value: Any) -> tuple[str, ...]:
    """The keys are checked here and never shown: the message may end in a log."""
    try:
        if not isinstance(value, (list, tuple)):
            raise TypeError("not a list")
        keys = tuple(key.decode() if isinstance(key, bytes) else key for key in value)
        for key in keys:
            Fernet(key)
    except (TypeError, ValueError, AttributeError):
        raise ConfigurationError(
            "RASEED['ENCRYPTION_KEYS'] must be a list of Fernet keys, newest first. Make one with: python -c "
            "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
        ) from None
    return keys


def _prefix(value: Any, site_url: str) -> str:
    prefix = value or hashlib.sha256(site_url.encode()).hexdigest()[:6]
    if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
        raise ConfigurationError(f"RASEED['REFERENCE_PREFIX'] = {value!r}: use 1 to 9 letters and digits.")
    return prefix


def _queue(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigurationError(
            f"RASEED['TASK_QUEUE'] is {value!r}. Name a queue of TASKS, or leave it out."
        )
    return value


def _positive(key: str, values: Mapping[str, Any]) -> float:
    value: float = values[key]
    if not _is_positive(value):
        raise ConfigurationError(f"RASEED[{key!r}] is {value!r}. It must be a number above zero.")
    return value


def _is_positive(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 < value < _TOO_MUCH


def _bytes(key: str, values: Mapping[str, Any]) -> int:
    value = _positive(key, values)
    if not isinstance(value, int):
        raise ConfigurationError(f"RASEED[{key!r}] is {value!r}. It must be a whole number of bytes.")
    return value


def _named(things: Any, key: str, example: str) -> Mapping[str, Any]:
    """A mapping by names that fit the columns of the rows that will refer to them."""
    if not isinstance(things, Mapping):
        raise ConfigurationError(f"RASEED[{key!r}] must map names to {key.lower()}: {example}.")
    for name in things:
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
            raise ConfigurationError(
                f"RASEED[{key!r}] has the name {name!r}. Use a text of 1 to {_LONGEST_NAME} characters."
            )
    return things


def _gateways(accounts: Any, clock: Callable[[], datetime]) -> dict[str, Gateway]:
    named = _named(accounts, "ACCOUNTS", "{'paymongo': {'GATEWAY': 'paymongo', …}}")
    if BY_HAND in named:
        raise ConfigurationError(f"RASEED['ACCOUNTS'] has the name {BY_HAND!r}, which money by hand has.")
    for name in named:
        if name.startswith(WALLET):
            raise ConfigurationError(f"RASEED['ACCOUNTS'] has the name {name!r}, which is a wallet's.")
    return {account: _gateway(f"RASEED['ACCOUNTS'][{account!r}]", named[account], clock) for account in named}


def _gateway(where: str, entry: Any, clock: Callable[[], datetime]) -> Gateway:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("GATEWAY"), str):
        raise ConfigurationError(f"{where} needs 'GATEWAY', such as 'paymongo'.")
    credentials = {str(key).lower(): value for key, value in entry.items() if key != "GATEWAY"}
    try:
        _refuse_missing_texts(entry["GATEWAY"], credentials)
        return registry.load(entry["GATEWAY"], clock=clock, **credentials)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    except (TypeError, ValueError, AttributeError) as error:
        # Without the error's own words: they may hold a secret.
        raise ConfigurationError(
            f"{where}: one of {', '.join(key.upper() for key in credentials)} is not of the right kind "
            f"({type(error).__name__})."
        ) from error


def _refuse_missing_texts(name: str, credentials: Mapping[str, Any]) -> None:
    """The usual mistake: an environment variable that is not set, read with `os.environ.get`."""
    accepted = inspect.signature(registry.gateway_class(name)).parameters
    for key, value in credentials.items():
        default = accepted[key].default if key in accepted else None
        if value is None and (isinstance(default, (str, tuple)) or default is inspect.Parameter.empty):
            raise ConfigurationError(
                f"{key.upper()} is None. Is the environment variable set? Else leave it out."
            )


def _purposes(paths: Any) -> dict[str, Purpose]:
    named = _named(paths, "PURPOSES", "{'bill': 'shop.payments.Bill'}")
    return {name: _purpose(name, path) for name, path in named.items()}


def _purpose(name: str, path: Any) -> Purpose:
    where = f"RASEED['PURPOSES'][{name!r}]"
    made = _imported(path, where)
    if not (isinstance(made, type) and issubclass(made, Purpose)):
        raise ConfigurationError(f"{where} = {path!r} is not a raseed.Purpose class.")
    purpose = made(name)
    if not (isinstance(made.payable, type) and issubclass(made.payable, Model)):
        raise ConfigurationError(f"{where}: `payable` of {path} must be a model class, not {made.payable!r}.")
    for method in ("price",) if purpose.fills_wallets else ("price", "fulfil"):
        if getattr(made, method) is getattr(Purpose, method):
            raise ConfigurationError(f"{where}: {path} must define `{method}`.")
    if not _is_positive(made.open_for_seconds):
        raise ConfigurationError(f"{where}: `open_for_seconds` of {path} must be a number above zero.")
    return purpose


def _known(things: Mapping[str, _Thing], name: str, key: str, noun: str) -> _Thing:
    try:
        return things[name]
    except KeyError:
        known = ", ".join(sorted(things)) or "none"
        raise ConfigurationError(f"there is no {noun} {name!r} in RASEED[{key!r}]. Known: {known}.") from None
