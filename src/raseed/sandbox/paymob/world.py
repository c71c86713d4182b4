"""What the imitated Paymob knows. One merchant, with test and live keys, in every country."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raseed.sandbox.paymob.settings import DEFAULTS
from raseed.sandbox.store import Doc, Table

if TYPE_CHECKING:
    from raseed.sandbox.box import Sandbox

NAME = "paymob"
TEST, LIVE = "test", "live"
#: How the numbers of orders, transactions and saved cards begin, so that none is taken for another.
ORDER, TRANSACTION, CARD = "33", "31", "91"


class World:
    """Paymob's documents: plain JSON under our own names; what the wire shows is made from them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def table(self, name: str) -> Table:
        """orders, transactions, keys, intentions, secrets, names, tokens, cards, webhooks"""
        return self.sandbox.store.table(NAME, name)

    @property
    def settings(self) -> Doc:
        return {**DEFAULTS, **self.table("settings").get("now", {})}

    def keep_settings(self, settings: Doc) -> None:
        self.table("settings")["now"] = settings

    def now(self) -> float:
        """The sandbox's time in unix seconds."""
        return self.sandbox.clock.now()

    def digits(self, length: int) -> str:
        """So many digits that look random."""
        return "".join(str(ord(letter) % 10) for letter in self.sandbox.ids.text(length))

    def hexadecimal(self, length: int) -> str:
        """So many hex digits that look random."""
        return "".join(f"{ord(letter) % 16:x}" for letter in self.sandbox.ids.text(length))

    def new_number(self, start: str, table: str) -> int:
        """Nine digits that nothing in the table has."""
        while (made := f"{start}{self.digits(7)}") in self.table(table):
            pass
        return int(made)

    def set_alarm(self, seconds: float, action: str, subject_id: str) -> None:
        """Have `action` done with the subject after so many seconds."""
        self.sandbox.set_alarm(self.now() + seconds, NAME, TEST, action, subject_id)
