"""Identifiers that look random and come out the same for the same seed."""

from __future__ import annotations

import hashlib
import secrets
import string
from typing import Any

ALPHABET = string.ascii_letters + string.digits


class Ids:
    """An endless supply of texts made from a seed and a counter, so that a run can be repeated."""

    def __init__(self, seed: int | None = None) -> None:
        self.seed = secrets.randbelow(2**32) if seed is None else seed
        self._count = 0

    def text(self, length: int = 24) -> str:
        """The next text of letters and digits."""
        self._count += 1
        digest = hashlib.sha512(f"{self.seed}:{self._count}".encode()).digest()
        return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:length])

    def new(self, prefix: str) -> str:
        """`prefix`, an underscore and 24 letters or digits."""
        return f"{prefix}_{self.text()}"

    def rewind(self) -> None:
        """Start the same sequence again."""
        self._count = 0

    def export(self) -> dict[str, Any]:
        return {"seed": self.seed, "count": self._count}

    def load(self, data: dict[str, Any]) -> None:
        """Take over an exported state. Raises KeyError, TypeError or ValueError where it is malformed."""
        self.seed, self._count = int(data["seed"]), int(data["count"])
