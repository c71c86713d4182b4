"""The whole demo as real processes, once per test process, and Chromium in front of it.

Playwright keeps an event loop in its thread while it runs, and Django refuses its database there. So it
runs only as long as a module of these tests, and never beside the tests of another folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, Playwright, expect, sync_playwright

from raseed.cli.local_shop import LocalShop
from tests import chromium
from tests.browser.shop import Shop

#: For one look at a page; far more than anything takes on a busy machine.
PATIENCE_MILLISECONDS = 45_000

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them in one process of `-n`: one demo is enough, and a computer runs hardly two."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalShop]:
    with LocalShop(tmp_path_factory.mktemp("demo")) as running:
        running.environment["DJANGO_SETTINGS_MODULE"] = "tests.browser.settings"
        running.start()
        yield running


@pytest.fixture
def shop(local: LocalShop) -> Iterator[Shop]:
    """The running demo, with nothing armed that goes wrong, and everything that should run running."""
    shop = Shop(local)
    yield shop
    shop.tidy()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    running = sync_playwright().start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser_type(playwright: Playwright) -> BrowserType:
    return playwright.chromium


@pytest.fixture(scope="module")
def launch_browser(browser_type: BrowserType) -> Callable[..., Browser]:
    def launch(**more: Any) -> Browser:
        return browser_type.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS, **more)

    return launch


@pytest.fixture(scope="module")
def browser(launch_browser: Callable[..., Browser]) -> Iterator[Browser]:
    running = launch_browser()
    yield running
    running.close()


@pytest.fixture(scope="module")
def browser_context_args(local: LocalShop) -> dict[str, Any]:
    return {"base_url": local.shop_url, "locale": "en", "viewport": {"width": 1000, "height": 800}}


@pytest.fixture
def page(context: Any) -> Iterator[Page]:
    """A tab that fails its test for an error in a script."""
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context.new_page()
    assert not errors, errors
