"""What people and gateways do while a process dies. A journey is armed between its two halves.

`begin` sets the scene and nothing dies; `travel` is what is repeated, with another deadly step each time.
A person whose browser gets no answer presses the button again, as people do.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar, cast

import httpx2

import raseed
from raseed.proof.crash.forks import in_child
from raseed.proof.crash.ground import Ground
from raseed.proof.crash.points import Points
from raseed.proof.tour.browser import PageMissing
from raseed.proof.tour.scene import Ending, Scene, whole
from raseed.proof.tour.situations.cards import clinic
from raseed.proof.tour.tills.base import Tab

Seen = TypeVar("Seen")
#: One crash, one more press; the third is for a lease that the crash left behind.
PRESSES = 3
#: Past the lease that a crash while opening leaves on a payment.
PATIENCE_SECONDS = 62

ANY_CHANNEL = frozenset({"webhook", "return", "poll"})
GIVEN = Ending(first_channel=ANY_CHANNEL)


@dataclass(frozen=True)
class Journey:
    """`ending`: how it must stand when all is over, wherever a process died on the way."""

    name: str
    shop: str
    travel: Callable[[Scene], None]
    begin: Callable[[Scene], None] = lambda _: None
    ending: Ending = GIVEN


def persist(scene: Scene, press: Callable[[], Seen]) -> Seen:
    """Press until the shop answers. Raises what the last press raised."""
    for _ in range(PRESSES - 1):
        try:
            return press()
        except httpx2.TransportError:
            scene.stage.control.advance(PATIENCE_SECONDS)
    return press()


def _open(scene: Scene) -> Tab:
    return persist(scene, scene.open)


def heard_by_webhook(scene: Scene) -> None:
    """Start, receive, read, check (what became chargeable), apply, fulfil, and send the letter about it."""
    scene.till.agree(_open(scene))
    scene.settle()


def seen_by_return(scene: Scene) -> None:
    """Every webhook is lost; the browser comes back, and comes back again."""
    scene.stage.control.add_fault("*", "delivery", "lose", {})
    tab = _open(scene)
    address = scene.till.agree(tab)
    persist(scene, lambda: scene.come_back(tab, address))
    scene.settle()


def found_by_poll(scene: Scene) -> None:
    """Every webhook is lost and the tab closed; the worker finds the money."""
    scene.stage.control.add_fault("*", "delivery", "lose", {})
    scene.till.agree(_open(scene))
    for _ in range(3):
        scene.stage.control.advance(6)
        scene.settle()


def heard_too_early(scene: Scene) -> None:
    """The webhook comes before the call that opens the checkout is answered; it is parked, and read later."""
    scene.till.agree_before_answer()
    _open(scene)
    scene.settle()


def fulfil_later(scene: Scene) -> None:
    """The shop's code raised at first; the worker tries again."""
    scene.stage.control.advance(11)
    scene.settle()


def _owed(scene: Scene) -> None:
    scene.stage.trouble.write(**{f"{scene.offer.purpose}:{scene.offer.key}": {"raise_times": 1}})
    scene.pay()


def refunded_by_us(scene: Scene) -> None:
    """Somebody asks for all of it back, with one key however often they press; the worker sends it."""
    payment = scene.payment()

    def ask() -> bool:
        return in_child(_points(scene), lambda: raseed.request_refund(payment, key=f"crash-{payment.pk}"))

    if not ask():
        ask()
    _money_arrives(scene)


def refunded_at_the_gateway(scene: Scene) -> None:
    """Somebody refunds in the gateway's dashboard; webhooks tell us."""
    payment = scene.payment()
    scene.till.refund(scene.till.charges(payment.reference)[0]["id"], payment.minor)
    _money_arrives(scene)


def desk_refund(scene: Scene) -> None:
    """Staff press Refund on the bill's page, and again unless it says that the money is on its way."""
    with suppress(PageMissing):  # no such button any more; the books tell whether that was right
        persist(scene, lambda: clinic(scene).refund(scene.offer, ""))
    _money_arrives(scene)


def _money_arrives(scene: Scene) -> None:
    scene.settle()
    scene.stage.control.advance(scene.till.refund_seconds)
    scene.settle()


def _pay(scene: Scene) -> None:
    scene.pay()


def _points(scene: Scene) -> Points:
    return cast("Ground", scene.stage).points


TAKEN_BACK = Ending(first_channel=ANY_CHANNEL, given=False, withdrawn=1, refunded=whole)

JOURNEYS = [
    Journey("start and webhook", "errands", heard_by_webhook),
    Journey("start and return", "errands", seen_by_return),
    Journey("start and poll", "errands", found_by_poll),
    Journey("webhook before the answer", "errands", heard_too_early),
    Journey("fulfil again", "errands", fulfil_later, _owed),
    Journey("refund by us", "errands", refunded_by_us, _pay, TAKEN_BACK),
    Journey("refund at the gateway", "errands", refunded_at_the_gateway, _pay, TAKEN_BACK),
    Journey("bill and letter", "clinic", heard_by_webhook),
    Journey("refund at the desk", "clinic", desk_refund, _pay, TAKEN_BACK),
]
