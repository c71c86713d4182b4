"""One finding: where, what, what to do, under a stable id that the checks page documents."""

from __future__ import annotations

from collections.abc import Callable

from django.core.checks import CheckMessage, Error, Info, Warning  # noqa: A004 Django's own names

_KINDS: dict[str, Callable[..., CheckMessage]] = {"E": Error, "W": Warning, "I": Info}


def found(finding_id: str, where: str, what: str, remedy: str) -> CheckMessage:
    """A message of the kind that its id states: raseed.E… is an error, W a warning, I worth knowing."""
    kind = _KINDS[finding_id.removeprefix("raseed.")[0]]
    return kind(what, hint=remedy, obj=Place(where), id=finding_id)


class Place(str):
    """Where a finding is, in words. Django shows the object of a message as text."""

    __slots__ = ()


def place_of(message: CheckMessage) -> str:
    """Where it is, or an empty text: the system checks name it in their message."""
    return str(message.obj) if isinstance(message.obj, Place) else ""


def level_of(message: CheckMessage) -> str:
    """`error`, `warning` or `info`."""
    if message.is_serious():
        return "error"
    return "warning" if isinstance(message, Warning) else "info"
