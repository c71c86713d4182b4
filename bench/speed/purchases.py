"""Whole purchases per second: start over HTTP, the sandbox, its signed webhook, given."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.speed import processors, sandbox
from bench.speed.buyers import Place, buy
from bench.speed.contestants import BACKENDS
from bench.speed.figures import Slice, figure, paired_ratio
from bench.speed.load import HOST, LoadFailed
from bench.speed.orders import MINOR
from bench.speed.report import Bar, Sheet
from bench.speed.roundtrips import COUNTED, WARMING
from bench.speed.site import Site
from bench.speed.wire import Count, Wire, relay
from raseed.cli.processes import Child

BUYERS = 8
#: A delivery that was not stored by then is an error.
PATIENCE_SECONDS = 10.0

RASEED, BY_HAND, ALL_EVENTS = "raseed", "by hand", "raseed, two events"
PAID, SESSION_PAID = "payment.paid", "checkout_session.payment.paid"

ORDERS = b"""
WITH made AS (
    INSERT INTO benchshop_order (title, minor)
    SELECT 'purchase-' || n, %s FROM generate_series(1, %s) AS n RETURNING id
)
SELECT array_agg(id ORDER BY id) FROM made
"""
SHIPMENTS = b"SELECT count(*) FROM benchshop_shipment"
SHIPPED = b"SELECT count(DISTINCT order_id) FROM benchshop_shipment WHERE order_id = ANY(%s)"
DELIVERIES = b"SELECT count(*) FROM raseed_delivery"


@dataclass(frozen=True)
class Seller:
    """`buy` is where a purchase starts, before the order's number; `events` what PayMongo tells of one."""

    name: str
    buy: str
    webhook: str
    events: Sequence[str]


#: The first two are told the same. A site that registers what `raseed_webhooks` registers is told twice.
SELLERS = (
    Seller(RASEED, "/raseed/buy/", "/raseed/webhook/", (PAID,)),
    Seller(BY_HAND, "/floor/buy/", "/floor/webhook/", (PAID,)),
    Seller(ALL_EVENTS, "/raseed/buy/", "/raseed/webhook/", (PAID, SESSION_PAID)),
)


@dataclass
class Turns:
    """All turns by seller: what is measured, and of one purchase the sandbox's processor seconds.

    `counts`: what one purchase says to PostgreSQL, from the first click on.
    """

    slices: dict[str, list[Slice]] = field(default_factory=lambda: {each.name: [] for each in SELLERS})
    sandbox_seconds: dict[str, list[float]] = field(
        default_factory=lambda: {each.name: [] for each in SELLERS}
    )
    counts: dict[str, Count] = field(default_factory=dict)


def measure(
    site: Site, server: Child, secret: str, *, turns: int, purchases: int, say: Callable[[str], None]
) -> Turns:
    """Each seller's turn, so many times. Raises LoadFailed, or ProcessFailed where the sandbox fails."""
    result = Turns()
    with sandbox.running(site) as running:
        counter = _Counter(Place(site.port, running, site), server, secret)
        for seller in SELLERS:
            say(f"purchases: warming up {seller.name}")
            counter.turn(seller, max(purchases // 2, 1))
        for turn in range(turns):
            for seller in SELLERS if turn % 2 == 0 else reversed(SELLERS):
                say(f"purchases: {seller.name}, turn {turn + 1} of {turns}")
                measured, sandbox_seconds = counter.turn(seller, purchases)
                result.slices[seller.name].append(measured)
                result.sandbox_seconds[seller.name].append(sandbox_seconds / purchases)
        with relay(site.database) as wire, site.counted(wire) as port:
            say("purchases: round trips")
            alone = _Counter(Place(port, running, site), server, secret, buyers=1)
            result.counts = {seller.name: _said(alone, seller, wire) for seller in SELLERS}
    return result


def _said(counter: _Counter, seller: Seller, wire: Wire) -> Count:
    """What one purchase says to PostgreSQL, where one follows the other on one thread."""
    counter.turn(seller, WARMING)
    before = wire.count
    counter.turn(seller, COUNTED)
    return wire.count.since(before, COUNTED)


@dataclass
class _Counter:
    place: Place
    server: Child
    secret: str
    buyers: int = BUYERS

    def turn(self, seller: Seller, count: int) -> tuple[Slice, float]:
        """So many purchases with what they cost, and the sandbox's seconds apart. Raises LoadFailed."""
        site, gateway = self.place.site, self.place.sandbox
        orders: list[int] = site.one(ORDERS, MINOR, count)
        url = f"http://{HOST}:{self.place.port}{seller.webhook}"
        gateway.send_webhooks(url, seller.events, self.secret)
        shipped, stored = site.one(SHIPMENTS), site.one(DELIVERIES)
        families = (*self._processes(), gateway.processes())
        before = [processors.used(pids) for pids in families]
        bought = buy(self.place, seller.buy, orders, self.buyers)
        self._wait_for_deliveries(seller, stored + count * len(seller.events))
        after = [processors.used(pids) for pids in families]
        server, database, its = (now - then for now, then in zip(after, before, strict=True))
        gateway.send_webhooks(url, (), self.secret)
        self._check(seller, orders, site.one(SHIPMENTS) - shipped)
        return Slice(len(bought.latencies) / bought.seconds, bought.latencies, server, database), its

    def _processes(self) -> tuple[list[int], list[int]]:
        """Of the server, and of PostgreSQL for its database."""
        mine = self.place.site.database.info.backend_pid
        backends = [pid for pid in self.place.site.one(BACKENDS) if pid != mine]
        return processors.family(self.server.pid or 0), backends

    def _wait_for_deliveries(self, seller: Seller, wanted: int) -> None:
        """The last ones may tell only what was given already."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (stored := self.place.site.one(DELIVERIES)) < wanted:
            if time.monotonic() > deadline:
                raise LoadFailed(f"{seller.name} stored {wanted - stored} deliveries fewer than were sent")
            time.sleep(0.01)

    def _check(self, seller: Seller, orders: Sequence[int], shipments: int) -> None:
        """As many as were bought, and each order's own."""
        shipped = self.place.site.one(SHIPPED, list(orders))
        if (shipped, shipments) != (len(orders), len(orders)):
            raise LoadFailed(
                f"{seller.name}: {len(orders)} were bought, {shipped} of them given, {shipments} times"
            )


def rate_ratio(turns: Turns, other: str) -> float:
    """Raseed's rate over the other's."""
    ours, theirs = turns.slices[RASEED], turns.slices[other]
    return paired_ratio([each.rate for each in ours], [each.rate for each in theirs])


def sheet(turns: Turns) -> Sheet:
    """One row for each seller. Costs are those of one purchase; the sandbox's is common to all."""
    heads = (
        *("whole purchases, 8 buyers", "per second", "raseed ÷ it", "p50 ms", "p99 ms"),
        *("server ms", "database ms", "sandbox ms", "round trips", "statements"),
    )
    rows = []
    for name, slices in turns.slices.items():
        known, sandbox_ms = figure(slices), 1000 * median(turns.sandbox_seconds[name])
        times = (known.p50_ms, known.p99_ms, known.server_ms, known.database_ms, sandbox_ms)
        cells = (f"{known.rate:.1f}", f"{rate_ratio(turns, name):.2f}", *(f"{each:.1f}" for each in times))
        rows.append((name, *cells, *turns.counts[name].cells))
    return Sheet("Whole purchases", heads, rows)


def bars(turns: Turns) -> list[Bar]:
    """Both make the same calls and are told the same."""
    return [Bar("whole purchases, ÷ by hand", rate_ratio(turns, BY_HAND), 0.7)]
