"""The documentation keeps up with the code: titles, links, navigation, one entry per name."""

from __future__ import annotations

import ast
import dataclasses
import re
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path, PurePosixPath

import pytest
import yaml

import raseed
from raseed import testing
from raseed.cli import COMMANDS, module_of
from raseed.core.states import RefundState, State
from raseed.payments.conf import KEYS
from raseed.payments.models import DeliveryState, DisputeState, FulfilmentState, NoticeState, ReservationState
from raseed.payments.retention import PERIODS
from tests.repo.findings import ROOT, SOURCE, Finding, files, modules

DOCS = ROOT / "docs"
PAGES = [path for path in files() if path.startswith("docs/") and path.endswith(".md")]
#: Text about the repository outside docs/, whose links nothing else looks at.
FRONT = [path for path in files() if "/" not in path and path.endswith(".md")]
MANAGEMENT = sorted(
    path.stem
    for path in (ROOT / SOURCE / "payments/management/commands").glob("*.py")
    if not path.stem.startswith("_")
)
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_ENTRY = re.compile(r"^\| `([^`]+)`", re.MULTILINE)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def without_code(text: str) -> str:
    """The text with fenced blocks blanked, line numbers kept."""
    return _FENCE.sub(lambda match: "\n" * match.group().count("\n"), text)


def entries(page: str, section: str = "") -> set[str]:
    """The words in code style that begin the rows of a page's tables; of one section, if it is named."""
    text = read(f"docs/reference/{page}")
    if section:
        text = text.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    return set(_ENTRY.findall(text))


def same(page: str, documented: set[str], in_code: set[str]) -> None:
    missing, stale = sorted(in_code - documented), sorted(documented - in_code)
    assert not missing, (
        f"docs/reference/{page}: add a row that begins with | `{missing[0]}` (missing: {missing})"
    )
    assert not stale, f"docs/reference/{page}: {stale} no longer exist in the code; remove their rows"


@pytest.mark.parametrize("page", PAGES)
def test_each_page_has_one_title(page: str) -> None:
    titles = re.findall(r"^# .+", without_code(read(page)), re.MULTILINE)
    assert len(titles) == 1, f"{page}:1: a page has exactly one line that starts with '# '; found {titles}"
    assert read(page).startswith("# "), f"{page}:1: begin with the title"


def test_every_page_is_in_the_navigation_once() -> None:
    listed = re.findall(r": ([\w/-]+\.md)$", read("mkdocs.yml"), re.MULTILINE)
    pages = {page.removeprefix("docs/") for page in PAGES}
    assert not pages - set(listed), f"mkdocs.yml: add to nav: {sorted(pages - set(listed))}"
    assert not set(listed) - pages, f"mkdocs.yml: in nav, but not there: {sorted(set(listed) - pages)}"
    assert len(listed) == len(set(listed)), "mkdocs.yml: a page is listed twice"


def test_links_to_files_lead_somewhere() -> None:
    found = []
    for page in [*PAGES, *FRONT]:
        for number, line in enumerate(without_code(read(page)).splitlines(), start=1):
            for target in _LINK.findall(line):
                if re.match(r"[a-z]+:|#", target):
                    continue
                there = (ROOT / page).parent / target.split("#")[0]
                if not there.exists():
                    found.append(Finding(page, number, f"{target} leads nowhere: correct the path"))
    assert not found, "\n" + "\n".join(map(str, found))


def test_paths_named_in_the_docs_exist() -> None:
    named = re.compile(r"`((?:src|tests|examples|docs|\.ci)/[\w./-]+)`")
    found = [
        Finding(page, number, f"{path} does not exist: correct it")
        for page in [*PAGES, *FRONT]
        for number, line in enumerate(read(page).splitlines(), start=1)
        for path in named.findall(line)
        if "NAME" not in path and not (ROOT / path).exists()
    ]
    assert not found, "\n" + "\n".join(map(str, found))


def test_every_error_has_its_entry() -> None:
    tree = ast.parse(read(f"{SOURCE}/core/errors.py"))
    same(
        "errors.md", entries("errors.md"), {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    )


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("Payment", State),
        ("Refund", RefundState),
        ("Delivery", DeliveryState),
        ("Dispute", DisputeState),
        ("Fulfilment", FulfilmentState),
        ("Notice", NoticeState),
        ("Reservation", ReservationState),
    ],
)
def test_every_state_has_its_entry(section: str, words: type) -> None:
    same("states.md", entries("states.md", section), {word.value for word in words})


def test_every_setting_has_its_entry() -> None:
    periods = entries("settings.md", "RETENTION_DAYS")
    same("settings.md", entries("settings.md") - periods, set(KEYS))
    same("settings.md", periods, set(PERIODS))


def test_every_public_name_has_its_entry() -> None:
    same("names.md", _names("raseed"), set(raseed.__all__))
    public = {
        name
        for name, value in vars(testing).items()
        if getattr(value, "__module__", "") == "raseed.testing"
        and callable(value)
        and not name.startswith("_")
        and not dataclasses.is_dataclass(value)
    }
    same("names.md", _names("raseed.testing"), public)


def _names(section: str) -> set[str]:
    """The first table of a section: before its first sub-section."""
    text = read("docs/reference/names.md").split(f"\n## {section}\n", 1)[1]
    return set(_ENTRY.findall(re.split(r"\n###? ", text)[0]))


def test_every_command_has_its_entry() -> None:
    assert MANAGEMENT, "no management command found: was the folder renamed?"
    same("commands.md", _first_table("manage.py"), {f"manage.py {name}" for name in MANAGEMENT})
    same("commands.md", _first_table("raseed"), {f"raseed {name}" for name in COMMANDS})


