"""E-mail: do letters leave this machine?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

from django.conf import settings as django_settings
from django.core import mail
from django.core.checks import CheckMessage

from raseed.payments import conf
from raseed.payments.doctor import accounts
from raseed.payments.doctor.findings import found

_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_NOWHERE = frozenset(
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased", "locmem")
)
_CONNECT_SECONDS = 10


def examine(settings: conf.Settings) -> Iterator[CheckMessage]:
    """What the settings say."""
    if not accounts.is_for_real(settings):
        return
    if django_settings.EMAIL_BACKEND in _NOWHERE:
        yield found(
            "raseed.W080",
            "settings.EMAIL_BACKEND",
            "letters do not leave this machine: nobody gets what raseed.send_email queues.",
            "Use the SMTP backend, or your mail company's. If the site writes no letters, silence this.",
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
    if django_settings.EMAIL_BACKEND != _SMTP or not accounts.is_for_real(settings):
        return
    connection: Any = mail.get_connection(timeout=_CONNECT_SECONDS)
    try:
        with closing(connection):
            connection.open()
    except Exception as error:  # noqa: BLE001 names, sockets, certificates and log-ins fail in their own ways
        yield found(
            "raseed.E080",
            "settings.EMAIL_HOST",
            f"the mail server {django_settings.EMAIL_HOST}:{django_settings.EMAIL_PORT} does not take us: "
            f"{type(error).__name__}.",
            "See EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER and EMAIL_HOST_PASSWORD; letters wait meanwhile.",
        )
    finally:
        with suppress(Exception):
            connection.close()
