"""Words of others as they can be stored: a gateway's, a shop's traceback, an error's."""

from __future__ import annotations


def storable(text: str) -> str:
    """PostgreSQL stores no NUL and no half of a character; where one comes it must not lose the rest."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def words_of(error: Exception) -> str:
    """An error as it is stored with what it concerns."""
    return storable(f"{type(error).__name__}: {error}")