def _first_table(section: str) -> set[str]:
    text = read("docs/reference/commands.md").split(f"\n## {section}\n", 1)[1]
    return set(_ENTRY.findall(re.split(r"\n###? ", text)[0]))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_has_its_entry(name: str) -> None:
    command = import_module(f"raseed.cli.{module_of(name)}").command
    # `raseed torture` has commands of its own, each with a section.
    parts = {f"raseed {name} {part}": under for part, under in getattr(command, "commands", {}).items()}
    for section, under in (parts or {f"raseed {name}": command}).items():
        options = {option for parameter in under.params for option in parameter.opts if option != "--help"}
        same("commands.md", _documented_options(section), options)


@pytest.mark.parametrize("name", MANAGEMENT)
def test_every_argument_of_a_management_command_has_its_entry(name: str) -> None:
    parser = ArgumentParser(add_help=False)
    import_module(f"raseed.payments.management.commands.{name}").Command().add_arguments(parser)
    words = {word for action in parser._actions for word in action.option_strings}
    for action in parser._actions:
        if not action.option_strings:
            words |= set(action.choices or [str(action.metavar or action.dest).upper()])
    same("commands.md", _documented_options(name), words)


def _documented_options(section: str) -> set[str]:
    whole = read("docs/reference/commands.md")
    assert f"\n### {section}\n" in whole, f"docs/reference/commands.md: add a section '### {section}'"
    text = whole.split(f"\n### {section}\n", 1)[1]
    rows = re.findall(r"^\| (`[^|]+) \|", re.split(r"\n###? ", text)[0], re.MULTILINE)
    return {word.split()[0] for row in rows for word in re.findall(r"`([^`]+)`", row)}


def test_every_make_target_has_its_entry() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", read("Makefile"), re.MULTILINE)
    assert phony
    targets = {f"make {name}" for name in phony.group(1).split() if name != "help" and "-" not in name}
    same("commands.md", _first_table("make"), targets)


def test_every_system_check_has_its_entry() -> None:
    ids = {
        found
        for module in modules(SOURCE)
        for found in re.findall(r"[\"'](raseed\.[EWI]\d{3})[\"']", module.text)
    }
    assert ids, "no check id found: are the checks written differently now? Correct this rule."
    same("checks.md", entries("checks.md"), ids)


def test_every_button_of_staff_is_described() -> None:
    buttons = {
        label
        for module in modules(f"{SOURCE}/payments/admin/actions")
        for label in re.findall(r'^ +label = "(.+)"$', module.text, re.MULTILINE)
    }
    assert buttons, "no button found: are the actions written differently now? Correct this rule."
    described = read("docs/howto/read-a-payment.md").split("\n## What you can do\n", 1)[1].split("\n## ")[0]
    missing = sorted(
        label
        for label in buttons
        if not re.search(rf"[|,] {re.escape(label)} [|]|[|] {re.escape(label)},", described)
    )
    assert not missing, f"docs/howto/read-a-payment.md, 'What you can do': add {', '.join(missing)}"


def test_every_gateway_is_complete() -> None:
    folders = [path.parent for path in (ROOT / SOURCE / "gateways").glob("*/__init__.py")]
    assert folders, "no gateway found: was the folder renamed?"
    for folder in folders:
        name = folder.name
        # Where a gateway calls nobody, what the customer's browser brings back is read instead.
        calls = "webhook.py" if (folder / "webhook.py").exists() else "interaction.py"
        parts = [folder / "gateway.py", folder / calls, folder / "vocabulary.py"]
        parts += [DOCS / "gateways" / f"{name}.md", ROOT / SOURCE / "sandbox" / name / "__init__.py"]
        missing = [str(part.relative_to(ROOT)) for part in parts if not _has_content(part)]
        tests = [path for path in files() if re.match(rf"tests/gateways/(?:test_)?{name}.*\.py$", path)]
        missing += [] if tests else [f"tests/gateways/test_{name}_….py"]
        assert not missing, f"src/raseed/gateways/{name}: a gateway is complete with {missing}"


def _has_content(part: Path) -> bool:
    return part.is_file() and bool(part.read_text(encoding="utf-8").strip())


def test_decisions_are_numbered_and_listed() -> None:
    numbered = [PurePosixPath(page).stem for page in PAGES if page.startswith("docs/decisions/0")]
    numbers = sorted(int(name[:4]) for name in numbered)
    assert numbers == list(range(1, len(numbers) + 1)), f"docs/decisions: numbers leave a gap: {numbers}"
    index = read("docs/decisions/index.md")
    for name in numbered:
        assert f"({name}.md)" in index, f"docs/decisions/index.md: list {name}"


def test_navigation_is_plain_yaml() -> None:
    assert yaml.safe_load(read("mkdocs.yml"))["theme"]["font"] is False, (
        "mkdocs.yml: load no fonts from elsewhere"
    )


def test_the_rules_find_what_they_are_for() -> None:
    assert without_code("a\n```\n# not a title\n```\nb").count("\n") == 4
    assert "# not" not in without_code("a\n```\n# not a title\n```\nb")
    assert _LINK.findall("see [this](a/b.md#c) and ![image](x.png)") == ["a/b.md#c"]
    with pytest.raises(AssertionError, match="add a row"):
        same("x.md", set(), {"new"})
    with pytest.raises(AssertionError, match="no longer exist"):
        same("x.md", {"old"}, set())
