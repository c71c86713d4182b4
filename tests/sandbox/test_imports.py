"""What is loaded when: no Django and no other part of raseed in the sandbox, nothing heavy for --help."""

from __future__ import annotations

import subprocess
import sys


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )


def test_the_sandbox_loads_neither_django_nor_the_rest_of_raseed() -> None:
    code = (
        "import sys, raseed.sandbox.server\n"
        "bad = [n for n in sys.modules if n.split('.')[0] == 'django' or (n.startswith('raseed.')"
        " and not n.startswith('raseed.sandbox'))]\n"
        "print(bad)"
    )
    done = run(code)
    assert done.stdout.strip() == "[]", done.stderr


def test_help_loads_no_command() -> None:
    code = (
        "import sys\nfrom raseed.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([n for n in sys.modules if n in ('starlette', 'uvicorn', 'rich', 'django')])"
    )
    done = run(code)
    lines = done.stdout.strip().splitlines()
    assert lines[-1] == "[]", done.stderr
    for name in ("sandbox", "demo", "tour"):
        assert any(line.strip().startswith(name) for line in lines)


def test_a_missing_extra_is_one_line_with_the_remedy() -> None:
    code = (
        "import sys\nsys.modules['starlette.applications'] = None\nsys.modules['uvicorn'] = None\n"
        "from raseed.cli import main\nmain(['sandbox'])"
    )
    done = run(code)
    assert done.returncode == 1
    assert "pip install 'raseed[sandbox]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_click_too() -> None:
    done = run("import sys\nsys.modules['click'] = None\nfrom raseed.cli import main\nmain()")
    assert done.returncode == 1
    assert done.stderr.strip() == ("raseed: the command line needs click. Run: pip install 'raseed[sandbox]'")


def test_an_unknown_command() -> None:
    done = run("from raseed.cli import main\nmain(['dance'])")
    assert done.returncode == 2
    assert "No such command" in done.stderr


def test_it_works_where_django_and_what_only_the_shop_side_needs_cannot_be_imported() -> None:
    code = (
        "import sys\n"
        "for name in ('django', 'iso4217', 'stamina', 'django_tasks'):\n"
        "    sys.modules[name] = None\n"
        "import raseed.cli.sandbox, raseed.testing_sandbox as t\n"
        "with t.running_sandbox(seed=3) as s:\n"
        "    print(s.control('GET', 'health')['ok'], s.books()['payments'])"
    )
    done = run(code)
    assert done.stdout.splitlines() == ["True []"], done.stderr
