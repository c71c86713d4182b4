"""How long the services dashboard takes to show money that has arrived: `python -m bench.dashboard`.

The demo as real processes and a real browser. Measured from the moment at which the shop gave the balance
its money (which commits with the confirmation) to the moment at which the balance on the page changes; then
the same with the pushes cut off, where the page asks every five seconds. Needs Chromium.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright
from tests import chromium

from raseed.cli.local_shop import LocalShop

DEPOSITS = 8
PATIENCE_MILLISECONDS = 30_000
NEWEST = "SELECT fulfilled_at FROM raseed_fulfilment WHERE state = 'done' ORDER BY id DESC LIMIT 1"
WATCH = """
() => { const shown = () => document.querySelector("[data-balance]")?.textContent
        const before = shown()
        window.changedAt = new Promise(resolve => new MutationObserver((_, self) => {
          if (shown() !== before) { self.disconnect(); resolve(Date.now()) }
        }).observe(document.body, {subtree: true, childList: true, characterData: true})) }
"""


def main() -> None:
    """Print one line for each way to hear of it: the middle and the longest of all deposits."""
    with tempfile.TemporaryDirectory(prefix="raseed-dashboard-") as folder, LocalShop(Path(folder)) as local:
        local.start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
            for words, is_pushed in (("pushed", True), ("asked every five seconds", False)):
                context = browser.new_context(base_url=local.shop_url)
                if not is_pushed:
                    context.route(re.compile(re.escape(local.events_url)), lambda route: route.abort())
                seconds = list(_deposits(context.new_page(), Path(folder) / "shop.sqlite3"))
                context.close()
                sys.stdout.write(
                    f"{words}: {len(seconds)} deposits, half within {median(seconds):.2f} s, "
                    f"all within {max(seconds):.2f} s\n"
                )
            browser.close()


def _deposits(page: Page, database: Path) -> Iterator[float]:
    """Pay again and again as Karim; for each, the seconds from the commit to the screen."""
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.goto("/")
    page.get_by_role("button", name=re.compile("^Karim ")).click()
    for _ in range(DEPOSITS):
        page.goto("/services/")
        form = page.locator("[data-deposit]")
        form.get_by_label("Amount in pounds").fill("50.00")
        form.get_by_role("radio", name="A new card").check()
        with page.context.expect_page() as opened:
            form.get_by_role("button", name="Deposit").click()
        tab = opened.value
        tab.get_by_role("button", name=re.compile("^Pay")).wait_for()
        page.locator("[data-raseed-status]").wait_for()
        page.evaluate(WATCH)
        for label, value in (("Card number", "0" * 16), ("Month", "12"), ("Year", "25"), ("CVV", "123")):
            tab.get_by_label(label, exact=label == "CVV").first.fill(value)
        tab.get_by_role("button", name=re.compile("^Pay")).click()
        changed_at = page.evaluate("window.changedAt") / 1000
        tab.close()
        yield changed_at - _given_at(database)


def _given_at(database: Path) -> float:
    with sqlite3.connect(database) as connection:
        (moment,) = connection.execute(NEWEST).fetchone()
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


if __name__ == "__main__":
    main()
