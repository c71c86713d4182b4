"""One webhook on its way to one endpoint, as a value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from raseed.sandbox.clock import iso
from raseed.sandbox.exchange import Subject
from raseed.sandbox.store import Doc
from raseed.sandbox.wrapping import plain, unwrapped

#: what documents call an amount in minor units
AMOUNTS = ("amount", "amount_cents")


@dataclass
class Delivery:
    """One event for one endpoint, with everything that became of it.

    `state`: waiting (due at `due_at`) | held | sending | delivered | failed (retries used up) | lost (by a
    fault) | missed (the endpoint was disabled). `body` never changes once it was sent, so retries and
    resends carry the same event id.
    """

    id: str
    gateway: str
    mode: str
    endpoint: str
    url: str
    event: str
    event_id: str
    body: str
    created_at: float
    state: str = "waiting"
    due_at: float | None = None
    retries: int = 0
    copies: int = 1
    concurrent: bool = False
    behind_next: bool = False
    early_seconds: float = 0.0
    first_sent_at: float | None = None
    repeat_seconds: float = 0.0
    news: str = ""
    checkouts: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    attempts: list[Doc] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it may still go out by itself, or once it is released."""
        return self.state in ("waiting", "held", "sending")

    def subject(self) -> Subject:
        """What faults are matched with; the path is the endpoint's whole address."""
        amounts = frozenset(amounts_in(unwrapped(json.loads(self.body))))
        return Subject(
            event=self.event,
            path=self.url,
            text=plain(self.body),
            amounts=amounts,
            news=self.news,
            checkouts=frozenset(self.checkouts),
        )

    def view(self) -> Doc:
        """The delivery as the control API shows it."""
        return {
            **asdict(self),
            "body": json.loads(self.body),
            "created_at": iso(self.created_at),
            "first_sent_at": None if self.first_sent_at is None else iso(self.first_sent_at),
            "due_at": None if self.due_at is None else iso(self.due_at),
        }


def amounts_in(document: object) -> Iterator[int]:
    """Every whole number that a document calls an amount, also as text beside its asset."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key in AMOUNTS and type(value) is int:
                yield value
            if key == "amount_cents" and isinstance(value, str) and value.isdecimal():
                yield int(value)
            if key == "value" and "assetCode" in document and isinstance(value, str) and value.isdecimal():
                yield int(value)
            yield from amounts_in(value)
    elif isinstance(document, list):
        for value in document:
            yield from amounts_in(value)
