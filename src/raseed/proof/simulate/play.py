"""One world from its first customer to its last invariant."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection

from raseed.payments.models import Payment
from raseed.proof.breach import Breach
from raseed.proof.gateway_books import GatewayBooks, read_books
from raseed.proof.invariants import breaches
from raseed.proof.loose_ends import UNDONE
from raseed.proof.simulate import weather
from raseed.proof.simulate.customers import Customers
from raseed.proof.simulate.scheduler import Scheduler
from raseed.proof.simulate.size import CUSTOMERS
from raseed.proof.simulate.tally import tally
from raseed.proof.simulate.world import START, World

#: How long customers come and things go wrong.
STORM_SECONDS = 600.0
#: After the storm: for so long, with so long between two looks of a worker. Past every lease and retry of
#: what is open, and past the first look at what is settled, a day later.
CALM = ((240.0, 60.0), (1_800.0, 600.0), (7_200.0, 3_600.0), (90_000.0, 30_000.0), (90.0, 10.0))
#: Money that came in the storm is known here so long after it at the latest.
PROMISE_SECONDS = STORM_SECONDS + CALM[0][0]
#: Cleared between two worlds: all rows but people and what the shops have on offer.
KEPT_TABLES = frozenset({"puja_puja", "puja_package", "puja_promo"})
CLEARED_APPS = ("raseed", "errands", "clinic", "marketplace", "puja", "services")


@dataclass(frozen=True)
class Outcome:
    """What came of one world. The digests stand for all choices, and for the books at the end.

    `tally` says how often what happened, so that it can be seen what a storm was made of.
    """

    number: int
    payments: int
    breaches: tuple[str, ...]
    choices: str
    books: str
    tally: dict[str, int]
    trace: tuple[str, ...]


def play(seed: int, number: int, customers: int = CUSTOMERS) -> Outcome:
    """Play a world on the database of this process, which is emptied first."""
    _clear()
    world = World(f"{seed} {number}")
    with world.open():
        scheduler = Scheduler(world)
        people = Customers(scheduler, customers)
        scheduler.errands += weather.forecast(scheduler, customers, STORM_SECONDS)
        scheduler.run(START + STORM_SECONDS)
        weather.end(scheduler)
        for seconds, pause in CALM:
            scheduler.calm_down(pause)
            scheduler.run(world.now() + seconds)
        misstated = people.counter.misstated | _untold_refunds(world)
        found = [
            breach
            for breach in breaches(_books(world), promise_seconds=PROMISE_SECONDS, misstated=misstated)
            if not _waits_for_a_person(breach, misstated)
        ]
        wrong = [*world.unexpected, *map(str, found), *people.oddities()]
        told = [*_stories(breach.about for breach in found), *world.trace.lines] if wrong else []
        return Outcome(
            number=number,
            payments=Payment.objects.count(),
            breaches=tuple(wrong),
            choices=world.trace.digest,
            books=_digest(world),
            tally=tally(world.trace.lines),
            trace=tuple(told),
        )


def _books(world: World) -> GatewayBooks:
    deliveries = [delivery.view() for delivery in world.sandbox.deliveries.all()]
    return read_books(lambda name: _book(world, name), deliveries, settings.SANDBOX_URL)


def _book(world: World, gateway: str) -> Any:
    return world.sandbox.gateways[gateway].control("GET", ["books"], {}, {})


def _waits_for_a_person(breach: Breach, misstated: set[str]) -> bool:
    """A refund of which a gateway tells another amount has no end by itself; a person sees the payment."""
    is_shown = Payment.objects.filter(reference=breach.about).exclude(attention="").exists()
    return breach.invariant == UNDONE and breach.about in misstated and is_shown


def _untold_refunds(world: World) -> set[str]:
    """References of PhonePe's orders of which nobody told us that money went back, so that nobody can know.

    PhonePe answers questions about refunds by the name that their maker gave them, and has no list of them.
    """
    untold: set[str] = set()
    for delivery in world.sandbox.deliveries.all():
        if (delivery.gateway, delivery.news) == ("phonepe", "refunded") and delivery.state != "delivered":
            payload = json.loads(delivery.body)["payload"]
            untold |= {str(payload.get(name, "")) for name in ("originalMerchantOrderId", "merchantOrderId")}
    return untold - {""}


def _stories(references: Iterable[str]) -> Iterator[str]:
    """All that is known here of these payments, for whoever looks into it."""
    for payment in Payment.objects.filter(reference__in=set(references)):
        yield f"-- {payment}: {values_of(payment)}"
        for rows in (payment.facts, payment.charges, payment.refunds, payment.fulfilments):
            yield from (f"   {row}: {values_of(row)}" for row in rows.order_by("pk"))


def values_of(row: Any) -> dict[str, str]:
    """What stands in a row, without what is empty or secret."""
    hidden = {"raw", "secret", "body", "digest"}
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: str(value) for name, value in values.items() if value and name not in hidden}


def _digest(world: World) -> str:
    """Of what the gateways hold, and of how each payment stands."""
    stands = Payment.objects.order_by("reference").values_list("reference", "state", "first_channel", "minor")
    theirs = sorted(map(str, _books(world).movements))
    return hashlib.sha256(json.dumps([list(map(list, stands)), theirs]).encode()).hexdigest()


def _clear() -> None:
    """Empty the tables, whoever filled them, and begin their numbers at one again."""
    models = [model for name in CLEARED_APPS for model in apps.get_app_config(name).get_models()]
    tables = [model._meta.db_table for model in models if model._meta.db_table not in KEPT_TABLES]
    connection.ops.execute_sql_flush(
        connection.ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=False)
    )
