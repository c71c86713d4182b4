"""One webhook: where it goes, its bytes, and how its gateway signs them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

#: Headers that sign a body at a moment (unix seconds), as the gateway documents it.
Signer = Callable[[bytes, int], Mapping[str, str]]


@dataclass(frozen=True)
class Delivery:
    """A POST that a gateway makes. Repeated, it carries the same bytes under a fresh signature."""

    path: str
    body: bytes
    signer: Signer

    def headers(self, at: int | None = None) -> dict[str, str]:
        """All headers, signed for `at` (unix seconds; now)."""
        moment = int(time.time()) if at is None else at
        return {"Content-Type": "application/json", **self.signer(self.body, moment)}

    def forged(self) -> Delivery:
        """The same delivery from somebody who does not know the secret: it signs other bytes."""
        return replace(self, signer=lambda body, at: self.signer(body + b" ", at))
