"""The shape of the code: short functions, one subject per module, no forbidden constructs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.repo.findings import SOURCE, Finding, Module, Rule, apply, modules

LONGEST_FUNCTION = 50
LONGEST_MODULE = 400
LONGEST_SHOP = 250
LONGEST_INTEGRATION = 150
NO_SUBJECT = frozenset({"utils", "util", "helpers", "helper", "services", "service", "managers", "manager"})
SHOPS = PurePosixPath("examples/raseed_shops")
NO_SUBJECT_CLASS = ("Service", "Manager", "Helper", "Utils")
LIBRARY = [module for module in modules(SOURCE) if not module.path.startswith(f"{SOURCE}/cli/")]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def short_functions(module: Module) -> Iterator[Finding]:
    for node in module.nodes(*FUNCTIONS):
        assert isinstance(node, FUNCTIONS)
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > LONGEST_FUNCTION:
            yield Finding(
                module.path,
                node.lineno,
                f"{node.name} has {lines} lines, at most {LONGEST_FUNCTION} fit a screen: "
                "give its steps names and move them to functions of their own",
            )


def short_modules(module: Module) -> Iterator[Finding]:
    lines = len(module.text.splitlines())
    if lines > LONGEST_MODULE:
        yield Finding(
            module.path,
            LONGEST_MODULE + 1,
            f"the module has {lines} lines, at most {LONGEST_MODULE}: it has more than one subject; split it",
        )


def named_after_a_subject(module: Module) -> Iterator[Finding]:
    path = PurePosixPath(module.path)
    sold = path.is_relative_to(SHOPS)  # a shop is called after what it sells
    parents = path.parent.relative_to(SHOPS).parts[1:] if sold else path.parent.parts
    words = [part for part in (*parents, path.stem) if part in NO_SUBJECT]
    if words:
        yield Finding(module.path, 1, f"{words[0]!r} has no subject: name it after what it is about")
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        if node.name.endswith(NO_SUBJECT_CLASS):
            yield Finding(
                module.path, node.lineno, f"{node.name}: name a class after what it is, not after 'service'"
            )


def module_docstring(module: Module) -> Iterator[Finding]:
    if not ast.get_docstring(module.tree):
        yield Finding(module.path, 1, "say in one line what this module is for")


def no_signals(module: Module) -> Iterator[Finding]:
    for node in module.nodes(ast.Import, ast.ImportFrom):
        assert isinstance(node, (ast.Import, ast.ImportFrom))
        names = [alias.name for alias in node.names]
        origin = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if origin.endswith("signals") or origin == "django.dispatch" or "signals" in names:
            yield Finding(module.path, node.lineno, "no signals for control flow: call the code you mean")


def no_print(module: Module) -> Iterator[Finding]:
    for call in _calls_of(module, "print"):
        yield Finding(module.path, call.lineno, "a library does not print: log it, or leave it to raseed.cli")


def no_float(module: Module) -> Iterator[Finding]:
    for call in _calls_of(module, "float"):
        yield Finding(module.path, call.lineno, "no float where money passes: use int, Decimal or Money.of")
    for node in module.nodes(ast.AnnAssign, ast.arg):
        annotation = node.annotation  # type: ignore[attr-defined]
        name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)  # type: ignore[attr-defined]
        is_amount = name.endswith("_minor") or name in {"amount", "minor", "money", "price", "fee"}
        if is_amount and isinstance(annotation, ast.Name) and annotation.id == "float":
            yield Finding(module.path, node.lineno, f"{name} is money: int of minor units, or Money")  # type: ignore[attr-defined]


def moments_end_in_at(module: Module) -> Iterator[Finding]:
    for node in module.nodes(ast.Assign):
        assert isinstance(node, ast.Assign)
        name = ast.unparse(node.targets[0])
        if (
            isinstance(node.value, ast.Call)
            and ast.unparse(node.value.func).endswith("DateTimeField")
            and not name.endswith(("_at", "_until"))
        ):
            yield Finding(
                module.path, node.lineno, f"{name} is a moment: its name ends in _at (or _until, for a limit)"
            )


def documented(module: Module) -> Iterator[Finding]:
    yield from _undocumented(module.path, module.tree.body)


def _undocumented(path: str, body: list[ast.stmt], inside: str = "") -> Iterator[Finding]:
    for node in body:
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node) and not (inside and isinstance(node, ast.ClassDef)):
            name = f"{inside}{node.name}"
            yield Finding(path, node.lineno, f"{name} is public: say what it means, its units and its errors")
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(path, node.body, f"{node.name}.")


def _calls_of(module: Module, name: str) -> Iterator[ast.Call]:
    for node in module.nodes(ast.Call):
        assert isinstance(node, ast.Call)
        if isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def test_functions_fit_on_a_screen() -> None:
    apply("function length", short_functions, modules(SOURCE, "examples", "bench", "tests"))


def test_modules_have_one_subject() -> None:
    apply("module length", short_modules, modules(SOURCE, "examples", "bench", "tests"))


def shop_modules() -> dict[str, list[Module]]:
    """The modules of each example shop; a shop is what has purposes in a payments.py."""
    found: dict[str, list[Module]] = {}
    for module in modules("examples/raseed_shops"):
        found.setdefault(PurePosixPath(module.path).parts[2], []).append(module)
    return {
        name: inside
        for name, inside in found.items()
        if any(m.path == f"examples/raseed_shops/{name}/payments.py" for m in inside)
    }


def lines_of(*inside: Module) -> int:
    return sum(len(module.text.splitlines()) for module in inside)


def test_the_errands_shop_is_small() -> None:
    """It is the one that a reader reads whole: all of a shop that takes money, in four modules."""
    lines = lines_of(*shop_modules()["errands"])
    assert lines <= LONGEST_SHOP, (
        f"examples/raseed_shops/errands has {lines} lines of Python, at most {LONGEST_SHOP}: "
        "it shows how little a whole shop is; put what needs more room into another shop"
    )


def test_what_a_shop_writes_for_raseed_is_small() -> None:
    """A shop with an API and staff pages may grow; what it writes to be paid, its payments.py, may not."""
    for name, inside in shop_modules().items():
        for module in inside:
            lines = lines_of(module)
            is_integration = module.path.endswith(f"/{name}/payments.py")
            most = LONGEST_INTEGRATION if is_integration else LONGEST_SHOP
            assert lines <= most, (
                f"{module.path} has {lines} lines, at most {most}: payments.py shows how little a site "
                "writes to be paid, and every other module of a shop is read in one go; split it by subject"
            )


def test_no_module_or_class_is_called_utils_helpers_services_or_managers() -> None:
    apply("subject names", named_after_a_subject, modules(SOURCE, "examples", "bench"))


def test_every_module_says_what_it_is_for() -> None:
    apply(
        "module docstrings",
        module_docstring,
        [m for m in modules(SOURCE, "examples", "bench") if m.text.strip()],
    )


def test_public_names_of_the_library_say_what_they_mean() -> None:
    library = modules(f"{SOURCE}/core", f"{SOURCE}/gateways", f"{SOURCE}/payments")
    apply("docstrings", documented, library)


def test_no_signals_for_control_flow() -> None:
    apply("signals", no_signals, modules(SOURCE, "examples"))


def test_the_library_does_not_print() -> None:
    # The proofs are programs that report to a terminal, like the command line.
    apply("print", no_print, [m for m in LIBRARY if not m.path.startswith(f"{SOURCE}/proof/")])


def test_no_float_where_money_passes() -> None:
    apply("float", no_float, modules(f"{SOURCE}/core", f"{SOURCE}/payments"))


def test_names_of_moments_end_in_at() -> None:
    apply("moments", moments_end_in_at, modules(SOURCE, "examples"))


LONG = "def long():\n" + "    x = 1\n" * 50


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        (short_functions, LONG, "def short():\n    return 1\n"),
        (short_modules, "x = 1\n" * 401, "x = 1\n" * 400),
        (named_after_a_subject, "class RefundService:\n    pass\n", "class Refund:\n    pass\n"),
        (module_docstring, "x = 1\n", '"""What it is for."""\n'),
        (documented, "def pay():\n    pass\n", "def pay():\n    'Pay.'\ndef _pay():\n    pass\n"),
        (
            documented,
            "class A:\n    'A.'\n    def b(self): ...\n",
            "class A:\n    'A.'\n    class Meta: ...\n",
        ),
        (no_signals, "from django.db.models.signals import post_save\n", "from django.db import models\n"),
        (no_signals, "from django.dispatch import receiver\n", "from django.urls import path\n"),
        (no_signals, "from django.db.models import signals\n", "import signal\n"),
        (no_print, "print('hello')\n", "log.info('hello')\n"),
        (no_float, "price = float('2.00')\n", "price = Money.of('2.00', 'PHP')\n"),
        (no_float, "def pay(amount: float): ...\n", "def pay(timeout: float): ...\n"),
        (moments_end_in_at, "paid = models.DateTimeField()\n", "paid_at = models.DateTimeField()\n"),
    ],
)
def test_each_rule_finds_the_bad_and_passes_the_good(rule: Rule, bad: str, good: str) -> None:
    assert list(rule(Module("src/raseed/example.py", bad)))
    assert not list(rule(Module("src/raseed/example.py", good)))


def test_a_module_without_a_subject_is_found_by_its_path() -> None:
    assert list(named_after_a_subject(Module("src/raseed/payments/utils.py", "")))
    assert list(named_after_a_subject(Module("src/raseed/services/refund.py", "")))
    assert list(named_after_a_subject(Module("examples/raseed_shops/services/helpers.py", "")))
    assert not list(named_after_a_subject(Module("examples/raseed_shops/services/api.py", "")))
