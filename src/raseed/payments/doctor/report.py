"""An examination as a JSON document, as plain lines, and as an exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from raseed.payments.doctor.examination import Outcome
from raseed.payments.doctor.findings import level_of, place_of

#: What stands before a subject or a finding.
MARKS = {"error": "✗", "warning": "!", "info": "i", "fine": "✓", "skipped": "-"}


def document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """`{ok, errors, warnings, subjects: [{name, title, state, skipped, findings: [{id, level, …}]}]}`."""
    levels = [level_of(message) for outcome in outcomes for message in outcome.findings]
    return {
        "ok": "error" not in levels,
        "errors": levels.count("error"),
        "warnings": levels.count("warning"),
        "subjects": [
            {
                "name": outcome.subject.name,
                "title": outcome.subject.title,
                "state": outcome.worst,
                "skipped": outcome.skipped,
                "findings": [
                    {
                        "id": message.id,
                        "level": level_of(message),
                        "where": place_of(message),
                        "what": message.msg,
                        "remedy": message.hint or "",
                    }
                    for message in outcome.findings
                ],
            }
            for outcome in outcomes
        ],
    }


def lines(outcome: Outcome) -> Iterator[str]:
    """One subject in plain text."""
    why = f" (not looked at: {outcome.skipped})" if outcome.skipped else ""
    yield f"{MARKS[outcome.worst]} {outcome.subject.title}{why}"
    for message in outcome.findings:
        where = f"{place_of(message)}: " if place_of(message) else ""
        yield f"    {message.id} {level_of(message)}: {where}{message.msg}"
        if message.hint:
            yield f"      {message.hint}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """The last line."""
    told = document(outcomes)
    skipped = sum(1 for outcome in outcomes if outcome.skipped)
    parts = [_count(told["errors"], "error"), _count(told["warnings"], "warning")]
    parts += [f"{_count(skipped, 'subject')} not looked at"] if skipped else []
    return f"{', '.join(parts)}."


def exit_code(outcomes: Sequence[Outcome], *, strict: bool) -> int:
    """1 for an error, with `strict` also for a warning; else 0."""
    told = document(outcomes)
    return 1 if told["errors"] or (strict and told["warnings"]) else 0


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
