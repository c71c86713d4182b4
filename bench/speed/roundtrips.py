"""What a delivery says to PostgreSQL, counted on the wire, for all contestants alike. Not in timed turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import psycopg

from bench.speed.contestants import Contestant
from bench.speed.deliveries import COPY, NEW
from bench.speed.load import LoadFailed, drive
from bench.speed.wire import Count, Wire, relay

#: Drivers prepare a statement after some uses (psycopg after five), which costs a round trip of its own once.
WARMING = 10
COUNTED = 10

#: By contestant and kind of delivery: for one delivery.
Counts = Mapping[str, Mapping[str, Count]]


def measure(
    contestants: Sequence[Contestant],
    like: psycopg.Connection[object],
    say: Callable[[str], None],
) -> Counts:
    """Each by a server of its own with one thread. `like` is a connection to their PostgreSQL.

    Raises LoadFailed, or ProcessFailed where a server does not start.
    """
    counts = {}
    with relay(like) as wire:
        for contestant in contestants:
            say(f"{contestant.name}: round trips")
            with contestant.counted(wire) as port:
                counts[contestant.name] = _both(contestant, port, wire)
    return counts


def _both(contestant: Contestant, port: int, wire: Wire) -> dict[str, Count]:
    requests = contestant.deliveries("count", WARMING + COUNTED)
    warming, counted = requests[:WARMING], requests[WARMING:]
    _send(contestant, port, warming, len(warming))
    _send(contestant, port, warming, 0)
    before = wire.count
    _send(contestant, port, counted, len(counted))
    between = wire.count
    _send(contestant, port, counted, 0)
    return {
        NEW: between.since(before, len(counted)),
        COPY: wire.count.since(between, len(counted)),
    }


def _send(contestant: Contestant, port: int, requests: Sequence[bytes], effects: int) -> None:
    """One after the other. Raises LoadFailed for another answer than 200, or other effects."""
    before = contestant.effects()
    statuses = drive(port, requests, 1).statuses
    given = contestant.effects() - before
    if set(statuses) != {200} or (effects and given != effects):
        raise LoadFailed(f"{contestant.name} answered {dict(statuses)} and gave {given} of {effects} times")
