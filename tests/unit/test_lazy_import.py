"""Loading the core, the gateways or the sandbox loads no Django (each in a fresh interpreter)."""

import json
import pkgutil
import subprocess
import sys

import pytest

import raseed.core

CORE = [f"raseed.core.{module.name}" for module in pkgutil.iter_modules(raseed.core.__path__)]

#: What an interpreter loads by itself (a site hook, a coverage tracer) does not count.
_PROBE = """
import importlib, json, sys
before = set(sys.modules)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""

_LIST = """
import importlib, json, pkgutil, sys
package = importlib.import_module(sys.argv[1])
print(json.dumps([module.name for module in pkgutil.walk_packages(package.__path__, sys.argv[1] + ".")]))
"""


def fresh_interpreter(script: str, *arguments: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True, timeout=120
    )
    return json.loads(ran.stdout)


def loaded_by(*modules: str) -> set[str]:
    """The top-level packages that importing these modules adds to a fresh interpreter."""
    return set(fresh_interpreter(_PROBE, *modules))


def test_the_probe_sees_django():
    """Without this, a broken probe would let every other test here pass."""
    assert "django" in loaded_by("django.conf")


def test_the_core_is_found():
    assert {"raseed.core.money", "raseed.core.states", "raseed.core.facts", "raseed.core.errors"} <= set(CORE)


@pytest.mark.parametrize(
    "module", ["raseed", "raseed.core", *CORE, "raseed.gateways.base", "raseed.gateways.registry"]
)
def test_importing_it_loads_no_django(module):
    assert "django" not in loaded_by(module)


@pytest.mark.parametrize("package", ["raseed.gateways", "raseed.sandbox"])
def test_importing_all_of_it_loads_no_django(package):
    modules = fresh_interpreter(_LIST, package)
    assert modules
    assert "django" not in loaded_by(*modules)


@pytest.mark.parametrize("module", CORE)
def test_the_core_needs_only_the_standard_library_and_the_currency_table(module):
    third_party = loaded_by(module) - set(sys.stdlib_module_names)
    assert third_party <= {"raseed", "iso4217"}


def test_the_gateway_contract_needs_no_http_client():
    assert "httpx2" not in loaded_by("raseed.gateways.base", "raseed.gateways.registry")
