"""A situation as data: its name, what happens, and how it must stand at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from raseed.proof.tour.scene import Ending, Scene

#: Paid by webhook with one charge, given once.
WELL = Ending()


@dataclass(frozen=True)
class Situation:
    """`play` makes it happen and checks what must hold on the way; `ending` is compared afterwards.

    `but`: how it ends instead, by shop, where that differs. `shops`: those that have what it is about; none
    named means all but those that stand apart, and those in `without`, whose gateway has no such thing.
    """

    name: str
    play: Callable[[Scene], None]
    ending: Ending = WELL
    shops: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    but: Mapping[str, Ending] = field(default_factory=dict)

    def ending_in(self, shop: str) -> Ending:
        """How it must stand at the end in this shop."""
        return self.but.get(shop, self.ending)
