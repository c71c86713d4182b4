"""What the imitated Paymob knows. One merchant, with test and live keys, in every country."""

from __future__ import annotations

from raseed.sandbox.paymob.settings import DEFAULTS
from raseed.sandbox.world import GatewayWorld

NAME = "paymob"
TEST, LIVE = "test", "live"
#: How the numbers of orders, transactions and saved cards begin, so that none is taken for another.
ORDER, TRANSACTION, CARD = "33", "31", "91"


class World(GatewayWorld):
    """Paymob's documents: plain JSON under our own names; what the wire shows is made from them.

    Its tables: orders, transactions, keys, intentions, secrets, names, tokens, cards, webhooks.
    """

    gateway = NAME
    defaults = DEFAULTS

    def hexadecimal(self, length: int) -> str:
        """So many hex digits that look random."""
        return "".join(f"{ord(letter) % 16:x}" for letter in self.sandbox.ids.text(length))

    def new_number(self, start: str, table: str) -> int:
        """Nine digits that nothing in the table has."""
        while (made := f"{start}{self.digits(7)}") in self.table(table):
            pass
        return int(made)
