"""What the rules share: the files of the repository, and findings that print file, line and remedy."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.repo.exceptions import EXCEPTIONS

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "src/raseed"


@dataclass(frozen=True)
class Finding:
    """One place that breaks a rule, and what to do about it."""

    path: str
    line: int
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.remedy}"


@dataclass(frozen=True)
class Module:
    """A Python file: its path from the root of the repository, its text and its syntax tree."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))


Rule = Callable[[Module], Iterable[Finding]]


@cache
def tracked() -> tuple[str, ...]:
    """The files git knows."""
    return _listed("--cached")


@cache
def files() -> tuple[str, ...]:
    """All files that belong to the repository, also those not added yet."""
    return _listed("--cached", "--others", "--exclude-standard")


def _listed(*which: str) -> tuple[str, ...]:
    listing = subprocess.run(
        ["git", "ls-files", *which], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return tuple(sorted(path for path in set(listing.splitlines()) if (ROOT / path).is_file()))


def modules(*folders: str) -> list[Module]:
    """The Python files under these folders; raises when there are none, for that would prove nothing."""
    found = [
        Module(path, (ROOT / path).read_text(encoding="utf-8"))
        for path in files()
        if path.endswith(".py")
        and path.startswith(tuple(f"{folder}/" for folder in folders))
        and "/migrations/0" not in path  # generated; nobody reads them like code
    ]
    if not found:
        raise AssertionError(f"no Python file under {folders}: was a folder renamed? Correct the rule.")
    return found


def apply(rule: str, check: Rule, over: Iterable[Module]) -> None:
    """Fail with every finding of this rule that is not excepted, and with exceptions nobody needs."""
    excepted = EXCEPTIONS.get(rule, {})
    found = [finding for module in over for finding in check(module)]
    broken = [finding for finding in found if finding.path not in excepted]
    assert not broken, "\n" + "\n".join(map(str, broken))
    idle = set(excepted) - {finding.path for finding in found}
    assert not idle, f"tests/repo/exceptions.py: {rule}: no longer needed for {sorted(idle)}; remove them"
