"""The site's way to send letters, on every Django: settings named EMAIL_… until 6.0, MAILERS from 6.1 on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import mail


def sender() -> Any:
    """A connection of the site's default mailer, not opened yet: a backend in Django's words."""
    mailers = getattr(mail, "mailers", None)
    return mail.get_connection() if mailers is None else mailers.default


def send(message: mail.EmailMessage, connection: Any) -> None:
    """Send one letter through this connection. Raises what the backend raises."""
    connection.send_messages([message])


def backend() -> str:
    """The dotted path of the backend that the site has chosen; "" where it has chosen none."""
    if hasattr(settings, "MAILERS"):
        chosen: Any = settings.MAILERS.get("default", {})
        return str(chosen.get("BACKEND", SMTP)) if chosen else ""
    return str(settings.EMAIL_BACKEND)


SMTP = "django.core.mail.backends.smtp.EmailBackend"
