"""An event loop that lives in the sandbox's time, and runs only when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class StillLoop(asyncio.SelectorEventLoop):
    """Nothing in it waits for the real time: `now` tells the time, in unix seconds.

    A public loop cannot say whether it has something to do, so this one looks at its own queue.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        super().__init__()

    def time(self) -> float:
        """The sandbox's time."""
        return self._now()

    def pump(self) -> None:
        """Run all that can run now. Afterwards everything waits for somebody else, or for later."""
        while self._ready or self._is_due():  # type: ignore[attr-defined]
            self.call_soon(self.stop)
            self.run_forever()

    def _is_due(self) -> bool:
        timers = self._scheduled  # type: ignore[attr-defined]
        return bool(timers) and bool(timers[0].when() <= self.time())
