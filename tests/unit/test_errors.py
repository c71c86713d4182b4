"""The error tree at the top of `core/errors.py` is the truth, and complete."""

import inspect
import re

import pytest

from raseed.core import errors
from raseed.core.errors import GatewayRefused, GatewayUnavailable, RaseedError

DEFINED = {
    name: cls
    for name, cls in inspect.getmembers(errors, inspect.isclass)
    if cls.__module__ == errors.__name__
}

_LINE = re.compile(r"^(?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+)(?P<meaning>.*)$")


def drawn() -> dict[str, str | None]:
    """Name to parent, as drawn: four characters of branch for each level."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in errors.__doc__.partition("\n\n")[2].splitlines():
        found = _LINE.match(line)
        assert found, f"not a line of the tree: {line!r}"
        depth = len(found["branch"]) // 4
        del path[depth:]
        parents[found["name"]] = path[-1] if path else None
        path.append(found["name"])
    return parents


def test_the_drawing_shows_every_error_and_no_other():
    assert set(drawn()) == set(DEFINED)


@pytest.mark.parametrize("name", sorted(DEFINED))
def test_the_drawing_shows_the_true_parent(name):
    parent = drawn()[name]
    if parent is None:
        assert DEFINED[name] is RaseedError
    else:
        assert DEFINED[name].__bases__[0].__name__ == parent


@pytest.mark.parametrize("name", sorted(DEFINED))
def test_every_error_says_in_its_own_words_what_it_means(name):
    assert (DEFINED[name].__dict__.get("__doc__") or "").strip()


def test_every_error_is_a_raseed_error():
    assert all(issubclass(cls, RaseedError) for cls in DEFINED.values())


def test_a_refusal_carries_the_words_of_the_gateway():
    refused = GatewayRefused(
        "The amount is too small.", code="parameter_below_minimum", status=400, detail="raw"
    )
    assert str(refused) == "The amount is too small."
    assert (refused.code, refused.status, refused.detail) == ("parameter_below_minimum", 400, "raw")
    assert not refused.is_temporary
    assert GatewayRefused("Not now.", is_temporary=True).is_temporary


def test_an_outage_carries_the_wish_of_the_gateway():
    assert GatewayUnavailable("no answer").retry_after_seconds is None
    assert GatewayUnavailable("too many requests", retry_after_seconds=3.0).retry_after_seconds == 3.0
