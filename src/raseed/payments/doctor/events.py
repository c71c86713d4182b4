"""Event streams, where the site runs a process for them: does it answer?"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin

from django.core.checks import CheckMessage

from raseed.core.errors import Unreachable
from raseed.outgoing.http import exchange
from raseed.payments import conf
from raseed.payments.doctor.findings import found


def examine(settings: conf.Settings) -> Iterator[CheckMessage]:
    """Asks the process itself, on the way that browsers take."""
    if not settings.events_url:
        return
    try:
        answer = exchange("GET", urljoin(f"{settings.site_url}/", f"{settings.events_url}health"))
        why = "" if answer.status == 200 else f"answered {answer.status}"
    except Unreachable as silent:
        why = str(silent)
    if why:
        yield found(
            "raseed.W051",
            "RASEED['EVENTS_URL']",
            f"the process of event streams does not answer ({why}): open pages ask by themselves, later.",
            "Is raseed.payments.events running, and is this path passed on to it?",
        )
