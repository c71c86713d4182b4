"""Turns an enum into the choices of a field, with readable labels."""

from enum import StrEnum


def choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    """`[("paid", "paid"), ("attempt_failed", "attempt failed")]`."""
    return [(word.value, word.value.replace("_", " ")) for word in words]
