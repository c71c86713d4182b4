"""What every imitated gateway's world can do: keep documents and settings, and live in the sandbox's time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from raseed.sandbox.store import Doc, Table

if TYPE_CHECKING:
    from raseed.sandbox.box import Sandbox


class GatewayWorld:
    """The base of the gateways' worlds. Each states its name and the defaults of its settings."""

    gateway: ClassVar[str]
    defaults: ClassVar[Mapping[str, Any]]

    def __init__(self, sandbox: Sandbox, mode: str = "test") -> None:
        self.sandbox = sandbox
        self.mode = mode

    def table(self, name: str) -> Table:
        """The documents of one kind, by their id."""
        return self.sandbox.store.table(self.gateway, name)

    @property
    def settings(self) -> Doc:
        """The gateway's settings: its defaults, and what was changed since."""
        return {**self.defaults, **self.sandbox.store.table(self.gateway, "settings").get("now", {})}

    def keep_settings(self, settings: Doc) -> None:
        self.sandbox.store.table(self.gateway, "settings")["now"] = settings

    def now(self) -> float:
        """The sandbox's time in unix seconds."""
        return self.sandbox.clock.now()

    def digits(self, length: int) -> str:
        """So many digits that look random."""
        return "".join(str(ord(letter) % 10) for letter in self.sandbox.ids.text(length))

    def set_alarm(self, seconds: float, action: str, subject_id: str) -> None:
        """Have `action` done with the subject after so many seconds."""
        self.sandbox.set_alarm(
            self.sandbox.clock.now() + seconds, self.gateway, self.mode, action, subject_id
        )


#: action -> the table of its subject, and what is done with it
Alarms = Mapping[str, tuple[str, Callable[[Any, Doc], object]]]


def ring(alarms: Alarms, world: GatewayWorld, action: str, subject_id: str) -> None:
    """Do what was set for this moment, unless its subject is gone."""
    table, act = alarms[action]
    if subject_id in world.table(table):
        act(world, world.table(table)[subject_id])
