"""One situation under way: what its customer does, what it expects, and what it has seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any

from django.db import connection

from raseed.core.money import Money
from raseed.payments import conf
from raseed.payments.flows.postings import gateway_book
from raseed.payments.models import Payment
from raseed.proof.tour import books
from raseed.proof.tour.browser import PageMissing
from raseed.proof.tour.shops.base import Offer, Shop
from raseed.proof.tour.stage import Stage
from raseed.proof.tour.tills.base import Tab, Till


def nothing(minor: int) -> int:
    """No part of the price."""
    return 0


def whole(minor: int) -> int:
    """All of the price."""
    return minor


@dataclass(frozen=True)
class Ending:
    """How it must stand at the end of a situation.

    `state` and `first_channel` are those of the payment that counts, which is the newest.
    `given`: usable now; `times` and `withdrawn`: how often ever. `charges` at the gateway, all payments
    of the offer taken together, and so `held` and `refunded`: minor units from those of the price.
    `attention`: a person should look. `books_agree` False where the gateway was made to say what is not so.
    """

    first_channel: frozenset[str] = frozenset({"webhook"})
    state: str = "paid"
    given: bool = True
    times: int = 1
    withdrawn: int = 0
    payments: int = 1
    charges: int = 1
    held: Callable[[int], int] = nothing
    refunded: Callable[[int], int] = nothing
    attention: bool = False
    books_agree: bool = True


@dataclass
class Scene:
    """The stage as one situation uses it. `offer` is what it is about."""

    stage: Stage
    shop: Shop
    random: Random
    offer: Offer
    problems: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    @property
    def till(self) -> Till:
        return self.shop.till

    # -- telling ------------------------------------------------------------------------------------------

    def saw(self, words: str) -> None:
        """Something for the report."""
        self.seen.append(words)

    def expect(self, what: str, seen: object, wanted: object) -> None:
        """A difference is a problem of this situation; it goes on all the same."""
        if seen != wanted:
            self.problems.append(f"{what}: {seen!r} instead of {wanted!r}")

    # -- the customer ---------------------------------------------------------------------------------------

    def another_offer(self) -> Offer:
        """Something else to pay for, in the same shop."""
        return self.shop.publish(self.random)

    def open(self, offer: Offer | None = None) -> Tab:
        """Press pay and look at the hosted page. Raises PageMissing if it is another page."""
        offer = offer or self.offer
        page = self.shop.press_pay(offer)
        if not self.till.is_here(page):
            raise PageMissing(f"pressing pay led to {page.url} ({page.status}): {page.text[:300]!r}")
        payment = self.payment(offer)
        return Tab(self.shop.customer, page, payment.reference, payment.minor)

    def at_once(self, *actions: Callable[[], Any], within_seconds: float = 0.0) -> list[Any]:
        """Do all of it at the same moment, each in a thread of its own; what each returned.

        `within_seconds` gives some a head start by the seed's choice, where one would always win.
        """
        delays = [self.random.uniform(0, within_seconds) for _ in actions]
        gate = threading.Barrier(len(actions))

        def go(action: Callable[[], Any], delay_seconds: float) -> Any:
            gate.wait()
            time.sleep(delay_seconds)
            try:
                return action()
            finally:
                connection.close()  # each thread has one of its own

        with ThreadPoolExecutor(len(actions)) as pool:
            going = [pool.submit(go, action, delay) for action, delay in zip(actions, delays, strict=True)]
            return [one.result() for one in going]

    def come_back(self, tab: Tab, address: str) -> str:
        """Follow where the gateway sends the browser; the words of the page it ends on."""
        return tab.browser.get(address).text

    def pay(self, offer: Offer | None = None) -> Tab:
        """Pay, close the tab, and wait until the webhooks have done their work."""
        tab = self.open(offer)
        self.till.agree(tab)
        self.settle()
        return tab

    # -- the rows -------------------------------------------------------------------------------------------

    def payments(self, offer: Offer | None = None) -> list[Payment]:
        """All payments for it, oldest first, as they stand now."""
        offer = offer or self.offer
        found = Payment.objects.filter(purpose=offer.purpose, payable_key=offer.key)
        return list(found.order_by("pk"))

    def payment(self, offer: Offer | None = None) -> Payment:
        """The newest payment for it."""
        return self.payments(offer)[-1]

    def state(self, offer: Offer | None = None) -> str:
        """Where the newest payment stands."""
        return self.payment(offer).state

    def is_given(self, offer: Offer | None = None) -> bool:
        """What the shop's own rows say."""
        return self.shop.given(offer or self.offer, None).now

    # -- time -----------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Wait until nothing is left to do at this moment."""
        self.stage.settle()

    def advance(self, seconds: float) -> None:
        """Finish what is to do now, let time pass, and finish what fell due."""
        self.stage.advance(seconds)
        self.stage.settle()

    def pass_deadline(self, offer: Offer | None = None) -> None:
        """Let time pass until a second after our own deadline for the newest payment."""
        left = self.payment(offer).expires_at - conf.now()
        self.stage.advance(left.total_seconds() + 1)
        self.stage.settle()

    def until(self, happened: Callable[[], object], what: str) -> None:
        """Wait until it has happened."""
        self.stage.until(happened, what)

    # -- the end --------------------------------------------------------------------------------------------

    def verify(self, ending: Ending, offer: Offer | None = None) -> Payment:
        """Compare everything with how it must stand; the payment that counts."""
        offer = offer or self.offer
        payments = self.payments(offer)
        payment, charges = payments[-1], self._charges(payments)
        first = payment.first_channel
        self.expect("state", payment.state, ending.state)
        if ending.state == "paid" and first not in ending.first_channel:
            self.problems.append(f"first channel: {first!r} instead of {sorted(ending.first_channel)}")
        given = self.shop.given(offer, payment if ending.given else None)
        self.expect("given now", given.now, ending.given)
        self.expect("times given", given.times, ending.times)
        self.expect("times taken back", given.withdrawn, ending.withdrawn)
        self.problems += given.oddities
        self.expect("usable", self.shop.try_to_use(offer), ending.given)
        self.expect("payments", len(payments), ending.payments)
        self.expect("charges at the gateway", len(charges), ending.charges)
        self.expect("held", books.held_minor(payments), ending.held(payment.minor))
        self.expect("refunded", books.refunded_minor(payments), ending.refunded(payment.minor))
        self.expect("a person should look", any(p.attention for p in payments), ending.attention)
        self.problems += books.ledger_oddities(payments) + books.loose_ends(payments)
        if ending.books_agree:
            self.problems += books.gateway_oddities(payments, charges)
        return payment

    def _charges(self, payments: list[Payment]) -> list[dict[str, Any]]:
        return [charge for payment in payments for charge in self.till.charges(payment.reference)]

    def summary(self, ending: Ending) -> str:
        """The end in words."""
        payments = self.payments()
        by = payments[-1].first_channel
        words = [f"{payments[-1].state} by {by}" if by else payments[-1].state, f"given {ending.times}×"]
        if ending.withdrawn:
            words.append(f"taken back {ending.withdrawn}×")
        for payment in payments:
            left = books.balance(payment, gateway_book(payment, payment.account))
            words += [f"ledger {Money(minor, currency)}" for currency, minor in left.items()]
        return ", ".join(words)
