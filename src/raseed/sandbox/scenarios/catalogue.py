"""The scenarios as values: read from `catalogue.toml`, stated through the control API, or drawn by a seed."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.faults import Fault, parse
from raseed.sandbox.store import Doc

#: A checkout of this many minor units plus a scenario's number gets that scenario.
MAGIC_BASE_MINOR = 7_770_000
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RANDOM = re.compile(r"random(?:-(\d{1,9}))?")
#: `random` takes one scenario of each of these groups; `pays` is never drawn, the payer is yours.
DRAWN_GROUPS = ("webhooks", "calls", "refunds")
MOST_SCENARIOS = 10


@dataclass(frozen=True)
class Scenario:
    """A name, what it means in one sentence, and the faults that make it happen."""

    name: str
    meaning: str
    faults: tuple[Fault, ...]
    group: str = "own"
    number: int | None = None

    def view(self) -> Doc:
        """The scenario as the control API shows it."""
        hidden = ("id", "hits", "gateway")
        faults = [{k: v for k, v in fault.view().items() if k not in hidden} for fault in self.faults]
        return {
            "name": self.name,
            "meaning": self.meaning,
            "group": self.group,
            "amount": None if self.number is None else MAGIC_BASE_MINOR + self.number,
            "faults": faults,
        }


@cache
def shipped() -> Mapping[str, Scenario]:
    """The scenarios that come with the sandbox, by name."""
    text = (files("raseed.sandbox.scenarios") / "catalogue.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["scenario"]
    return {row["name"]: Scenario(**{**row, "faults": _faults(row["faults"], ())}) for row in rows}


def stated(doc: Mapping[str, Any], gateways: Collection[str]) -> Scenario:
    """A scenario of the user's own. Raises ControlError where the statement is wrong."""
    name, meaning, faults = doc.get("name"), doc.get("meaning"), doc.get("faults")
    if not isinstance(name, str) or not NAME.fullmatch(name) or name in shipped() or RANDOM.fullmatch(name):
        raise ControlError("name must be small letters, digits and single dashes, and not one of ours.")
    if not isinstance(meaning, str) or not meaning.strip():
        raise ControlError("meaning must say in a sentence what happens.")
    if not isinstance(faults, list) or not all(isinstance(fault, dict) for fault in faults):
        raise ControlError("faults must be a list of faults.")
    return Scenario(name, meaning, _faults(faults, gateways))


def _faults(docs: list[Doc], gateways: Collection[str]) -> tuple[Fault, ...]:
    return tuple(parse(doc, gateways) for doc in docs)


def drawn(number: int) -> tuple[str, ...]:
    """What `random-<number>` stands for: always the same for the same number."""
    names = []
    for group in DRAWN_GROUPS:
        choices = [scenario.name for scenario in shipped().values() if scenario.group == group]
        digest = hashlib.sha256(f"{number}:{group}".encode()).digest()
        names.append(choices[int.from_bytes(digest[:8], "big") % len(choices)])
    return tuple(names)


def by_amount(amounts: Collection[int]) -> str:
    """The scenario that one of these amounts asks for, or ""."""
    numbers = {scenario.number: scenario.name for scenario in shipped().values()}
    return next(
        (numbers[a - MAGIC_BASE_MINOR] for a in sorted(amounts) if a - MAGIC_BASE_MINOR in numbers), ""
    )


def resolved(text: str, own: Mapping[str, Scenario], draw: int) -> list[Scenario]:
    """The scenarios that a text such as `duplicate-3+pays` names. Raises ControlError for an unknown one.

    `draw` is the number that a plain `random` takes.
    """
    names = [name.strip() for name in text.split("+")]
    if len(names) > MOST_SCENARIOS:
        raise ControlError(f"at most {MOST_SCENARIOS} scenarios can be combined.")
    plain: list[str] = []
    for name in names:
        match = RANDOM.fullmatch(name)
        plain += drawn(int(match[1] or draw)) if match else [name]
    known = {**shipped(), **own}
    for name in plain:
        if name not in known:
            raise ControlError(
                f"there is no scenario {name!r}; GET /_sandbox/api/scenarios lists them.", status=404
            )
    return [known[name] for name in plain]
