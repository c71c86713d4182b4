"""What an engine is; and the embedded one, which has no queue: the worker does what it finds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, ClassVar

from raseed.cli.local_shop import WORKER

#: Names the engine and where its queue is, for the settings of a tour's processes.
ENGINE_VARIABLE = "RASEED_TOUR_ENGINE"
QUEUE_VARIABLE = "RASEED_TOUR_QUEUE_URL"
#: The queue that a tour's tasks go to. Not the one that everybody uses: it is emptied now and then.
QUEUE = "raseed-tour"
#: Processes that take tasks out of a queue, and those that put them in.
HANDS = 3
FINDERS = 2
#: Pause between two looks, in seconds: the tour waits for it many times.
PAUSE_SECONDS = "0.05"
SLOWER_PAUSE_SECONDS = "0.2"


class EngineMissing(Exception):
    """Something that this engine needs is not here. The message says what, and how to get it."""


class Engine:
    """The embedded engine, and what the others share. `url` is where the queue's server is."""

    name: ClassVar[str] = "embedded"
    #: Of Raseed, and what it brings.
    extra: ClassVar[str] = ""
    packages: ClassVar[Sequence[str]] = ()
    #: Where `--queue` leads if it is not given.
    default_url: ClassVar[str] = ""
    has_queue: ClassVar[bool] = False

    def __init__(self, url: str = "") -> None:
        self.url = url or self.default_url

    def require(self, database: str) -> None:
        """Raises EngineMissing where this engine cannot run here."""
        if not self.has_queue:
            return
        if not database:
            raise EngineMissing(
                f"--engine {self.name} means several machines, and those cannot share SQLite. "
                "Add --database postgresql://…"
            )
        missing = [package for package in self.packages if find_spec(package) is None]
        if missing:
            raise EngineMissing(f"{missing[0]} is not installed. Run: pip install 'raseed[{self.extra}]'")

    def settings(self) -> dict[str, Any]:
        """Django's settings of this engine, as a site would write them, but for INSTALLED_APPS."""
        return {}

    def apps(self) -> list[str]:
        """What is added to INSTALLED_APPS."""
        return []

    def workers(self) -> dict[str, list[str]]:
        """The commands of all processes that do owed work, by name."""
        if not self.has_queue:
            return {"worker": [*WORKER, "--pause", PAUSE_SECONDS]}
        finders = {f"worker-{n}": [*WORKER, "--pause", SLOWER_PAUSE_SECONDS] for n in range(1, FINDERS + 1)}
        return finders | {f"hand-{n}": self.hand(f"hand-{n}") for n in range(1, HANDS + 1)}

    def hand(self, name: str) -> list[str]:
        """The command of one process that takes tasks out of the queue."""
        raise NotImplementedError

    def waiting(self) -> int:
        """How many messages wait in the queue now."""
        return 0

    def lose(self) -> None:
        """Forget the whole queue and all that its server knows of it."""

    def close(self) -> None:
        """Leave the queue's server as it was found."""


def manage(*arguments: str) -> list[str]:
    """A management command of the shops."""
    return [sys.executable, "-m", "raseed_shops", *arguments]
