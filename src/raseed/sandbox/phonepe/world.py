"""What the imitated PhonePe knows. One merchant's test mode; production differs by its hosts alone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from raseed.sandbox.phonepe.settings import DEFAULTS
from raseed.sandbox.store import Doc, Table

if TYPE_CHECKING:
    from raseed.sandbox.box import Sandbox

NAME = "phonepe"
MODE = "test"
#: Ids carry the time in India.
INDIA = timezone(timedelta(hours=5, minutes=30))


class World:
    """PhonePe's documents: plain JSON under our own names; what the wire shows is made from them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def table(self, name: str) -> Table:
        """orders, attempts, refunds, tokens, webhooks, names (the merchants' own ids), pages"""
        return self.sandbox.store.table(NAME, name)

    @property
    def settings(self) -> Doc:
        return {**DEFAULTS, **self.table("settings").get("now", {})}

    def keep_settings(self, settings: Doc) -> None:
        self.table("settings")["now"] = settings

    def now(self) -> int:
        """The sandbox's time in whole unix seconds."""
        return int(self.sandbox.clock.now())

    def now_ms(self) -> int:
        """The same in milliseconds, as orders and payments state their moments."""
        return int(self.sandbox.clock.now() * 1000)

    def digits(self, length: int) -> str:
        """So many digits that look random."""
        return "".join(str(ord(letter) % 10) for letter in self.sandbox.ids.text(length))

    def new_id(self, prefix: str, table: str) -> str:
        """`prefix`, the time in India as yyMMddHHmmssSSS, seven digits: OMO2511201030001234567890."""
        now = self.sandbox.clock.now()
        stamp = datetime.fromtimestamp(now, INDIA).strftime("%y%m%d%H%M%S") + f"{int(now * 1000) % 1000:03}"
        while (made := f"{prefix}{stamp}{self.digits(7)}") in self.table(table):
            pass
        return made

    def set_alarm(self, seconds: float, action: str, subject_id: str) -> None:
        """Have `action` done with the subject after so many seconds."""
        self.sandbox.set_alarm(self.sandbox.clock.now() + seconds, NAME, MODE, action, subject_id)
