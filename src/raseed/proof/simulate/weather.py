"""What goes wrong, drawn from the seed: faults of the sandbox, each stated at some moment of the storm."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from raseed.proof.simulate.scheduler import Errand, Scheduler

Document = dict[str, Any]
Draw = Callable[[Random], Document]
#: So many faults for each customer.
FAULTS_EACH = 0.8


def _plain(on: str, fault: str, **parameters: Any) -> Draw:
    return lambda _: {"on": on, "fault": fault, **parameters}


def _between(on: str, fault: str, name: str, low: int, high: int, **more: Any) -> Draw:
    return lambda random: {"on": on, "fault": fault, name: random.randint(low, high), **more}


def _duplicate(random: Random) -> Document:
    several = {"copies": random.randint(2, 4), "concurrent": random.random() < 0.5}
    return {"on": "delivery", "fault": "duplicate", **several}


#: Opened by one call, as PhonePe's orders are: what takes several cannot be paid between two of them.
SOURCES: Document = {"gateway": "paymongo", "match": {"path": "/v1/sources*"}}
#: What may befall a webhook, a call, and a checkout.
DELIVERIES: tuple[Draw, ...] = (
    _plain("delivery", "lose"),
    _plain("delivery", "lose"),
    _duplicate,
    _duplicate,
    _between("delivery", "delay", "seconds", 5, 400),
    _plain("delivery", "hold"),
    _between("delivery", "reorder", "seconds", 5, 60),
    _plain("delivery", "corrupt_signature"),
    _plain("delivery", "wrong_secret"),
    _plain("delivery", "early"),
    _between("delivery", "repeat", "seconds", 30, 600),
    _between("delivery", "unreachable", "attempts", 1, 3),
)
CALLS: tuple[Draw, ...] = (
    _plain("request", "error_before", status=500),
    _plain("request", "error_before", status=503),
    _plain("request", "error_after", status=500),
    _plain("request", "error_after", status=502),
    _plain("request", "hang_before", seconds=45),
    _plain("request", "hang_after", seconds=45),
    _plain("request", "drop_before"),
    _plain("request", "drop_after"),
    _plain("request", "rate_limit"),
)
FATES: tuple[Draw, ...] = (
    _plain("checkout", "pay", before_answer=True, **SOURCES),
    _between("checkout", "pay", "seconds", 0, 200, **SOURCES),
    _plain("checkout", "pay", before_answer=True, gateway="phonepe"),
    _between("checkout", "expire", "seconds", 0, 200),
    _plain("checkout", "decline", times=1),
    _between("checkout", "pend", "seconds", 5, 300),
    _plain("checkout", "regress"),
)


def forecast(scheduler: Scheduler, customers: int, storm_seconds: float) -> list[Errand]:
    """When which fault begins."""
    random = Random(f"{scheduler.world.key} weather")
    return [_fault(scheduler, random, storm_seconds) for _ in range(int(customers * FAULTS_EACH))]


def _fault(scheduler: Scheduler, random: Random, storm_seconds: float) -> Errand:
    sandbox = scheduler.world.sandbox
    draw = random.choice(random.choice((DELIVERIES, DELIVERIES, CALLS, FATES)))
    gateway = random.choice([*sandbox.gateways, "*"])
    stated = {"gateway": gateway, "times": random.randint(1, 3), **draw(random)}
    at = scheduler.world.now() + random.uniform(0, storm_seconds)

    def begin() -> str:
        return sandbox.faults.add(stated, list(sandbox.gateways)).id

    return Errand(at, f"from now on {stated['fault']} at {gateway}", act=begin)


def end(scheduler: Scheduler) -> None:
    """Everything goes well again, and what was held back goes out."""
    sandbox = scheduler.world.sandbox
    sandbox.faults.clear()
    for delivery in sandbox.deliveries.all():
        if delivery.state == "held":
            sandbox.deliveries.release(delivery.id)
