"""The doctor's findings as Django's checks: `manage.py check --deploy`, with `--database` for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage
from django.db import DEFAULT_DB_ALIAS

from raseed.core.errors import ConfigurationError
from raseed.payments import conf
from raseed.payments.doctor.examination import SUBJECTS, look_at


def check_deployment(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> Iterable[CheckMessage]:
    """What the settings alone show of a site that is about to go live."""
    return _of("")


def check_deployed_database(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> Iterable[CheckMessage]:
    """What the database shows; Django asks for it with `--database default` only."""
    return _of("database") if DEFAULT_DB_ALIAS in (databases or ()) else []


def _of(touches: str) -> list[CheckMessage]:
    """Without the subjects that Django's own run of our checks covers already."""
    try:
        settings = conf.current()
    except ConfigurationError:
        return []  # the check of the settings says so
    subjects = [subject for subject in SUBJECTS if subject.touches == touches and subject.name != "settings"]
    found = [message for subject in subjects for message in look_at(subject, settings).findings]
    return [message for message in found if message.id != "raseed.E006"]
