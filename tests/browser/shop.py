"""What tests do in the demo: as a person in a tab, and behind the scenes without one."""

from __future__ import annotations

import itertools
import re
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

from raseed.cli.local_shop import LocalShop
from raseed.testing_sandbox import LocalSandbox
from tests.acceptance.browser import Browser

_numbers = itertools.count(1)


class Shop:
    """The running demo."""

    def __init__(self, local: LocalShop) -> None:
        self.local = local
        parts = urlsplit(local.sandbox_url)
        self.sandbox = LocalSandbox(str(parts.hostname), int(parts.port or 0))

    def tidy(self) -> None:
        """Whatever a test left: no faults, and every process runs."""
        self.sandbox.clear_faults()
        for child in self.local.children:
            child.start()

    def new_task(self) -> str:
        """The path of a new errand of Ana's that Ben has accepted; its chat waits for the fee."""
        ana, ben = (self._logged_in(name) for name in ("Ana", "Ben"))
        title = f"Errand {next(_numbers)}"
        ana.go(f"{self.local.shop_url}/errands/new/").press("Post the task", title=title, price="50.00")
        ben.go(ana.url).press("Accept this task")
        return urlsplit(ana.url).path

    def new_bill(self) -> str:
        """The path of a new bill of ₱1,500.00 for Paula."""
        sofia = self._logged_in("Sofia")
        title = f"Filling {next(_numbers)}"
        paula = re.search(
            r'<option value="(\d+)">Paula', sofia.go(f"{self.local.shop_url}/clinic/desk/").text
        )
        assert paula, sofia.text
        sofia.press("Send the bill", patient=paula[1], title=title, amount="1500.00")
        bill = re.search(rf'href="(/clinic/bill/\d+/)">{title}<', sofia.go("/clinic/").text)
        assert bill, sofia.text
        return bill[1]

    def new_job(self) -> str:
        """The path of a new job of Alice's for which she has accepted Bob's offer of USD 25.00."""
        alice, bob = (self._logged_in(name) for name in ("Alice", "Bob"))
        title = f"Translation {next(_numbers)}"
        alice.go(f"{self.local.shop_url}/marketplace/jobs/new/").press("Post the job", title=title)
        wallet = f"{self.sandbox.url('openpayments')}/bob"
        bob.go(alice.url).press("Send the offer", price="25.00", wallet=wallet)
        alice.go(alice.url).press("Accept")
        return urlsplit(alice.url).path

    def _logged_in(self, name: str) -> Browser:
        return Browser().go(f"{self.local.shop_url}/").press(name)

    def checkout_of(self, page: Page) -> str:
        """The id of the checkout whose hosted page this is."""
        found = re.search(r"[?&]id=([\w-]+)", page.url)
        assert found, page.url
        return found[1]


def log_in(page: Page, name: str) -> None:
    """Be somebody of the demo."""
    page.goto("/")
    page.get_by_role("button", name=re.compile(rf"^{name} ")).click()
    page.wait_for_load_state()


def start_fee(page: Page, task: str) -> None:
    """Ana pays the fee of a task: on to the wallet's page."""
    log_in(page, "Ana")
    page.goto(task)
    page.get_by_role("button", name="Pay ₱2.00 with GCash").click()
    page.get_by_role("button", name="Authorize").wait_for()


def waiting_page(page: Page, task: str) -> Page:
    """Another tab of the same person, on the status page of the payment that is under way."""
    tab = page.context.new_page()
    tab.goto(task)
    tab.get_by_role("link", name="See how it stands").click()
    tab.locator("[data-raseed-status]").wait_for()
    return tab


def headline(page: Page) -> Locator:
    """What the status page says first."""
    return page.locator("[data-raseed-status] [data-slot=title]")


def status(page: Page) -> Locator:
    """The part of the page that keeps itself up to date."""
    return page.locator("[data-raseed-status]")


def reload_until(page: Page, path: str, sight: Locator) -> None:
    """Load a page that does not change by itself until it shows something."""
    for _ in range(40):
        page.goto(path)
        if sight.is_visible():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{path} has not come to show {sight}")
