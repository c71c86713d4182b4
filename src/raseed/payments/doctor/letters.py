"""E-mail: do letters leave this machine?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage

from raseed.payments import conf, mail
from raseed.payments.doctor import accounts
from raseed.payments.doctor.findings import found

_NOWHERE = frozenset(
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased", "locmem")
)
_CONNECT_SECONDS = 10


def examine(settings: conf.Settings) -> Iterator[CheckMessage]:
    """What the settings say."""
    if not accounts.is_for_real(settings):
        return
    if mail.backend() in _NOWHERE:
        yield found(
            "raseed.W080",
            "settings",
            "letters do not leave this machine: nobody gets what raseed.send_email queues.",
            "Set EMAIL_BACKEND (from Django 6.1 on MAILERS) to SMTP or to your mail company's backend. "
            "If the site writes no letters, silence this.",
        )
    if django_settings.DEFAULT_FROM_EMAIL == "webmaster@localhost":
        yield found(
            "raseed.W081",
            "settings.DEFAULT_FROM_EMAIL",
            "letters come from webmaster@localhost, which mail servers refuse.",
            "Set it to an address of your domain.",
        )


def examine_server(settings: conf.Settings) -> Iterator[CheckMessage]:
    """Connects and logs in, where mail goes out by SMTP; sends nothing."""
    if mail.backend() != mail.SMTP or not accounts.is_for_real(settings):
        return
    connection: Any = mail.sender()
    connection.timeout = _CONNECT_SECONDS
    try:
        with closing(connection):
            connection.open()
    except Exception as error:  # noqa: BLE001 names, sockets, certificates and log-ins fail in their own ways
        yield found(
            "raseed.E080",
            "settings",
            f"the mail server {connection.host}:{connection.port} does not take us: {type(error).__name__}.",
            "See EMAIL_HOST and its neighbours, or MAILERS from Django 6.1 on; letters wait meanwhile.",
        )
    finally:
        with suppress(Exception):
            connection.close()
