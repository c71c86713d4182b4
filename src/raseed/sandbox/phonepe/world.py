"""What the imitated PhonePe knows. One merchant's test mode; production differs by its hosts alone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from raseed.sandbox.phonepe.settings import DEFAULTS
from raseed.sandbox.world import GatewayWorld

NAME = "phonepe"
MODE = "test"
#: Ids carry the time in India.
INDIA = timezone(timedelta(hours=5, minutes=30))


class World(GatewayWorld):
    """PhonePe's documents: plain JSON under our own names; what the wire shows is made from them.

    Its tables: orders, attempts, refunds, tokens, webhooks, names (the merchants' own ids), pages.
    """

    gateway = NAME
    defaults = DEFAULTS

    def now(self) -> int:
        """The sandbox's time in whole unix seconds."""
        return int(self.sandbox.clock.now())

    def now_ms(self) -> int:
        """The same in milliseconds, as orders and payments state their moments."""
        return int(self.sandbox.clock.now() * 1000)

    def new_id(self, prefix: str, table: str) -> str:
        """`prefix`, the time in India as yyMMddHHmmssSSS, seven digits: OMO2511201030001234567890."""
        now = self.sandbox.clock.now()
        stamp = datetime.fromtimestamp(now, INDIA).strftime("%y%m%d%H%M%S") + f"{int(now * 1000) % 1000:03}"
        while (made := f"{prefix}{stamp}{self.digits(7)}") in self.table(table):
            pass
        return made
