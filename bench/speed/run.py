"""One run: the site is made, the parts are measured one after the other, and all is taken down."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.peers.dj_stripe.driver import DjStripe
from bench.peers.django_payments.driver import DjangoPayments
from bench.peers.peer import Peer, started
from bench.speed import comparison, deliveries, pages, purchases, roundtrips, sweeping
from bench.speed.contestants import Contestant, OtherPackage, OwnView
from bench.speed.load import drive, request
from bench.speed.orders import Signer
from bench.speed.plan import Plan
from bench.speed.report import Bar, Sheet
from bench.speed.site import Site, running
from raseed.cli.processes import Child

#: Signs the deliveries that are made here.
SECRET = "whsk_of_the_measurement"  # noqa: S105

#: The other packages, and how many deliveries make their turn, of those that Raseed takes.
PEERS: tuple[tuple[type[Peer], float], ...] = ((DjangoPayments, 0.5), (DjStripe, 0.15))

Say = Callable[[str], None]


@dataclass
class Outcome:
    """What came of it."""

    machine: dict[str, str]
    sheets: list[Sheet] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)


def measure(plan: Plan, say: Say) -> Outcome:
    """Raises DatabaseRefused, NotDurable, ProcessFailed or LoadFailed."""
    with tempfile.TemporaryDirectory(prefix="raseed-speed-") as folder:
        directory = Path(folder)
        say("tables and server")
        with _site(plan, directory) as (site, server):
            outcome = Outcome(_machine(site, plan))
            if "deliveries" in plan.parts:
                _deliveries(plan, site, server, directory, outcome, say)
            if "purchases" in plan.parts:
                _purchases(plan, site, server, outcome, say)
            if "pages" in plan.parts:
                found = pages.measure(site, Signer(SECRET), plan.size.pages, plan.size.idle_seconds, say)
                outcome.sheets.append(pages.sheet(found))
                outcome.bars += pages.bars(found)
            if "sweep" in plan.parts:
                grown = sweeping.measure(site, plan.size.rows, say)
                outcome.sheets.append(sweeping.sheet(grown))
                outcome.bars += sweeping.bars(grown)
    return outcome


@contextmanager
def _site(plan: Plan, directory: Path) -> Iterator[tuple[Site, Child]]:
    with running(directory, plan.server_url, workers=plan.workers, threads=plan.threads) as both:
        yield both


def _machine(site: Site, plan: Plan) -> dict[str, str]:
    return {
        "processors": str(os.cpu_count()),
        "PostgreSQL": str(site.one(b"SHOW server_version")).split()[0],
        "Python": platform.python_version(),
        "server processes": str(plan.workers),
        "threads each": str(plan.threads),
    }


def _deliveries(plan: Plan, site: Site, server: Child, directory: Path, outcome: Outcome, say: Say) -> None:
    signer = Signer(SECRET)
    with ExitStack() as stack:
        contestants: list[Contestant] = [
            OwnView(comparison.RASEED, "/raseed/webhook/", site, server, signer),
            OwnView(comparison.FLOOR, "/floor/webhook/", site, server, signer),
            OwnView(comparison.FUNCTION, "/function/webhook/", site, server, signer),
        ]
        for kind, share in PEERS if plan.with_peers else ():
            say(f"{kind.name}: environment, tables, server")
            peer = stack.enter_context(
                started(kind, directory / kind.name, plan.server_url, workers=plan.workers)
            )
            contestants.append(OtherPackage(peer, share))
        turns = deliveries.measure(
            contestants,
            connections=plan.size.connections,
            turns=plan.size.turns,
            deliveries=plan.size.deliveries,
            progress=lambda share, words: say(f"{share:4.0%} {words}"),
        )
        counts = roundtrips.measure(contestants, site.database, say)
    outcome.sheets += [_load_alone(site), comparison.sheet(turns, counts)]
    outcome.bars += comparison.bars(turns)


def _purchases(plan: Plan, site: Site, server: Child, outcome: Outcome, say: Say) -> None:
    size = plan.size
    turns = purchases.measure(site, server, SECRET, turns=size.turns, purchases=size.purchases, say=say)
    outcome.sheets.append(purchases.sheet(turns))
    outcome.bars += purchases.bars(turns)


def _load_alone(site: Site) -> Sheet:
    """What the load generator reaches where the view does nothing: it must not be what is measured."""
    nothing = request("/empty/", b"{}", {})
    rows = []
    for connections in (1, 8, 32):
        drive(site.port, [nothing] * 500, connections)
        rows.append((str(connections), f"{drive(site.port, [nothing] * 4000, connections).rate:,.0f}"))
    return Sheet("An empty view", ("connections", "per second"), rows)
