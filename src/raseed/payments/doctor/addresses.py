"""The site's addresses: where webhooks come in, and whether the world gets there."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core.checks import CheckMessage
from django.urls import get_resolver
from django.urls.resolvers import LocalePrefixPattern, RoutePattern

from raseed.core.errors import Unreachable
from raseed.outgoing.http import Answer, exchange
from raseed.payments import conf
from raseed.payments.doctor import accounts
from raseed.payments.doctor.findings import found


def webhook_paths() -> dict[str, list[str]]:
    """Account → the paths at which this site mounts its webhook view."""
    paths: dict[str, list[str]] = {}
    if not getattr(django_settings, "ROOT_URLCONF", None):
        return paths
    for path, view in _views(get_resolver().url_patterns, "/"):
        account = getattr(view, "raseed_account", None)
        if account is not None:
            paths.setdefault(account, []).append(path)
    return paths


def _views(patterns: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Every view that has a fixed path. A path with parameters in it is no address for a gateway."""
    for entry in patterns:
        if isinstance(entry.pattern, LocalePrefixPattern):
            path = prefix + entry.pattern.language_prefix
        elif isinstance(entry.pattern, RoutePattern) and not entry.pattern.converters:
            path = prefix + str(entry.pattern)
        else:
            continue
        if hasattr(entry, "url_patterns"):
            yield from _views(entry.url_patterns, path)
        else:
            yield path, entry.callback


def examine(settings: conf.Settings) -> Iterator[CheckMessage]:
    """Whether every account that is called has an address, as far as the URL configuration tells."""
    paths = webhook_paths()
    for account, gateway in settings.gateways.items():
        if gateway.capabilities.webhook_methods and account not in paths:
            yield found(
                "raseed.W020",
                "urlpatterns",
                f"no address takes the webhooks of account {account!r}, so its payments are confirmed late.",
                f'Add path("webhook/{account}/", raseed.webhook(account="{account}")). Where a view of yours '
                "calls it, silence this check.",
            )


def examine_reach(settings: conf.Settings) -> Iterator[CheckMessage]:
    """A real request to each webhook address, from here."""
    yield from _private(settings)
    for account, paths in webhook_paths().items():
        methods = settings.gateway(account).capabilities.webhook_methods
        for path in paths:
            yield from _request(settings.site_url + path, methods)


def _request(url: str, methods: frozenset[str]) -> Iterator[CheckMessage]:
    """Our view refuses the other methods and says which it takes; nobody else answers so."""
    try:
        answer = exchange("HEAD" if "GET" in methods else "GET", url)
    except Unreachable as silent:
        yield found(
            "raseed.E021",
            url,
            f"the webhook address cannot be reached from this machine: {silent}",
            "Is the site up, and does its name lead to it? If only this machine cannot get there (a router "
            "that does not send it back in), ask from outside.",
        )
        return
    if answer.status != 405 or answer.headers.get("allow", "") != ", ".join(sorted(methods)):
        yield found(
            "raseed.E022", url, f"something else answers there, with {answer.status}.", _remedy(answer)
        )


def _remedy(answer: Answer) -> str:
    match answer.status:
        case 301 | 302 | 303 | 307 | 308:
            there = answer.headers.get("location", "elsewhere")[:200]
            return f"It redirects to {there}. Gateways do not follow: correct SITE_URL, or exempt this path."
        case 400:
            return "Most likely the site refuses its own name: see ALLOWED_HOSTS."
        case 401 | 403:
            return "A log-in, a firewall or a bot filter stands before it: exempt this path."
        case 404:
            return "Another site answers under this name, or the path is not passed on: see the web server."
        case status if status >= 500:
            return "The site or what stands before it has an error: see its log."
    return "See that this path leads to this Django site, past every proxy."


def _private(settings: conf.Settings) -> Iterator[CheckMessage]:
    """A name that leads to a private address is reached by nobody outside."""
    called = [name for name in settings.gateways if not accounts.is_rehearsal(settings, name)]
    parts = urlsplit(settings.site_url)
    if not called or not parts.hostname:
        return
    try:
        found_at = {str(entry[4][0]) for entry in socket.getaddrinfo(parts.hostname, parts.port or 443)}
    except OSError:
        return  # the request that follows tells it better
    if found_at and not any(ipaddress.ip_address(address.split("%")[0]).is_global for address in found_at):
        yield found(
            "raseed.W021",
            "RASEED['SITE_URL']",
            f"{parts.hostname} leads to {', '.join(sorted(found_at))}, where no gateway can come: "
            "webhooks are lost, and payments are confirmed late, by asking.",
            "Use a public name, or a tunnel while you develop; or the sandbox, which needs neither.",
        )
