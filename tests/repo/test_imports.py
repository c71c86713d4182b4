"""Who may import what, as far as import-linter cannot say it: third-party packages, and loading no Django."""

from __future__ import annotations

import ast
import configparser
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.repo.findings import ROOT, SOURCE, Finding, Module, apply, modules

#: Part of the package → third-party packages it may import. The standard library and raseed itself are
#: not listed; which part of raseed may import which other is in .importlinter.
ALLOWED = {
    "core": {"iso4217"},
    "gateways": {"cryptography", "http_message_signatures", "httpx2", "stamina"},
    "outgoing": {"httpx2", "standardwebhooks"},
    "payments": {"cryptography", "django", "django_tasks", "psycopg"},
    "sandbox": {
        "click",
        "httpx2",
        "jinja2",
        "cryptography",
        "segno",
        "starlette",
        "uvicorn",
        "python_multipart",
    },
}
#: What a shop may import from raseed: the names the documentation tells it to.
PUBLIC = {"raseed", "raseed.testing", "raseed.core.errors", "raseed.core.money", "raseed.payments.urls"}


def _imports(module: Module) -> Iterator[tuple[int, str]]:
    for node in module.nodes(ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield node.lineno, whole if whole in PUBLIC else node.module


def only_allowed_packages(module: Module) -> Iterator[Finding]:
    part = module.path.removeprefix(f"{SOURCE}/").split("/")[0]
    if part not in ALLOWED:
        return
    for line, name in _imports(module):
        package = name.split(".")[0]
        if package in sys.stdlib_module_names or package in ALLOWED[part] | {"raseed"}:
            continue
        yield Finding(module.path, line, f"{part} may not import {package}; see ALLOWED in tests/repo")


def http_in_one_place(module: Module) -> Iterator[Finding]:
    if module.path not in {f"{SOURCE}/gateways/http.py", f"{SOURCE}/gateways/outside.py"}:
        for line, name in _imports(module):
            if name.split(".")[0] in {"httpx2", "stamina"}:
                yield Finding(
                    module.path, line, "only gateways/http.py and gateways/outside.py talk HTTP: call them"
                )


def public_names_only(module: Module) -> Iterator[Finding]:
    for line, name in _imports(module):
        if name.split(".")[0] == "raseed" and name not in PUBLIC:
            yield Finding(module.path, line, f"a shop uses documented names only, not {name}")


def test_each_part_imports_only_the_packages_it_may() -> None:
    apply("packages", only_allowed_packages, modules(SOURCE))


def test_only_one_module_of_the_gateways_talks_http() -> None:
    apply("http", http_in_one_place, modules(f"{SOURCE}/gateways"))


def test_shops_use_documented_names_only() -> None:
    apply("public names", public_names_only, modules("examples"))


def test_the_rules_find_what_they_are_for() -> None:
    core = Module(f"{SOURCE}/core/example.py", "import httpx2\n")
    assert list(only_allowed_packages(core))
    assert list(http_in_one_place(Module(f"{SOURCE}/gateways/example.py", "from httpx2 import Client\n")))
    assert list(public_names_only(Module("examples/a.py", "from raseed.payments.models import Payment\n")))
    assert not list(public_names_only(Module("examples/a.py", "import raseed\n")))


def test_payments_may_import_no_concrete_gateway() -> None:
    """A new gateway must be added to the contract that keeps payments from importing it."""
    linter = configparser.ConfigParser()
    linter.read(ROOT / ".importlinter")
    forbidden = linter["importlinter:contract:payments"]["forbidden_modules"].split()
    gateways = {path.parent.name for path in (ROOT / SOURCE / "gateways").glob("*/__init__.py")}
    assert gateways, "no gateway found: was the folder renamed?"
    missing = sorted(
        f"raseed.gateways.{name}" for name in gateways if f"raseed.gateways.{name}" not in forbidden
    )
    assert not missing, f".importlinter: add {missing} to forbidden_modules of contract payments"


@pytest.mark.parametrize(
    ("part", "never"),
    [("gateways", "django"), ("outgoing", "django"), ("sandbox", "django"), ("sandbox", "raseed.core")],
)
def test_loading_every_module_of_it_never_loads(part: str, never: str) -> None:
    """import-linter sees imports, not what they load in turn; a fresh interpreter does."""
    names = [
        path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in (module.path for module in modules(f"{SOURCE}/{part}"))
    ]
    code = (
        f"import sys, {', '.join(names)}; print([m for m in sys.modules if (m + '.').startswith('{never}.')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "[]", f"raseed.{part} loads {never}; make that import lazy, or remove it"
