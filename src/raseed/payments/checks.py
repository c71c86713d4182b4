"""System checks: each finding names the key, what is wrong, and the remedy. Ids are documented."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 Django's own names
from django.db import DEFAULT_DB_ALIAS, connections
from django.urls import NoReverseMatch, reverse

from raseed.core.errors import ConfigurationError
from raseed.payments import conf, tasks

#: Shorter is allowed, and seldom meant.
_SHORTEST_DAYS = 30


def check_settings(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> Iterable[CheckMessage]:
    """All that can be said of the settings without touching a database."""
    try:
        settings = conf.current()
    except ConfigurationError as error:
        return [Error(str(error), id="raseed.E001")]
    return [
        *_time(),
        *_addresses(settings),
        *_requests(),
        *_transactions(),
        *_urls(),
        *_queue(settings),
        *_retention(settings),
    ]


def _time() -> list[CheckMessage]:
    if django_settings.USE_TZ:
        return []
    hint = "Set USE_TZ = True."
    return [Error("Raseed stores moments with their time zone.", hint=hint, id="raseed.E002")]


def _addresses(settings: conf.Settings) -> list[CheckMessage]:
    """In live mode: https, and no gateway but the vendor's own."""
    found: list[CheckMessage] = []
    for account, gateway in settings.gateways.items():
        if not gateway.livemode:
            continue
        if not settings.site_url.startswith("https://"):
            hint = "Write the https address under which customers reach the site."
            text = f"account {account!r} is live, and RASEED['SITE_URL'] is {settings.site_url}."
            found.append(Error(text, hint=hint, id="raseed.E003"))
        vendor = inspect.signature(type(gateway)).parameters.get("base_url")
        address = getattr(gateway, "base_url", None)
        # A vendor with several addresses has no default one; its adapter refuses the others itself.
        own = vendor.default if vendor is not None else ""
        if own and address is not None and address.rstrip("/") != own.rstrip("/"):
            hint = f"Remove BASE_URL from RASEED['ACCOUNTS'][{account!r}], or use test keys."
            text = f"account {account!r} is live, and its BASE_URL is not the gateway's own."
            found.append(Error(text, hint=hint, id="raseed.E004"))
    return found


def _requests() -> list[CheckMessage]:
    """A payment must not be started inside the transaction of a whole request."""
    wrapped = [
        name for name, database in django_settings.DATABASES.items() if database.get("ATOMIC_REQUESTS")
    ]
    if not wrapped:
        return []
    hint = "Decorate the views that start payments with django.db.transaction.non_atomic_requests."
    text = "ATOMIC_REQUESTS is on: start_payment, check_payment and refunds refuse to run in such views."
    return [Warning(text, hint=hint, id="raseed.W001")]


def _transactions() -> list[CheckMessage]:
    """SQLite must take its write lock at the start of a transaction. Raseed's rows are in this database."""
    database = connections[DEFAULT_DB_ALIAS]
    mode = str(database.settings_dict.get("OPTIONS", {}).get("transaction_mode", ""))
    if database.vendor != "sqlite" or mode.upper() in {"IMMEDIATE", "EXCLUSIVE"}:
        return []
    hint = (
        'Add "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, '
        '"init_command": "PRAGMA journal_mode=WAL"} to this database.'
    )
    text = f"database {DEFAULT_DB_ALIAS!r} (SQLite) would let two payments collide in the middle."
    return [Error(text, hint=hint, id="raseed.E005")]


def _urls() -> list[CheckMessage]:
    """Browsers come back to Raseed's own addresses."""
    if not getattr(django_settings, "ROOT_URLCONF", None):
        return []
    try:
        reverse("raseed:status", args=["token"])
    except NoReverseMatch:
        hint = 'Add path("payments/", include("raseed.payments.urls")) to your urlpatterns.'
        return [Error("Raseed's status pages have no address on this site.", hint=hint, id="raseed.E007")]
    return []


def _queue(settings: conf.Settings) -> list[CheckMessage]:
    """The worker hands over only to a queue that the task backend has."""
    queues = tasks.check.get_backend().queues
    if not queues or settings.task_queue in queues:
        return []
    hint = f'Add {settings.task_queue!r} to the QUEUES of TASKS["default"], or name one of them.'
    text = f"RASEED['TASK_QUEUE'] is {settings.task_queue!r}, which the task backend does not have."
    return [Error(text, hint=hint, id="raseed.E008")]


def _retention(settings: conf.Settings) -> list[CheckMessage]:
    """Periods that have no effect, or that a gateway outlasts."""
    found: list[CheckMessage] = []
    days = settings.retention_days
    bodies, deliveries = days["bodies"], days["deliveries"]
    if deliveries is not None and (bodies is None or bodies > deliveries):
        hint = "Keep deliveries longer, or bodies shorter."
        text = (
            f"RASEED['RETENTION_DAYS'] keeps deliveries for {deliveries} days, and their bodies for longer."
        )
        found.append(Warning(text, hint=hint, id="raseed.W002"))
    for name in ("bodies", "deliveries", "facts"):
        kept = days[name]
        if kept is not None and kept < _SHORTEST_DAYS:
            hint = f"Keep them for {_SHORTEST_DAYS} days or more."
            text = f"RASEED['RETENTION_DAYS'][{name!r}] is {kept}, less than most disputes take."
            found.append(Warning(text, hint=hint, id="raseed.W003"))
    return found


def check_databases(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> Iterable[CheckMessage]:
    """What only the database itself can tell: SQLite must let readers go on while one writes."""
    connection = connections[DEFAULT_DB_ALIAS]
    if DEFAULT_DB_ALIAS not in (databases or ()) or connection.vendor != "sqlite" or _is_wal(connection):
        return []
    hint = 'Add "init_command": "PRAGMA journal_mode=WAL;" to its OPTIONS.'
    text = (
        f"database {DEFAULT_DB_ALIAS!r} (SQLite) is not in WAL mode: readers and the worker block each other."
    )
    return [Error(text, hint=hint, id="raseed.E006")]


def _is_wal(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
    return str(mode).lower() in {"wal", "memory"}
