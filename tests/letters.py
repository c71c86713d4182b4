"""The mail settings of a test, in the words of the Django that runs it."""

from __future__ import annotations

from typing import Any

import django


def go_through(settings: Any, backend: str, **options: Any) -> None:
    """Letters of this test go through a backend; options such as `host`, `port`, `timeout`."""
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options}}
        return
    settings.EMAIL_BACKEND = backend
    for name, value in options.items():
        setattr(settings, f"EMAIL_{name.upper()}", value)
