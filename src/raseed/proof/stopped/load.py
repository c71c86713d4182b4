"""Customers who buy while the database comes and goes: each presses pay until there is a page, and agrees."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx2

from raseed.proof.tour.browser import Browser, Page, PageMissing

if TYPE_CHECKING:
    from raseed.proof.tour.shops.base import Offer

#: Whoever got an error page or no answer waits so long before pressing again.
PAUSE_SECONDS = 0.5
#: How long one customer keeps trying.
PATIENCE_SECONDS = 120.0


@dataclass
class Seen:
    """What customers saw: the ids of checkout pages they were shown, and how often there was no answer."""

    shown: list[str] = field(default_factory=list)
    agreed: list[str] = field(default_factory=list)
    refusals: int = 0
    gave_up: list[str] = field(default_factory=list)


class Customers:
    """So many threads that share a list of things to pay for."""

    def __init__(self, shop_url: str, offers: list[Offer], threads: int) -> None:
        self._url = shop_url
        self._left: Iterator[Offer] = iter(offers)
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._buy, daemon=True) for _ in range(threads)]
        self.seen = Seen()

    def start(self) -> None:
        """Begin to buy."""
        for thread in self._threads:
            thread.start()

    def are_done(self, within_seconds: float) -> bool:
        """Whether all has been bought, after waiting so long at most."""
        give_up_at = time.monotonic() + within_seconds
        for thread in self._threads:
            thread.join(max(0.0, give_up_at - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _buy(self) -> None:
        browser = Browser()
        while (offer := self._next()) is not None:
            self._pay(browser, offer)
        browser.close()

    def _next(self) -> Offer | None:
        with self._lock:
            return next(self._left, None)

    def _pay(self, browser: Browser, offer: Offer) -> None:
        """Log in if need be, press pay, agree; again from the start wherever something is missing."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            try:
                page = self._press(browser, offer)
                if not urlsplit(page.url).path.endswith("/sources") or page.status != 200:
                    raise LookupError(page.url)
                source = parse_qs(urlsplit(page.url).query)["id"][0]
                self.seen.shown.append(source)
                browser.press(page, "Authorize", follow=False)
                self.seen.agreed.append(source)
                return
            except (httpx2.HTTPError, PageMissing, LookupError):
                self.seen.refusals += 1
                time.sleep(PAUSE_SECONDS)
        self.seen.gave_up.append(offer.title)

    def _press(self, browser: Browser, offer: Offer) -> Page:
        address = f"{self._url}/errands/{offer.key}/"
        page = browser.get(address)
        if not page.token() or "Log out" not in page.text:
            browser.press(browser.get(f"{self._url}/login/"), "Ana")
            page = browser.get(address)
        return browser.send(page, f"{address}pay/{offer.purpose}/", page.token())
