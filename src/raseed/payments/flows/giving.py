"""When the site's code runs in an attempt to confirm, and what becomes of an error in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Giving:
    """`later`: by the worker; `error` is the traceback that put it off, if one did.

    `bare`: without a savepoint. What the site's code raises ends the transaction as `ShopRaised`, and whoever
    opened it does it once more, with the giving put off.
    """

    later: bool = False
    bare: bool = False
    error: str = ""


#: In a savepoint: whatever is raised in it is kept with the fulfilment, and the rest stands.
GUARDED = Giving()
BARE = Giving(bare=True)
LATER = Giving(later=True)


class ShopRaised(Exception):
    """The site's code raised where no savepoint can undo what it did. Never leaves `once_more`."""

    def __init__(self, traceback: str) -> None:
        super().__init__("the site's code raised; the transaction is done once more without it")
        self.traceback = traceback
