"""What a journey is, and what all of them share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar, cast

import httpx2

import raseed
from raseed.core.errors import RaseedError
from raseed.proof.crash.ground import Ground
from raseed.proof.tour.scene import Ending, Scene, whole
from raseed.proof.tour.tills.base import Tab

Seen = TypeVar("Seen")
#: One crash, one more press; the third is for a lease that the crash left behind.
PRESSES = 3
#: Past the lease that a crash while opening leaves on a payment.
PATIENCE_SECONDS = 62
#: A little more than the worker's pause between two looks at a young payment.
POLL_SECONDS = 6

ANY_CHANNEL = frozenset({"webhook", "return", "poll"})
GIVEN = Ending(first_channel=ANY_CHANNEL)
TAKEN_BACK = Ending(first_channel=ANY_CHANNEL, given=False, withdrawn=1, refunded=whole)


def nothing(scene: Scene) -> None:
    """Nothing comes before the first step that may be deadly."""


def no_more(scene: Scene) -> list[str]:
    """Nothing more is asked than of every journey."""
    return []


@dataclass(frozen=True)
class Journey:
    """`ending`: how it must stand when all is over, wherever a process died on the way.

    `check`: what else does not hold, in words.
    """

    name: str
    shop: str
    travel: Callable[[Scene], None]
    begin: Callable[[Scene], None] = nothing
    ending: Ending = GIVEN
    check: Callable[[Scene], list[str]] = no_more


def ground(scene: Scene) -> Ground:
    """Where it happens."""
    return cast("Ground", scene.stage)


def persist(scene: Scene, press: Callable[[], Seen]) -> Seen:
    """Press until the shop answers. Raises what the last press raised."""
    for _ in range(PRESSES - 1):
        try:
            return press()
        except httpx2.TransportError:
            scene.stage.control.advance(PATIENCE_SECONDS)
    return press()


def insist(scene: Scene, work: Callable[[], object]) -> None:
    """Have a process of the shop do this, and another one if the first dies: a job that is run again.

    What Raseed refuses the second time is refused because the first time did it.
    """

    def again() -> None:
        with suppress(RaseedError):
            work()

    if not ground(scene).run(work):
        scene.stage.control.advance(PATIENCE_SECONDS)
        ground(scene).run(again)


def open_page(scene: Scene) -> Tab:
    """Press pay until there is a page of the gateway's."""
    return persist(scene, scene.open)


def lose_webhooks(scene: Scene) -> None:
    """None arrives until the journey is over."""
    scene.stage.control.add_fault("*", "delivery", "lose", {})


def seen_by_return(scene: Scene, open_it: Callable[[], Tab]) -> None:
    """Every webhook is lost; the browser comes back, and comes back again."""
    lose_webhooks(scene)
    tab = open_it()
    address = scene.till.agree(tab)
    persist(scene, lambda: scene.come_back(tab, address))
    scene.settle()


def pay(scene: Scene) -> None:
    """Pay before anything may die."""
    scene.pay()


def ask_refund(scene: Scene) -> None:
    """Ask for all of it back, with one key however often it is asked."""
    payment = scene.payment()
    insist(scene, lambda: raseed.request_refund(payment, key=f"crash-{payment.pk}"))


def money_arrives(scene: Scene) -> None:
    """The gateway is asked for a refund, and finishes it."""
    scene.settle()
    scene.stage.control.advance(scene.till.refund_seconds)
    scene.settle()
