"""Who goes on next. Every choice is drawn from the seed, and noted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2

from raseed.payments.flows.chores import next_due_at
from raseed.payments.flows.sweep import sweep
from raseed.proof.simulate.strands import Standing, Strand
from raseed.proof.simulate.wire import Arrival, Carried
from raseed.proof.simulate.world import World

SWEEP = "sweep"
#: So many workers sweep at once.
WORKERS = 3
#: How likely a process that does something dies within its next steps; and among how many.
DEATHS, DEADLY_STEPS = 0.08, 60
#: How long a worker pauses between two looks, in seconds.
LOOK_SECONDS = (0.0, 5.0, 40.0, 90.0)
#: How likely the clock moves in the middle of it all; and by how many seconds: past a patience, a lease, a
#: pause between two tries.
JUMPS = 0.004
JUMP_SECONDS = (1, 6, 31, 63, 130)
#: So many turns while the clock stands are a world that will never end.
MOST_TURNS_AT_ONCE = 20_000


@dataclass
class Errand:
    """Something that happens at a moment: `work` at the site, or `act` anywhere else."""

    at: float
    name: str
    work: Callable[[], Any] | None = None
    act: Callable[[], Any] | None = None


Choice = tuple[str, Callable[[], None]]


class Scheduler:
    """Runs a world, turn by turn."""

    def __init__(self, world: World) -> None:
        self.world = world
        #: the next one last
        self.errands: list[Errand] = []
        self._due: list[Errand] = []
        self.is_calm = False
        #: pauses of the workers between two looks, of which each look draws one
        self.look_seconds: tuple[float, ...] = LOOK_SECONDS
        self._look_at = 0.0
        self._carried: dict[int, Carried] = {}
        self._arrivals: dict[int, Arrival] = {}
        self._due_at: float | None = None
        self._is_due_known = False
        self._turns_now = 0

    # -- turns ----------------------------------------------------------------------------------------------

    def run(self, until: float) -> None:
        """Take turns until nothing is left to do before that moment; then it is that moment."""
        self.errands.sort(key=lambda errand: errand.at, reverse=True)
        while self._turn(until):
            self._turns_now += 1
            if self._turns_now > MOST_TURNS_AT_ONCE:
                raise RuntimeError(f"{MOST_TURNS_AT_ONCE} turns at {self.world.now()!r}, and no end")

    def calm_down(self, look_seconds: float) -> None:
        """Nobody dies any more, the clock runs evenly, and a worker looks now and then so much later."""
        self.is_calm, self.look_seconds, self._look_at = True, (look_seconds,), 0.0

    def _turn(self, until: float) -> bool:
        world = self.world
        world.loop.pump()
        choices = list(self._choices())
        if choices and not self.is_calm and world.random.random() < JUMPS:
            self._move_clock(world.now() + world.random.choice(JUMP_SECONDS))
            return True
        if not choices:
            return self._wait(until)
        name, go = choices[world.random.randrange(len(choices))]
        world.trace.note(name)
        go()
        return True

    def _choices(self) -> Iterator[Choice]:
        """All that may happen next."""
        now = self.world.now()
        for strand in self.world.strands:
            yield from self._of_strand(strand, now)
        free = self.world.free()
        if free is None:
            return
        for arrival in self.world.door.waiting:
            yield f"webhook {arrival.request.url.path}", self._let_in(arrival, free)
        while self.errands and self.errands[-1].at <= now:
            self._due.append(self.errands.pop())
        for errand in self._due:
            yield errand.name, self._run_errand(errand, free)
        if self._look_at <= now and self._is_due(now) and self._sweeping() < WORKERS:
            yield SWEEP, lambda: self._look(free)

    def _of_strand(self, strand: Strand, now: float) -> Iterator[Choice]:
        match strand.standing:
            case Standing.PAUSED | Standing.ANSWERED:
                yield f"{strand.number} goes on", lambda: self._resume(strand)
            case Standing.ASLEEP if strand.until <= now:
                yield f"{strand.number} wakes", lambda: self._resume(strand)
            case Standing.CALLING:
                yield f"{strand.number} calls", lambda: self._carry(strand)
            case Standing.WAITING if self._carried[strand.number].is_over:
                yield f"{strand.number} is answered", lambda: self._answer(strand)
            case Standing.WAITING if strand.until <= now:
                yield f"{strand.number} waits no longer", lambda: self._give_up(strand)

    def _look(self, strand: Strand) -> None:
        """A worker looks. In a storm, another may look at the same moment."""
        self._look_at = self.world.now() + self.world.random.choice(self.look_seconds)
        self._begin(strand, SWEEP, sweep)

    # -- strands --------------------------------------------------------------------------------------------

    def _begin(self, strand: Strand, name: str, work: Callable[[], Any]) -> None:
        random = self.world.random
        deadly = 0
        if not self.is_calm and random.random() < DEATHS:
            deadly = random.randrange(1, DEADLY_STEPS)
        self.world.begin(strand, name, work, deadly)
        self._after(strand)

    def _resume(self, strand: Strand) -> None:
        strand.resume()
        self._after(strand)

    def _after(self, strand: Strand) -> None:
        """It gave the baton back."""
        self._is_due_known = False
        if strand.standing is not Standing.FREE:
            return
        self.world.trace.note(f"{strand.number} ended {strand.name}: {type(strand.outcome).__name__}")
        arrival = self._arrivals.pop(strand.number, None)
        if strand.name == SWEEP and strand.outcome and self._is_due(self.world.now()):
            self._look_at = 0.0  # a worker pauses only after a look that found nothing
        if arrival is not None:
            self._look_at = 0.0  # what a webhook made due does not wait for the next look
            self._reply(arrival, strand.outcome)
        elif isinstance(strand.outcome, Exception):
            self.world.unexpected.append(f"{strand.name}: {strand.outcome!r}")

    # -- calls of the site ----------------------------------------------------------------------------------

    def _carry(self, strand: Strand) -> None:
        """The call reaches the sandbox."""
        assert strand.request is not None  # noqa: S101 it is calling
        self.world.trace.note(f"{strand.request.method} {strand.request.url.path}")
        carried = self._carried[strand.number] = Carried(self.world.app, strand.request)
        strand.standing = Standing.WAITING
        self.world.loop.create_task(carried.run())

    def _answer(self, strand: Strand) -> None:
        carried = self._carried.pop(strand.number)
        broken = httpx2.RemoteProtocolError("the connection was cut")
        strand.reply = carried.response if carried.response is not None else broken
        self._resume(strand)

    def _give_up(self, strand: Strand) -> None:
        """The site's patience ends; the sandbox may still do what it was asked for."""
        self._carried.pop(strand.number).hang_up()
        strand.reply = httpx2.ReadTimeout("no answer in time")
        self._resume(strand)

    # -- webhooks -------------------------------------------------------------------------------------------

    def _let_in(self, arrival: Arrival, strand: Strand) -> Callable[[], None]:
        def go() -> None:
            self.world.door.waiting.remove(arrival)
            self._arrivals[strand.number] = arrival
            self._begin(strand, f"webhook {arrival.request.url.path}", lambda: self.visit(arrival.request))

        return go

    def visit(self, request: httpx2.Request) -> httpx2.Response:
        """A request to the site, in the strand that calls this."""
        response = self.world.site.handle_request(request)
        response.read()
        if response.status_code >= 500 and response.status_code != 503:  # the marketplace: a wallet is down
            raise RuntimeError(f"the site answered {response.status_code} to {request.url.path}")
        return response

    def _reply(self, arrival: Arrival, outcome: Any) -> None:
        if isinstance(outcome, Exception):
            self.world.unexpected.append(repr(outcome))
        if arrival.answered.done():  # the sandbox waits no longer
            return
        if isinstance(outcome, httpx2.Response):
            answer = httpx2.Response(outcome.status_code, headers=outcome.headers, content=outcome.content)
            arrival.answered.set_result(answer)
        else:
            arrival.answered.set_exception(httpx2.ReadError("the site's process died"))

    # -- people ---------------------------------------------------------------------------------------------

    def _run_errand(self, errand: Errand, strand: Strand) -> Callable[[], None]:
        def go() -> None:
            self._due.remove(errand)
            if errand.work is not None:
                self._begin(strand, errand.name, errand.work)
            elif errand.act is not None:
                self.world.trace.note(str(errand.act()))

        return go

    # -- time -----------------------------------------------------------------------------------------------

    def _sweeping(self) -> int:
        strands = self.world.strands
        return sum(s.name.startswith(SWEEP) and s.standing is not Standing.FREE for s in strands)

    def _is_due(self, now: float) -> bool:
        """Whether the site owes something by now, as its own rows say."""
        if not self._is_due_known:
            due_at = next_due_at()
            self._due_at, self._is_due_known = due_at.timestamp() if due_at else None, True
        return self._due_at is not None and self._due_at <= now

    def _wait(self, until: float) -> bool:
        """Nothing can happen now: go to the next moment at which something can. False: that is too late."""
        now = self.world.now()
        self._is_due(now)
        moments = [self.errands[-1].at] if self.errands else []
        waiting = (Standing.ASLEEP, Standing.WAITING)
        moments += [strand.until for strand in self.world.strands if strand.standing in waiting]
        if self._due_at is not None:
            moments.append(max(self._due_at, self._look_at))
        if (due := self.world.sandbox.next_due()) is not None:
            moments.append(due)
        following = min((at for at in moments if at > now), default=math.inf)
        self._move_clock(min(following, until))
        if self.world.now() <= now < until:
            raise RuntimeError(f"the clock stands at {now!r}: {following!r} never comes")
        return following <= until

    def _move_clock(self, to: float) -> None:
        self._turns_now = 0
        self.world.trace.note(f"clock {to:.3f}")
        self.world.sandbox.clock.set(to)
