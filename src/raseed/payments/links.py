"""Addresses: where browsers come back, where status pages are, and that they stay on this site."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlencode, urljoin, urlsplit

from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from raseed.core.errors import ConfigurationError
from raseed.payments import conf
from raseed.payments.tokens import status_token

#: The query parameter of return URLs that names the payment.
PARAMETER = "payment"


def site_path(url: str, name: str) -> str:
    """The path of an address on this site; empty stays empty. Raises ConfigurationError for another site."""
    path = path_on_site(url)
    if url and not path:
        site = conf.current().site_url
        raise ConfigurationError(f"{name} = {url!r} leads away from {site}. Pass a path of this site.")
    return path


def path_on_site(url: str) -> str:
    """The path of an address on this site, or an empty text: visitors may have written it."""
    if not url:
        return ""
    site = conf.current().site_url
    parts = urlsplit(site)
    allowed = url_has_allowed_host_and_scheme(url, {parts.netloc}, require_https=parts.scheme == "https")
    parts = urlsplit(urljoin(f"{site}/", url)) if allowed else parts
    # Resolving "/.//host" leaves a path that a browser takes for another host.
    is_path = not parts.path.startswith(("//", "/\\"))
    if not allowed or not is_path or any(unicodedata.category(letter) == "Cc" for letter in url):
        return ""
    return parts._replace(scheme="", netloc="").geturl() or "/"


def gateway_return_url(path: str, reference: str) -> str:
    """The absolute address a gateway sends the browser to, naming the payment by its signed token."""
    path = path or reverse("raseed:returned")
    parts = urlsplit(path)
    kept = [part for part in parts.query.split("&") if part and part.partition("=")[0] != PARAMETER]
    query = "&".join([*kept, urlencode({PARAMETER: status_token(reference)})])
    return conf.current().site_url + parts._replace(query=query).geturl()


def stream_url(reference: str, version: int) -> str:
    """Where a page that shows this version listens; empty where the site runs no event process."""
    base = conf.current().events_url
    return f"{base}{status_token(reference)}/?after={version}" if base else ""
