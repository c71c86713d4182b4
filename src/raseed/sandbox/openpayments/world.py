"""Everything the imitated wallet service knows, and what is needed to make more of it."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from raseed.sandbox.openpayments.addresses import Addresses
from raseed.sandbox.openpayments.settings import DEFAULTS
from raseed.sandbox.world import GatewayWorld

NAME = "openpayments"


class World(GatewayWorld):
    """The documents: wallets, grants, tokens, incoming and outgoing payments, quotes, keys.

    Its tables: wallets, grants, tokens, incoming, quotes, outgoing, clients.
    """

    gateway = NAME
    defaults = DEFAULTS

    def addresses(self, base_url: str) -> Addresses:
        return Addresses(base_url, self.settings["tenant"])

    def uuid(self) -> str:
        digest = hashlib.sha256(self.sandbox.ids.text().encode()).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))

    def secret(self, digits: int = 20) -> str:
        """Upper-case hexadecimal digits: tokens have 20 of them, nonces 16."""
        return hashlib.sha256(self.sandbox.ids.text().encode()).hexdigest()[:digits].upper()

    def occurred(self, event: str, **about: Any) -> None:
        """Tell the director; `about` holds ids, through which it finds the checkout."""
        self.sandbox.occurred(NAME, event, json.dumps(about))


def moment(at: float) -> str:
    """A moment as the reference implementation writes it: 2026-01-01T00:00:00.000Z."""
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
