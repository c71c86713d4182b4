"""A memory in a dictionary: what the payments app keeps in the database, for tests of adapters."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from raseed.core.errors import GatewayRefused, OutcomeUnknown
from raseed.gateways.base import Token

BEGUN = object()


class DictMemory:
    """Keeps answers as JSON text, so that an answer that is not JSON-able fails here already."""

    def __init__(self) -> None:
        self.steps: dict[str, Any] = {}
        self.tokens: dict[str, Token] = {}

    def once(self, step: str, call: Callable[[], Any], lookup: Callable[[], Any] | None = None) -> Any:
        kept = self.steps.get(step)
        if kept is not None and kept is not BEGUN:
            return json.loads(kept)
        answer = None
        if kept is BEGUN:
            if lookup is None:
                raise OutcomeUnknown(f"{step} was begun and its answer lost")
            answer = lookup()
        if answer is None:
            self.steps[step] = BEGUN
            try:
                answer = call()
            except GatewayRefused:
                del self.steps[step]
                raise
        self.steps[step] = json.dumps(answer)
        return answer

    def recall(self, step: str) -> Any | None:
        kept = self.steps.get(step)
        return None if kept is None or kept is BEGUN else json.loads(kept)

    def token(self, name: str, refresh: Callable[[], Token]) -> str:
        if name not in self.tokens:
            self.tokens[name] = refresh()
        return self.tokens[name].value

    def forget(self, name: str, value: str) -> None:
        if name in self.tokens and self.tokens[name].value == value:
            del self.tokens[name]
