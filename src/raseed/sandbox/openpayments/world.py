"""Everything the imitated wallet service knows, and what is needed to make more of it."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from raseed.sandbox.openpayments.addresses import Addresses
from raseed.sandbox.openpayments.settings import DEFAULTS
from raseed.sandbox.store import Doc, Table

if TYPE_CHECKING:
    from raseed.sandbox.box import Sandbox

NAME = "openpayments"


class World:
    """The documents: wallets, grants, tokens, incoming and outgoing payments, quotes, keys."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def table(self, name: str) -> Table:
        """wallets | grants | tokens | incoming | quotes | outgoing | clients"""
        return self.sandbox.store.table(NAME, name)

    @property
    def settings(self) -> Doc:
        return {**DEFAULTS, **self.sandbox.store.table(NAME, "settings").get("now", {})}

    def keep_settings(self, settings: Doc) -> None:
        self.sandbox.store.table(NAME, "settings")["now"] = settings

    def addresses(self, base_url: str) -> Addresses:
        return Addresses(base_url, self.settings["tenant"])

    def now(self) -> float:
        """The sandbox's time in unix seconds."""
        return self.sandbox.clock.now()

    def uuid(self) -> str:
        digest = hashlib.sha256(self.sandbox.ids.text().encode()).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))

    def secret(self, digits: int = 20) -> str:
        """Upper-case hexadecimal digits: tokens have 20 of them, nonces 16."""
        return hashlib.sha256(self.sandbox.ids.text().encode()).hexdigest()[:digits].upper()

    def set_alarm(self, seconds: float, action: str, subject_id: str) -> None:
        """Have `action` done with the subject after so many seconds."""
        self.sandbox.set_alarm(self.now() + seconds, NAME, "test", action, subject_id)

    def occurred(self, event: str, **about: Any) -> None:
        """Tell the director; `about` holds ids, through which it finds the checkout."""
        self.sandbox.occurred(NAME, event, json.dumps(about))


def moment(at: float) -> str:
    """A moment as the reference implementation writes it: 2026-01-01T00:00:00.000Z."""
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
