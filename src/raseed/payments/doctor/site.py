"""The site's own settings: DEBUG, hosts, the secret key, the clock, and accounts that do not go together."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core.checks import CheckMessage
from django.http.request import validate_host

from raseed.payments import conf
from raseed.payments.doctor import accounts
from raseed.payments.doctor.findings import found


def examine(settings: conf.Settings) -> Iterator[CheckMessage]:
    """What the settings say, without a database or the network."""
    live = accounts.live(settings)
    yield from _hosts(settings)
    if live and django_settings.DEBUG:
        yield found(
            "raseed.E011",
            "settings.DEBUG",
            f"DEBUG is on, and account {live[0]!r} is live: an error page would show payments to strangers.",
            "Set DEBUG = False.",
        )
    if live and settings.source.get("CLOCK"):
        yield found(
            "raseed.E012",
            "RASEED['CLOCK']",
            f"the time is not the real one, and account {live[0]!r} is live.",
            "Remove CLOCK: it is for tests and rehearsals.",
        )
    yield from _modes(settings, live)


def _hosts(settings: conf.Settings) -> Iterator[CheckMessage]:
    host = urlsplit(settings.site_url).hostname or ""
    allowed = list(django_settings.ALLOWED_HOSTS)
    if django_settings.DEBUG and not allowed:
        allowed = [".localhost", "127.0.0.1", "[::1]"]  # as Django does
    if not validate_host(host, allowed):
        yield found(
            "raseed.E010",
            "settings.ALLOWED_HOSTS",
            f"the site refuses its own address: {host} of RASEED['SITE_URL'] is not in it, so gateways and "
            "customers who come back get 400.",
            f"Add {host!r}, or correct SITE_URL.",
        )


def _modes(settings: conf.Settings, live: list[str]) -> Iterator[CheckMessage]:
    others = [name for name in settings.gateways if name not in live]
    if live and others:
        yield found(
            "raseed.W011",
            "RASEED['ACCOUNTS']",
            f"{_names(live)} {_is(live)} live, {_names(others)} {_is(others)} not: what is paid there is "
            "given, and no money comes.",
            "Take the test accounts out of the live site's settings, or replace their keys.",
        )
    elif others and accounts.is_public(settings) and not django_settings.DEBUG:
        yield found(
            "raseed.W012",
            "RASEED['ACCOUNTS']",
            f"{_names(others)} {_is(others)} in test mode, and {settings.site_url} looks public: "
            "what is paid for is given, and no money comes.",
            "Use live keys; or leave it so, if this is the site where you rehearse.",
        )


def _names(names: list[str]) -> str:
    return ", ".join(map(repr, names))


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
