"""The sandbox's time, so that shop and sandbox live in the same moment even when a test moves it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

#: Written by `raseed sandbox --clock-file`. Without it, the real time.
_file = os.environ.get("RASEED_DEMO_CLOCK_FILE", "")

#: The file as it was last read, by inode and time of change: asked often, it changes rarely.
_last: tuple[tuple[int, int], dict[str, Any]] | None = None


def now() -> datetime:
    """The present moment (aware, UTC): frozen, shifted or real, as the sandbox says."""
    clock = _read()
    if clock.get("mode") == "frozen" and clock.get("frozen_at") is not None:
        return datetime.fromtimestamp(float(clock["frozen_at"]), UTC)
    return datetime.now(UTC) + timedelta(seconds=float(clock.get("offset_seconds", 0)))


def _read() -> dict[str, Any]:
    global _last
    try:
        found = os.stat(_file) if _file else None  # noqa: PTH116  (half the cost of Path.stat, on every call)
    except FileNotFoundError:
        found = None
    if found is None:
        return {}
    version = (found.st_ino, found.st_mtime_ns)
    if _last is None or _last[0] != version:
        _last = (version, json.loads(Path(_file).read_text()))
    return _last[1]
