"""What the subjects need to know about accounts: where they call, and whether it is for real."""

from __future__ import annotations

import inspect
import ipaddress
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings

from raseed.payments import conf


def entries(settings: conf.Settings) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each account's name and what the settings say of it, secrets included."""
    for name in settings.gateways:
        yield name, dict(settings.source["ACCOUNTS"][name])


def vendors_url(settings: conf.Settings, account: str) -> str:
    """The vendor's own base URL, or an empty text where it has none, or several."""
    parameter = inspect.signature(type(settings.gateways[account])).parameters.get("base_url")
    default = parameter.default if parameter is not None else ""
    return default if isinstance(default, str) else ""


def base_url(settings: conf.Settings, account: str) -> str:
    """Where this account's calls go, or an empty text where its gateway makes none over HTTP."""
    found = getattr(settings.gateways[account], "base_url", "") or _stated_url(settings, account)
    return found if isinstance(found, str) else ""


def _stated_url(settings: conf.Settings, account: str) -> str:
    return str(settings.source["ACCOUNTS"][account].get("BASE_URL") or vendors_url(settings, account))


def is_rehearsal(settings: conf.Settings, account: str) -> bool:
    """It talks to no vendor: to the sandbox, or to nobody.

    A vendor with several addresses, by region or mode, has no default one: then any that is stated counts.
    """
    if "base_url" not in inspect.signature(type(settings.gateways[account])).parameters:
        return True
    stated = settings.source["ACCOUNTS"][account].get("BASE_URL")
    return bool(stated) and str(stated).rstrip("/") != vendors_url(settings, account).rstrip("/")


def live(settings: conf.Settings) -> list[str]:
    """The accounts that move real money."""
    return [name for name, gateway in settings.gateways.items() if gateway.livemode]


def is_for_real(settings: conf.Settings) -> bool:
    """Real money moves, or strangers can reach the site: now what protects nothing else must be right."""
    return bool(live(settings)) or (not django_settings.DEBUG and is_public(settings))


def is_public(settings: conf.Settings) -> bool:
    """Its address looks like one that the world can reach."""
    parts = urlsplit(settings.site_url)
    host = parts.hostname or ""
    if parts.scheme != "https" or "." not in host or host.endswith((".localhost", ".local", ".internal")):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True
