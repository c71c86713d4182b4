"""The page docs/start.md as a program: its files and its commands, in the order in which they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "start.md"

_FENCED = re.compile(r"^```(?P<language>\S+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"(?P<end>At the end of )?`(?P<name>[\w./]+)`")


@dataclass(frozen=True)
class File:
    """A file to write, or text for the end of one that is there."""

    name: str
    body: str
    is_added: bool

    def write(self, directory: Path) -> None:
        """As the reader would: at its place below the project's directory."""
        file = directory / self.name
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text() + "\n" if self.is_added else ""
        file.write_text(before + self.body)


@dataclass(frozen=True)
class Command:
    """A line to type."""

    line: str


def steps(text: str) -> Iterator[File | Command]:
    """Everything that the reader does. A block that is neither commands nor a named file is an error."""
    for block in _FENCED.finditer(text):
        body = block["body"]
        if block["language"] == "console":
            for line in body.splitlines():
                assert line.startswith("$ "), f"{line!r}: show only what is typed, one command a line"
                yield Command(line.removeprefix("$ "))
            continue
        before = text[: block.start()].rstrip().rpartition("\n\n")[2]
        named = _NAMED.match(before)
        assert named, (
            f"the paragraph before a block of {block['language']} must begin with its file: {before!r}"
        )
        yield File(named["name"], body, is_added=named["end"] is not None)
