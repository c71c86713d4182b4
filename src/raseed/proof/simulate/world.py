"""One world: a sandbox, an empty database, some customers and workers, and a clock that all of them share.

Worlds are independent: each begins with nothing and is checked when it has come to rest. So a failing one
is repeated alone, by its seed and number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from raseed.proof.simulate import instruments
from raseed.proof.simulate.loop import StillLoop
from raseed.proof.simulate.strands import Standing, Strand
from raseed.proof.simulate.wire import Door
from raseed.sandbox.box import Options, Sandbox
from raseed.sandbox.paymongo.settings import DOCUMENTED_MINIMUM
from raseed.sandbox.server import create_app

START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
#: So many pieces of the site's work may be under way at once.
STRANDS = 8
#: The errands shop's fee is two pesos; a wallet's refund may be a part of it.
SMALLEST_MINOR = 100


@dataclass
class Trace:
    """Every choice that was made, in order. The digest stands for all of it."""

    lines: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        """One more choice."""
        self.lines.append(line)

    @property
    def digest(self) -> str:
        """Of all lines."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


class World:
    """Everything in one process. `now` is the time on all sides, in unix seconds."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.random = Random(key)
        self.trace = Trace()
        self.door = Door()
        self.app: Any = create_app(_options(key), self.door)
        self.sandbox: Sandbox = self.app.state.sandbox
        self.sandbox.clock.set_mode("frozen")
        self.sandbox.clock.set(START)
        self.loop = StillLoop(self.now)
        self.site = httpx2.WSGITransport(app=get_wsgi_application())
        self.strands = [Strand(number, self.random, self.now) for number in range(STRANDS)]
        self.unexpected: list[str] = []

    def now(self) -> float:
        """The time in the sandbox."""
        return self.sandbox.clock.now()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let the world go round while the block runs."""
        with instruments.repeatable(self.now, f"{self.key} randomness"):
            settings.RASEED = dict(settings.RASEED)  # makes new adapters, which remember nothing
            self.loop.run_until_complete(self.sandbox.start())
            self._register()
            try:
                yield
            finally:
                for strand in self.strands:
                    strand.close()
                self.loop.run_until_complete(self.sandbox.stop())
                self.loop.close()

    def _register(self) -> None:
        """Tell the gateways where their webhooks go."""
        site, account = settings.SITE_URL, settings.RASEED["ACCOUNTS"]
        hooks = {
            "paymongo": {
                "url": f"{site}/webhook/paymongo/",
                "secret_key": account["paymongo"]["WEBHOOK_SECRETS"][0],
            },
            "paymob": {
                "url": f"{site}/api/payments/webhook/",
                "response_url": f"{site}/api/payments/webhook/",
            },
            "phonepe": {
                "url": f"{site}/api/payments/webhook/phonepe/",
                "username": account["phonepe"]["WEBHOOK_USERNAME"],
                "password": account["phonepe"]["WEBHOOK_PASSWORD"],
            },
        }
        for gateway, hook in hooks.items():
            self.sandbox.gateways[gateway].control("POST", ["webhooks"], dict(hook), {})

    def free(self) -> Strand | None:
        """A strand that has nothing to do."""
        return next((strand for strand in self.strands if strand.standing is Standing.FREE), None)

    def begin(self, strand: Strand, name: str, work: Callable[[], Any], deadly: int = 0) -> None:
        """Have a strand do it, in its own process as it were."""

        def fitted() -> Any:
            instruments.fit(strand)
            return work()

        strand.begin(name, fitted, deadly)


def _options(key: str) -> Options:
    """Gateways that take the smallest of the shops' prices, with ids of this world's own."""
    seed = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16)
    smallest = {**dict.fromkeys(DOCUMENTED_MINIMUM, SMALLEST_MINOR), "refunds": 1}
    parts = urlsplit(settings.SANDBOX_URL)
    return Options(parts.hostname or "", parts.port or 0, seed, paymongo={"minimum": smallest})
