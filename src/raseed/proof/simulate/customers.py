"""What people do, drawn from the seed: press, pay, come back, close the tab, press twice, want it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx2

import raseed
from raseed.core.errors import RaseedError
from raseed.payments.links import gateway_return_url
from raseed.payments.models import Fulfilment, FulfilmentState, Payment
from raseed.proof.simulate import trouble
from raseed.proof.simulate.counter import Counter
from raseed.proof.simulate.scheduler import Errand, Scheduler
from raseed.proof.simulate.stalls import STALLS, Stall

#: Everybody comes within this time.
OPENING_SECONDS = 300
#: What a refund is of the price, in percent; 100 asks for all that is left.
PARTS = (100, 100, 30, 50, 71)


@dataclass
class Visit:
    """One customer and the one thing that they want; `seen` are the payments whose page they saw."""

    stall: Stall
    payable: Any
    seen: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.stall.name} {self.payable.pk}"


class Customers:
    """Everybody of one world."""

    def __init__(self, scheduler: Scheduler, many: int) -> None:
        self._scheduler = scheduler
        self._random = Random(f"{scheduler.world.key} customers")
        self.counter = Counter(scheduler)
        self.visits: list[Visit] = []
        trouble.ahead.clear()
        for number in range(many):
            stall = self._random.choice(STALLS)
            visit = Visit(stall, stall.publish(self._random, f"{stall.name} {number}"))
            self.visits.append(visit)
            scheduler.errands += self._plan(visit, scheduler.world.now())

    # -- plans ----------------------------------------------------------------------------------------------

    def _plan(self, visit: Visit, opens_at: float) -> Iterator[Errand]:
        """What this customer does, and when."""
        random = self._random
        if random.random() < 0.06:
            trouble.ahead[visit.stall.purpose, str(visit.payable.pk)] = random.randint(1, 3)
        at = opens_at + random.uniform(0, OPENING_SECONDS)
        yield self._press(visit, at)
        if random.random() < 0.2:
            yield self._press(visit, at + random.choice((0, 0, 3, 40, 130)))
        if random.random() < 0.1:
            yield self._come_back(visit, at + random.uniform(0, 30))
        if random.random() < 0.12:
            yield self._lie(visit, at + random.uniform(1, 60))
        if random.random() < 0.1:
            yield self._do(visit, at + random.uniform(1, 60), "decline")
        if random.random() < 0.03:
            yield self._misstate(visit, at + 1, random.choice((1, 50, 150)))
        at += random.uniform(1, 90) if random.random() < 0.88 else random.uniform(90, 9_000)
        if random.random() < 0.9:
            yield self._do(visit, at, "pay")
        if random.random() < 0.15:
            yield from self._two_tabs(visit, at)
        if random.random() < 0.75:
            yield self._come_back(visit, at + random.choice((0, 0, 1, 20, 300)))
        yield from self._afterwards(visit, at)

    def _two_tabs(self, visit: Visit, at: float) -> Iterator[Errand]:
        """Press again, perhaps after a refusal of the bank, and pay on every page that was ever shown."""
        if self._random.random() < 0.5:
            yield self._do(visit, at - 0.5, "decline")
        yield self._press(visit, at - 0.25)
        for tab in range(3):
            at += self._random.choice((0.0, 1.0, 30.0))
            yield self._do(visit, at, "pay", tab=tab)

    def _afterwards(self, visit: Visit, paid_at: float) -> Iterator[Errand]:
        random = self._random

        def later() -> float:
            return paid_at + random.choice((0.0, random.uniform(0, 30), random.uniform(30, 400)))

        if random.random() < 0.08:
            yield self._do(visit, later(), "pay")
        if random.random() < 0.06:
            yield self._do(visit, later(), "charge_again")
        if random.random() < 0.25:
            part, key = random.choice(PARTS), f"{random.randint(1, 2)}"
            at = later()
            yield self._want_back(visit, at, part, key)
            if random.random() < 0.3:
                yield self._want_back(visit, at + random.choice((0, 5)), part, key)
        if random.random() < 0.2:
            yield self._do(visit, later(), "refund", random.choice(PARTS))
        if random.random() < 0.04:
            yield self._do(visit, later(), "void")
        if random.random() < 0.08:
            yield from self._dispute(visit, later())

    # -- at the site ----------------------------------------------------------------------------------------

    def _press(self, visit: Visit, at: float) -> Errand:
        def work() -> str:
            try:
                checkout = visit.stall.start(visit.payable, self._random)
            except RaseedError as refused:
                return type(refused).__name__
            visit.seen.append(checkout.payment.pk)
            return "opened"

        return Errand(at, f"press {visit}", work=work)

    def _come_back(self, visit: Visit, at: float) -> Errand:
        def work() -> Any:
            payment = self._payment(visit)
            if payment is None:
                return "never came there"
            url = self.counter.way_back(payment) or gateway_return_url("", payment.reference)
            return self._scheduler.visit(httpx2.Request("GET", url))

        return Errand(at, f"come back {visit}", work=work)

    def _want_back(self, visit: Visit, at: float, part: int, key: str) -> Errand:
        def work() -> str:
            payment = self._payment(visit)
            if payment is None:
                return "nothing to want back"
            money = None if part == 100 else raseed.Money(payment.minor * part // 100, payment.currency)
            try:
                raseed.request_refund(payment, money, key=f"{payment.pk}-{key}-{part}")
            except RaseedError as refused:
                return type(refused).__name__
            return "asked"

        return Errand(at, f"want back {part} % {visit}", work=work)

    def _lie(self, visit: Visit, at: float) -> Errand:
        """Somebody who saw one webhook sends another that says what is not so."""

        def work() -> Any:
            payment = self._payment(visit)
            request = self.counter.lie(payment) if payment else None
            return self._scheduler.visit(request) if request else "nothing to lie about"

        return Errand(at, f"lie {visit}", work=work)

    # -- at the gateway -------------------------------------------------------------------------------------

    def _do(self, visit: Visit, at: float, verb: str, part: int = 100, tab: int | None = None) -> Errand:
        def act(payment: Payment) -> str:
            minor = None if part == 100 else payment.minor * part // 100
            return self.counter.act(payment, verb, minor)

        return Errand(at, f"{verb} {visit}", act=self._with_payment(visit, act, tab))

    def _misstate(self, visit: Visit, at: float, percent: int) -> Errand:
        def act(payment: Payment) -> str:
            return self.counter.misstate(payment, percent)

        return Errand(at, f"misstate {percent} % {visit}", act=self._with_payment(visit, act))

    def _dispute(self, visit: Visit, at: float) -> Iterator[Errand]:
        """The payer's bank asks for the money; later it is known who keeps it."""
        end = self._random.choice(("win", "lose"))
        ends_at = at + self._random.uniform(5, 3_000)
        yield Errand(at, f"dispute {visit}", act=self._with_payment(visit, self.counter.dispute))
        yield Errand(ends_at, f"{end} {visit}", act=lambda: self.counter.end_dispute(visit.seen, end))

    def _with_payment(
        self, visit: Visit, act: Callable[[Payment], str], tab: int | None = None
    ) -> Callable[[], str]:
        def with_payment() -> str:
            payment = self._payment(visit, tab)
            return act(payment) if payment else "no payment"

        return with_payment

    def _payment(self, visit: Visit, tab: int | None = None) -> Payment | None:
        """The payment whose page they saw in this tab; without one, mostly the newest."""
        tabs = list(dict.fromkeys(visit.seen))  # the same page in two tabs is one page
        if not tabs or (tab is not None and tab >= len(tabs)):
            return None
        if tab is not None:
            chosen = tabs[tab]
        else:
            chosen = tabs[-1] if self._random.random() < 0.7 else self._random.choice(tabs)
        return Payment.objects.get(pk=chosen)

    # -- afterwards -----------------------------------------------------------------------------------------

    def oddities(self) -> list[str]:
        """Where a shop's own rows say something else than how often the thing is given now."""
        odd = []
        for visit in self.visits:
            key = str(visit.payable.pk)
            given = Fulfilment.objects.filter(purpose=visit.stall.purpose, payable_key=key)
            wanted = given.filter(state=FulfilmentState.DONE).count()
            seen = visit.stall.given(visit.payable)
            if seen != wanted:
                odd.append(f"given once: {visit}: the shop gave it {seen} times, noted are {wanted}")
        return odd
