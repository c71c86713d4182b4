"""The examination: every subject in order, and what came of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.core.checks import CheckMessage
from django.db import Error as DatabaseError

from raseed.core.errors import ConfigurationError
from raseed.payments import checks, conf
from raseed.payments.doctor import (
    addresses,
    clock,
    database,
    endpoints,
    events,
    letters,
    owed,
    secrets,
    site,
    worker,
)
from raseed.payments.doctor.findings import found, level_of


@dataclass(frozen=True)
class Subject:
    """Something to look at. `touches` names what it needs besides the settings: database, network."""

    name: str
    title: str
    examine: Callable[[conf.Settings], Iterable[CheckMessage]]
    touches: str = ""


def _settings(settings: conf.Settings) -> Iterable[CheckMessage]:
    return checks.check_settings()


SUBJECTS = (
    Subject("settings", "Settings", _settings),
    Subject("site", "Site, hosts and modes", site.examine),
    Subject("secrets", "Secrets", secrets.examine),
    Subject("addresses", "Webhook addresses", addresses.examine),
    Subject("accounts", "Accounts", endpoints.examine),
    Subject("mail", "E-mail", letters.examine),
    Subject("database", "Database", database.examine, "database"),
    Subject("stored", "Stored secrets", secrets.examine_stored, "database"),
    Subject("worker", "Worker", worker.examine, "database"),
    Subject("owed", "What is owed", owed.examine, "database"),
    Subject("reach", "Reaching the site", addresses.examine_reach, "network"),
    Subject("gateways", "Asking the gateways", endpoints.examine_asking, "network"),
    Subject("events", "Event streams", events.examine, "network"),
    Subject("clock", "Clock", clock.examine, "network"),
    Subject("mail-server", "Mail server", letters.examine_server, "network"),
)


@dataclass(frozen=True)
class Outcome:
    """What came of a subject. `skipped` says why it was not looked at."""

    subject: Subject
    findings: list[CheckMessage] = field(default_factory=list)
    skipped: str = ""

    @property
    def worst(self) -> str:
        """`error`, `warning`, `info`, `skipped`, or `fine`."""
        levels = {level_of(message) for message in self.findings}
        worst = next((level for level in ("error", "warning", "info") if level in levels), "")
        return worst or ("skipped" if self.skipped else "fine")


def examine(*, network: bool = True, begun: Callable[[Subject], None] | None = None) -> Iterator[Outcome]:
    """Every subject in order; `begun` is told before each, which may take seconds.

    Nothing is raised: what cannot be examined is a finding of its own.
    """
    try:
        settings = conf.current()
    except ConfigurationError:
        yield Outcome(SUBJECTS[0], list(checks.check_settings()))
        yield from (Outcome(subject, skipped="the settings cannot be read") for subject in SUBJECTS[1:])
        return
    no_database = ""
    for subject in SUBJECTS:
        if begun is not None:
            begun(subject)
        if subject.touches == "network" and not network:
            yield Outcome(subject, skipped="it needs the network")
        elif subject.touches == "database" and no_database:
            yield Outcome(subject, skipped=no_database)
        else:
            outcome = look_at(subject, settings)
            no_database = no_database or _why_not_asked(outcome.findings)
            yield outcome


def _why_not_asked(findings: list[CheckMessage]) -> str:
    """Why the database need not be asked more: it would say the same in other words. Empty: it may be."""
    reasons = {
        "raseed.E062": "the tables are not those of this version",
        "raseed.E090": "the database did not answer",
    }
    return next((reasons[message.id] for message in findings if message.id in reasons), "")


def look_at(subject: Subject, settings: conf.Settings) -> Outcome:
    """One subject; silenced findings are left out."""
    try:
        findings = list(subject.examine(settings))
    except DatabaseError as error:
        findings = [_no_database(error)]
    except Exception as error:  # noqa: BLE001 one subject's trouble must not hide what the others find
        findings = [
            found(
                "raseed.E091",
                subject.title,
                f"it could not be examined: {type(error).__name__}: {error}",
                "Correct that first, and look again. If it seems to be a mistake of Raseed's, report it.",
            )
        ]
    return Outcome(subject, [message for message in findings if not message.is_silenced()])


def _no_database(error: Exception) -> CheckMessage:
    return found(
        "raseed.E090",
        "database 'default'",
        f"it does not answer as it should: {type(error).__name__}: {str(error).strip()[:300]}",
        "Is it up, are its settings right, and was manage.py migrate run?",
    )
