"""Structured fields: what is one, what is none, and that writing one down again gives the same."""

from __future__ import annotations

import pytest

from raseed.sandbox.openpayments.structured import Item, Malformed, Token, dictionary, serialized


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("", {}),
        ("a=1", {"a": Item(1)}),
        ("a=1, b=?0", {"a": Item(1), "b": Item(False)}),
        ("a", {"a": Item(True)}),
        ("a;x=1", {"a": Item(True, {"x": 1})}),
        ("a=:AAE=:", {"a": Item(b"\x00\x01")}),
        ('a="q\\"u\\\\o"', {"a": Item('q"u\\o')}),
        ("a=word", {"a": Item(Token("word"))}),
        ("a=-12", {"a": Item(-12)}),
        ('a=("x" "y";z);w="v"', {"a": Item((Item("x"), Item("y", {"z": True})), {"w": "v"})}),
        ("a=( )", {"a": Item(())}),
        ("  a=1 ,\tb=2  ", {"a": Item(1), "b": Item(2)}),
    ],
)
def test_read(text: str, members: dict[str, Item]) -> None:
    assert dictionary(text) == members


@pytest.mark.parametrize(
    "text",
    [
        "a=1,", "A=1", "a=1 b=2", "a=1, a=2", 'a="open', 'a="tab\t"', "a=:AAE:x", "a=:A:",
        'a=("x""y")', "a=(1",
        "a=?2", "a=1.5", "a=1234567890123456", "a=", "a;x=1;x=2", "=1", "a=\u00e9", "a=@method",
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(Malformed):
        dictionary(text)


@pytest.mark.parametrize(
    "text",
    [
        '("@method" "@target-uri");keyid="k";created=1',
        '"x";req;n=?0',
        ":AAE=:",
        '("q\\"" \\w)'.replace("\\w", "word"),
        "()",
    ],
)
def test_written_down_again(text: str) -> None:
    assert serialized(dictionary(f"a={text}")["a"]) == text
