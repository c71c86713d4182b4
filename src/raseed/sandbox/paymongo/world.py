"""One mode's world: test and live share nothing but the clock."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from raseed.sandbox.paymongo.settings import DEFAULTS
from raseed.sandbox.store import Doc, Table
from raseed.sandbox.world import GatewayWorld

if TYPE_CHECKING:
    from raseed.sandbox.box import Sandbox

NAME = "paymongo"
MODES = ("test", "live")


class World(GatewayWorld):
    """The documents of one mode, and what is needed to make more of them.

    A document is `{"id", "type", "attributes", "private"}`. `private` never leaves the sandbox: it holds
    what the real service knows and does not show, such as which session an intent belongs to.
    """

    gateway = NAME
    defaults = DEFAULTS

    def __init__(self, sandbox: Sandbox, mode: str) -> None:
        super().__init__(sandbox, mode)
        self.livemode = mode == "live"

    def table(self, name: str) -> Table:
        """sources, intents, methods, attempts, sessions, links, customers, payments, …"""
        return self.sandbox.store.table(NAME, self.mode, name)

    @property
    def other(self) -> World:
        """The world of the other mode."""
        return World(self.sandbox, "test" if self.livemode else "live")

    def minimum(self, resource: str) -> int:
        return int(self.settings["minimum"][resource])

    def now(self) -> int:
        """The sandbox's time in whole unix seconds."""
        return int(self.sandbox.clock.now())

    def new_id(self, prefix: str) -> str:
        return self.sandbox.ids.new(prefix)

    def add(self, table: str, prefix: str, kind: str, attributes: Doc, **private: Any) -> Doc:
        """Make a document and keep it."""
        document: Doc = {
            "id": self.new_id(prefix),
            "type": kind,
            "attributes": attributes,
            "private": private,
        }
        self.table(table)[document["id"]] = document
        return document

    def touch(self, document: Doc, **changes: Any) -> None:
        """Change attributes and `updated_at`."""
        document["attributes"].update(changes, updated_at=self.now())


#: A mode's world by its name.
WorldOf = Callable[[str], World]


def bare(document: Doc) -> Doc:
    """A copy of a document as the API shows it."""
    return {
        "id": document["id"],
        "type": document["type"],
        "attributes": copy.deepcopy(document["attributes"]),
    }
