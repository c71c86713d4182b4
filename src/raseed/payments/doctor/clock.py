"""The machine's clock against others': signatures have a time window, and due work a moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from django.core.checks import CheckMessage

from raseed.core.errors import Unreachable
from raseed.outgoing.http import exchange
from raseed.payments import conf
from raseed.payments.doctor import accounts
from raseed.payments.doctor.findings import found

#: A Date header has whole seconds; below this nothing can be said.
_NOTICEABLE_SECONDS = 5

#: Replay windows are minutes wide; a minute off, and deliveries of good faith begin to be refused.
_HARMFUL_SECONDS = 60


def examine(settings: conf.Settings) -> Iterator[CheckMessage]:
    """Compares with whatever answers with a date: the gateways' servers and the site's own."""
    urls = {accounts.base_url(settings, account) for account in settings.gateways} | {settings.site_url}
    skews = {url: skew for url in sorted(filter(None, urls)) if (skew := _skew(url)) is not None}
    if not skews:
        yield found(
            "raseed.I040",
            "this machine's clock",
            "there was nobody to compare it with: no gateway and not the site itself answered with a date.",
            "Look again when they answer.",
        )
    for url, skew in skews.items():
        if abs(skew) < _NOTICEABLE_SECONDS:
            continue
        way = "behind" if skew > 0 else "ahead of"
        harmful = abs(skew) >= _HARMFUL_SECONDS
        yield found(
            "raseed.E040" if harmful else "raseed.W040",
            "this machine's clock",
            f"it is {abs(skew):.0f} s {way} the clock of {urlsplit(url).netloc}.",
            "Have NTP set it (timedatectl set-ntp true); where the other one is yours and wrong, that one.",
        )


def _skew(url: str) -> float | None:  # seconds that the other clock is ahead
    began = time.time()
    try:
        date = exchange("GET", url, whole_seconds=10).headers.get("date", "")
        there = parsedate_to_datetime(date).timestamp()
    except (Unreachable, ValueError):
        return None
    ended = time.time()
    # The header was written somewhere between, and is up to a second old.
    if began - 1 <= there <= ended:
        return 0.0
    return there - ended if there > ended else there + 1 - began
