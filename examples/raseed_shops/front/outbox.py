"""The demo's mail: letters go into a directory instead of to people, and a page shows them.

A real shop sets Django's SMTP backend, or that of its mail company, and has no such page.
"""

from __future__ import annotations

import email
import email.policy
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage as Letter


class Outbox(BaseEmailBackend):
    """Writes each letter into the directory OUTBOX, whole or not at all."""

    def send_messages(self, email_messages: Sequence[Letter]) -> int:
        """One file for each; its name sorts by time."""
        folder = Path(settings.OUTBOX)
        folder.mkdir(parents=True, exist_ok=True)
        for letter in email_messages:
            name = f"{time.time_ns()}-{secrets.token_hex(4)}"
            unfinished = folder / f"{name}.new"
            unfinished.write_bytes(letter.message().as_bytes())
            unfinished.rename(folder / f"{name}.eml")
        return len(email_messages)


@dataclass(frozen=True)
class Sent:
    """A letter as the page shows it."""

    to: str
    subject: str
    text: str
    sent_at: datetime | None


def newest(limit: int = 50) -> list[Sent]:
    """The last letters, newest first."""
    folder = Path(settings.OUTBOX)
    return [_read(path) for path in sorted(folder.glob("*.eml"), reverse=True)[:limit]]


def _read(path: Path) -> Sent:
    message = email.message_from_bytes(path.read_bytes(), EmailMessage, policy=email.policy.default)
    body = message.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    return Sent(str(message["To"] or ""), str(message["Subject"] or ""), text, _moment(message["Date"]))


def _moment(date: object) -> datetime | None:
    """When it was written; Django writes the time of the world and states no zone."""
    moment = parsedate_to_datetime(str(date)) if date else None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
