"""Signed deliveries per second: all contestants in short turns, one after the other, many times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.speed import processors
from bench.speed.contestants import Contestant
from bench.speed.figures import Slice
from bench.speed.load import LoadFailed, drive

NEW, COPY = "new", "copy"

#: Called with the share of the work that is done, and a word about what is done now.
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    kind: str
    connections: int


@dataclass
class Turns:
    """All turns by case and contestant."""

    slices: dict[Case, dict[str, list[Slice]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )


def measure(
    contestants: Sequence[Contestant],
    *,
    connections: Sequence[int],
    turns: int,
    deliveries: int,
    progress: Progress,
) -> Turns:
    """Each contestant's turn: deliveries that are new, and the same ones again. Raises LoadFailed."""
    result = Turns()
    for contestant in contestants:
        progress(0.0, f"warming up {contestant.name}")
        _turn(contestant, "warm", _many(contestant, deliveries), max(connections))
    done, whole = 0, len(connections) * turns * len(contestants)
    for turn in range(turns):
        for many in connections:
            for contestant in _in_turn(contestants, turn):
                progress(done / whole, f"{contestant.name}, {many} connections, turn {turn + 1} of {turns}")
                count = _many(contestant, deliveries)
                new, copies = _turn(contestant, f"t{turn}c{many}", count, many)
                result.slices[Case(NEW, many)][contestant.name].append(new)
                result.slices[Case(COPY, many)][contestant.name].append(copies)
                done += 1
    return result


def _in_turn(contestants: Sequence[Contestant], turn: int) -> Sequence[Contestant]:
    """Every other time backwards, so that nobody always follows the same one."""
    return contestants if turn % 2 == 0 else list(reversed(contestants))


def _many(contestant: Contestant, deliveries: int) -> int:
    return max(round(deliveries * contestant.share), 32)


def _turn(contestant: Contestant, batch: str, count: int, connections: int) -> tuple[Slice, Slice]:
    requests = contestant.deliveries(batch, count)
    before = contestant.effects()
    new = _slice(contestant, requests, connections)
    given = contestant.effects() - before
    if given != count:
        raise LoadFailed(f"{contestant.name} took {count} deliveries and gave {given} times")
    return new, _slice(contestant, requests, connections)


def _slice(contestant: Contestant, requests: Sequence[bytes], connections: int) -> Slice:
    """All of these requests once, with what they cost. Raises LoadFailed for an answer that is not 200."""
    server, database = contestant.processes()
    used = (processors.used(server), processors.used(database))
    sample = drive(contestant.port, requests, connections)
    if set(sample.statuses) != {200}:
        raise LoadFailed(f"{contestant.name} answered {dict(sample.statuses)}")
    return Slice(
        sample.rate,
        sample.latencies,
        server_seconds=processors.used(server) - used[0],
        database_seconds=processors.used(database) - used[1],
    )
