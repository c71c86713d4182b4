"""One mode's world: test and live share nothing but the clock."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from raseed.sandbox.paymongo.settings import DEFAULTS
from raseed.sandbox.store import Doc, Table

if TYPE_CHECKING:
    from raseed.sandbox.box import Sandbox

NAME = "paymongo"
MODES = ("test", "live")


class World:
    """The documents of one mode, and what is needed to make more of them.

    A document is `{"id", "type", "attributes", "private"}`. `private` never leaves the sandbox: it holds
    what the real service knows and does not show, such as which session an intent belongs to.
    """

    def __init__(self, sandbox: Sandbox, mode: str) -> None:
        self.sandbox = sandbox
        self.mode = mode
        self.livemode = mode == "live"

    def table(self, name: str) -> Table:
        """sources, intents, methods, attempts, sessions, links, customers, payments, …"""
        return self.sandbox.store.table(NAME, self.mode, name)

    @property
    def other(self) -> World:
        """The world of the other mode."""
        return World(self.sandbox, "test" if self.livemode else "live")

    @property
    def settings(self) -> Doc:
        return {**DEFAULTS, **self.sandbox.store.table(NAME, "settings").get("now", {})}

    def keep_settings(self, settings: Doc) -> None:
        self.sandbox.store.table(NAME, "settings")["now"] = settings

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

    def set_alarm(self, seconds: float, action: str, subject_id: str) -> None:
        """Have `action` done with the subject after so many seconds."""
        self.sandbox.set_alarm(self.sandbox.clock.now() + seconds, NAME, self.mode, action, subject_id)


#: A mode's world by its name.
WorldOf = Callable[[str], World]


def bare(document: Doc) -> Doc:
    """A copy of a document as the API shows it."""
    return {
        "id": document["id"],
        "type": document["type"],
        "attributes": copy.deepcopy(document["attributes"]),
    }
